import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { measuredRatios, measureSample, type MeasureSample } from '../../src/engine/compress/measure.ts';
import { hull, leastError, measuredHeads, measuredLayers } from '../../src/engine/compress/measuredShares.ts';
import { observeSegment, probeRows } from '../../src/engine/compress/observe.ts';
import { encodeSegment } from '../../src/engine/compress/encode.ts';
import { prepareStrategy } from '../../src/engine/compress/requirements.ts';
import { keptCount } from '../../src/engine/compress/select.ts';
import { strategyByName } from '../../src/engine/compress/strategies/byName.ts';
import { valueWeighted } from '../../src/engine/compress/strategies/m1.ts';
import { TaskValues } from '../../src/engine/compress/strategies/m2.ts';
import { topPositions } from '../../src/engine/compress/select.ts';
import { measureModel } from '../../src/engine/measureModel.ts';
import { MeasuredStore } from '../../src/engine/measuredStore.ts';
import type { Decoder } from '../../src/engine/model/decoder.ts';
import {
  measuredBudgets,
  parseMeasured,
  retrievalKinds,
  type MeasuredBudgets,
} from '../../src/engine/model/measured.ts';
import { priorities } from '../../src/engine/model/runQueue.ts';
import { AssembledSheet } from '../../src/engine/sheet/assemble.ts';
import { positionsOf } from '../../src/engine/sheet/summary.ts';
import { lookupTask, SmallWorkspaces } from '../engine/smallWorkspace.ts';
import { maxDifference } from '../model/fixtures.ts';

const small = new SmallWorkspaces();
afterAll(() => small.dispose());
const profile = { segmentTokens: 128, answerTokens: 6, ratio: 4 };

/** A table for a model's shape; every head's errors fall with what is kept, each by a factor of its own. */
function tableFor({ graph, fingerprint }: Decoder, factor = (l: number, h: number): number => 1 + l + 5 * h) {
  const { attention, heads, kvHeads } = graph;
  const errors = attention.map((_, l) =>
    Array.from({ length: kvHeads }, (_, h) => measuredRatios.map((ratio) => factor(l, h) * (1 - 1 / ratio) ** 4)),
  );
  const one = {
    heads: attention.map(() => Array.from({ length: heads }, (_, h) => h)),
    layerErrors: attention.map(() => 1 / attention.length),
  };
  const retrieval = Object.fromEntries(retrievalKinds.map((kind) => [kind, one])) as MeasuredBudgets['retrieval'];
  return measuredBudgets({ model: fingerprint, samples: 1, ratios: [...measuredRatios], errors, retrieval });
}

describe('budgets of least error', () => {
  const curve = fc
    .record({
      shares: fc.uniqueArray(fc.integer({ min: 1, max: 19 }), { minLength: 1, maxLength: 5 }),
      errors: fc.array(fc.float({ min: 0, max: 10, noNaN: true }), { minLength: 6, maxLength: 6 }),
    })
    .map(({ shares, errors }) => {
      const sorted = [...shares].sort((a, b) => a - b).map((s) => s / 20);
      return { shares: [...sorted, 1], errors: [...errors.slice(0, sorted.length), 0] };
    });

  test('add up, and stay within their bounds', () => {
    fc.assert(
      fc.property(
        fc.array(curve, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 30 }),
        fc.constantFrom(0, 0.25, 0.5, 1),
        fc.constantFrom(1, 2, 3),
        (curves, keep, guarantee, peak) => {
          const counts = leastError(curves, { tokens: 40, keep, guarantee, peak });
          expect(counts.reduce((a, b) => a + b, 0)).toBe(keep * curves.length);
          for (const n of counts) {
            expect(n).toBeGreaterThanOrEqual(Math.min(keep, Math.ceil(guarantee * keep)));
            expect(n).toBeLessThanOrEqual(Math.max(keep, Math.min(40, Math.floor(peak * keep))));
          }
        },
      ),
    );
  });

  test('a hull goes from nothing to everything, bends one way, and lies below its curve', () => {
    fc.assert(
      fc.property(curve, (given) => {
        const pieces = hull(given);
        expect([pieces[0]!.from, pieces.at(-1)!.to]).toEqual([0, 1]);
        pieces.slice(1).forEach((piece, i) => {
          expect(piece.from).toBe(pieces[i]!.to);
          expect(piece.slope).toBeGreaterThanOrEqual(pieces[i]!.slope);
        });
        for (const piece of pieces) expect(piece.slope).toBeLessThanOrEqual(0);
      }),
    );
  });

  test('no other division of the positions has a smaller error (tried out, convex curves)', () => {
    const tokens = 16;
    // Corners at whole positions, so that rounding has no part in it.
    const convex = fc
      .array(fc.integer({ min: 0, max: 9 }), { minLength: 4, maxLength: 4 })
      .map((drops) => [...drops].sort((a, b) => b - a))
      .map((drops) => ({
        shares: [1 / 16, 4 / 16, 8 / 16, 12 / 16, 1],
        errors: [0, 1, 2, 3, 4].map((i) => drops.slice(i).reduce((a, b) => a + b, 0)),
      }));
    const errorAt = ({ shares, errors }: { shares: number[]; errors: number[] }, n: number): number => {
      const x = n / tokens;
      const i = Math.max(
        1,
        shares.findIndex((s) => s >= x),
      );
      const [x0, x1] = [shares[i - 1]!, shares[i]!];
      return errors[i - 1]! + ((errors[i]! - errors[i - 1]!) * (x - x0)) / (x1 - x0);
    };
    fc.assert(
      fc.property(fc.tuple(convex, convex, convex), fc.integer({ min: 2, max: 8 }), (curves, keep) => {
        const steep = curves.map((c) => ({
          ...c,
          // Convex from the first corner on: the piece of three sixteenths weighs as much as one of four.
          errors: c.errors.map((e, i) => (i === 0 ? c.errors[1]! + 0.75 * (c.errors[0]! - c.errors[1]!) : e)),
        }));
        const bounds = { tokens, keep, guarantee: 0.5, peak: 2 };
        const total = (counts: readonly number[]): number =>
          counts.reduce((sum, n, i) => sum + errorAt(steep[i]!, n), 0);
        const [least, most] = [Math.ceil(keep / 2), Math.min(tokens, 2 * keep)];
        let best = Infinity;
        for (let a = least; a <= most; a++)
          for (let b = least; b <= most; b++) {
            const c = 3 * keep - a - b;
            if (c >= least && c <= most) best = Math.min(best, total([a, b, c]));
          }
        expect(total(leastError(steep, bounds))).toBeCloseTo(best, 6);
      }),
      { numRuns: 200 },
    );
  });

  test('equal curves share equally, a head that loses nothing gives to those that do', () => {
    const same = { shares: [0.25, 1], errors: [1, 0] };
    expect(leastError([same, same, same], { tokens: 40, keep: 10, guarantee: 0.5, peak: 2 })).toEqual([10, 10, 10]);
    const calm = { shares: [0.25, 1], errors: [0, 0] };
    expect(leastError([same, calm], { tokens: 40, keep: 10, guarantee: 0.5, peak: 2 })).toEqual([15, 5]);
  });
});

test('a table is read back as it was written, and nothing else is one', async () => {
  const decoder = await small.decoder('qwen3-fp32', profile);
  const { attention, heads, kvHeads } = decoder.graph;
  const shape = { layers: attention.length, heads, kvHeads };
  const table = tableFor(decoder);
  const read = (text: string, model = decoder.fingerprint) => parseMeasured(text, model, shape);
  expect(read(JSON.stringify(table))).toEqual(table);
  for (const broken of [
    { ...table, version: 2 },
    { ...table, errors: table.errors.slice(1) },
    { ...table, errors: table.errors.map((layer) => layer.map((head) => head.map((x) => x + 1))) },
    { ...table, retrieval: {} },
    { ...table, ratios: [] },
    [],
  ])
    expect(read(JSON.stringify(broken))).toBe(undefined);
  expect(read('{"version":')).toBe(undefined);
  expect(read(JSON.stringify(table), 'another')).toBe(undefined);

  const store = new MeasuredStore(path.join(await small.folder('store'), 'measured'));
  expect(await store.read(decoder)).toBe(undefined);
  await store.write(table);
  expect(await store.read(decoder)).toEqual(table);
  const file = store.fileOf(decoder.fingerprint);
  await writeFile(file, (await readFile(file, 'utf8')).slice(0, 100));
  const said: string[] = [];
  expect(await store.read(decoder, (f) => said.push(f))).toBe(undefined);
  expect(said).toEqual([file]);
});

async function samplesFor(decoder: Decoder): Promise<MeasureSample[]> {
  const { workspace } = await small.workspace(decoder);
  const segments = await workspace.segments(['src/ships/**', 'src/berths/**']);
  return segments.slice(0, 3).map((segment, i) => ({
    segment,
    task: lookupTask,
    question: `What is in file ${i}?`,
    answer: 'shipLength and shipFlag',
  }));
}

describe.each(['llama-fp32', 'qwen3-fp32', 'qwen2-fp16'])('the errors of %s', (model) => {
  test('are those of attention over what is kept, written out', async () => {
    const decoder = await small.decoder(model, profile);
    const [sample] = await samplesFor(decoder);
    const lane = decoder.lane(priorities.compress, 256);
    const errors = await measureSample(decoder, lane, sample!);

    // Once more, in fp64 and with no part of the engine but the model itself.
    const { tokenizer, chat } = decoder;
    const { ids } = encodeSegment(tokenizer, sample!.segment, decoder.profile.fileMark);
    const other = decoder.lane(priorities.compress, 256);
    await other.append(chat.preamble());
    const offset = other.kv.length;
    const probe = probeRows(decoder, { rows: 'task', ...lookupTask }, ids);
    const view = await observeSegment({ decoder, lane: other, ids, probe, needs: ['kv'], random: () => 0 });
    const kv = view.kv!;
    const asked = chat.question(sample!.question);
    await other.append(asked.slice(0, -8));
    const rows = [...asked.slice(-8), ...tokenizer.encodeText(sample!.answer).slice(0, -1)];
    const seen = await other.observe(rows, { kind: 'raw', start: offset, end: offset + ids.length });
    const grams = (await decoder.outputGrams())!;
    const { headSize: size } = kv;
    const group = view.heads / view.kvHeads;
    const square = (l: number, h: number, x: readonly number[]): number => {
      let sum = 0;
      for (let i = 0; i < size; i++)
        for (let j = 0; j < size; j++) sum += x[i]! * grams[l]![(h * size + i) * size + j]! * x[j]!;
      return sum / group;
    };
    const l = view.layers - 1;
    let written = 0;
    const wrong = Array.from({ length: view.kvHeads }, () => measuredRatios.map(() => 0));
    for (let h = 0; h < view.kvHeads; h++) {
      const [keys, values] = [kv.keys(l, h), kv.values(l, h)];
      for (let g = 0; g < group; g++) {
        for (let r = 0; r < rows.length; r++) {
          const row = (h * group + g) * rows.length + r;
          const query = seen.raw!.queries[l]!.subarray(row * size, (row + 1) * size);
          const output = (kept: readonly number[]): number[] => {
            const weights = kept.map((p) => {
              let dot = 0;
              for (let i = 0; i < size; i++) dot += query[i]! * keys[p * size + i]!;
              return Math.exp(dot * kv.scale);
            });
            const sum = weights.reduce((a, b) => a + b, 0);
            return Array.from({ length: size }, (_, i) =>
              kept.reduce((out, p, j) => out + (weights[j]! / sum) * values[p * size + i]!, 0),
            );
          };
          const whole = output(ids.map((_, p) => p));
          written += square(l, h, whole);
          const looked = Math.exp(seen.raw!.logMass[l]![row]! - seen.raw!.logTotal[l]![row]!);
          measuredRatios.forEach((ratio, at) => {
            const keep = keptCount(ids.length, ratio);
            const kept = topPositions(valueWeighted(view, keep)[l]![h]!, keep);
            const difference = output([...kept]).map((x, i) => x - whole[i]!);
            wrong[h]![at]! += looked ** 2 * square(l, h, difference);
          });
        }
      }
    }
    errors[l]!.forEach((head, h) => {
      head.forEach((error, r) => expect(error).toBeCloseTo(wrong[h]![r]! / written, model.endsWith('16') ? 2 : 4));
    });
    expect(errors.flat(2).every((e) => e >= 0)).toBe(true);
    expect(Math.max(...errors.flat(2))).toBeGreaterThan(0);
  });
});

test('a measurement that is cancelled goes on where it stopped, and comes to the same numbers', async () => {
  const decoder = await small.decoder('llama-fp32', profile);
  const samples = await samplesFor(decoder);
  const folder = await small.folder('store');
  const store = new MeasuredStore(path.join(folder, 'one'));
  const whole = await measureModel(decoder, samples, store);
  expect(await store.read(decoder)).toEqual(whole.table);
  expect(whole.resumed).toBe(0);
  const other = new MeasuredStore(path.join(folder, 'two'));
  const controller = new AbortController();
  const cut = measureModel(decoder, samples, other, {
    signal: controller.signal,
    onProgress: (done) => {
      if (done === 2) controller.abort();
    },
  });
  await expect(cut).rejects.toMatchObject({ code: 'cancelled' });
  expect(await other.read(decoder)).toBe(undefined);
  const steps: number[] = [];
  const rest = await measureModel(decoder, samples, other, { onProgress: (done) => steps.push(done) });
  expect([rest.resumed, steps[0]]).toEqual([2, 2]);
  expect(rest.table).toEqual(whole.table);
  // With other questions it begins anew.
  await other.delete(decoder.fingerprint);
  await other.writePart(decoder.fingerprint, { samples: 'others', done: 2, sums: [] });
  expect((await measureModel(decoder, samples, other)).table).toEqual(whole.table);
});

test('a measurement comes to the same numbers, to the last bit, whatever steps the machine is good for', async () => {
  const decoders = [await small.decoder('llama-fp32', profile), await small.decoder('llama-fp32', profile, 16)];
  const samples = await samplesFor(decoders[0]!);
  const folder = await small.folder('store');
  const tables = [];
  for (const [i, decoder] of decoders.entries()) {
    tables.push((await measureModel(decoder, samples, new MeasuredStore(path.join(folder, String(i))))).table);
  }
  expect(tables[1]).toEqual(tables[0]);
});

describe('strategies with budgets', () => {
  test('m2 gives heads what the table says, in all as much as without it', async () => {
    const decoder = await small.decoder('qwen3-fp32', profile);
    const { workspace, blocks } = await small.workspace(decoder);
    const scope = ['src/ships/util.ts', 'src/berths/util.ts'];
    const compress = (strategy: 'm2' | 'm3' | 'm4') => workspace.compress({ task: lookupTask, strategy, scope });
    const before = await compress('m2');
    decoder.measured = tableFor(decoder);
    for (const strategy of ['m2', 'm3', 'm4'] as const) {
      const { sheet, computed } = await compress(strategy);
      expect(computed).toBe(sheet.segments.length);
      expect(positionsOf(sheet)).toBe(positionsOf(before.sheet));
      expect(sheet.ownHeads).toBe(true);
      const { kvHeads, attention } = decoder.graph;
      const segments = await workspace.segments(scope);
      const wanted = Array<number>(attention.length * kvHeads).fill(0);
      for (const { tokens } of segments) {
        const counts = measuredHeads(decoder.measured, { tokens, keep: keptCount(tokens, 4), guarantee: 0.5, peak: 2 });
        counts.flat().forEach((n, i) => (wanted[i]! += n));
      }
      expect(sheet.lengths).toEqual(wanted);
      expect(new Set(wanted).size).toBeGreaterThan(1);
      const file = (await workspace.sheets.read(sheet.id))!;
      const loaded = await AssembledSheet.load(file, decoder, blocks);
      const { kv } = loaded.lane;
      expect(wanted.map((n, layer) => kv.lengthOf(layer) === n + sheet.preamble.kept)).toEqual(wanted.map(() => true));
      // What is not kept takes no memory: room for a question and its answer beside what is.
      const room = wanted.reduce((sum, n) => sum + n + sheet.preamble.kept + decoder.profile.answerTokens + 128, 0);
      expect(kv.bytes).toBe(room * kv.shape.headSize * 2 * 4);
      for (let layer = 0; layer < kv.shape.layers; layer++) {
        expect(loaded.origin(layer, 0, sheet.preamble.kept)?.path).toMatch(/util\.ts$/u);
        expect(loaded.origin(layer, 0, kv.lengthOf(layer) - 1)?.path).toMatch(/util\.ts$/u);
        expect(loaded.origin(layer, 0, kv.lengthOf(layer))).toBe(undefined);
      }
      const asked = { id: '1', question: 'What does shipFlag return?', mode: 'cache', task: 'api-lookup' } as const;
      const answer = await workspace.ask(asked);
      expect(answer.error).toBe(undefined);
      expect(answer.evidence.length).toBeGreaterThan(0);
      // The same table, the same blocks; another one, others.
      expect((await compress(strategy)).computed).toBe(0);
    }
    decoder.measured = tableFor(decoder, (l) => 1 + l);
    expect((await compress('m2')).computed).toBeGreaterThan(0);
    // Strategies without budgets do not care.
    const plain = { task: lookupTask, strategy: 'm0-zs', scope } as const;
    await workspace.compress(plain);
    decoder.measured = undefined;
    expect((await workspace.compress(plain)).computed).toBe(0);
    expect((await compress('m2')).computed).toBe(0);
  });

  test('a sheet with heads of its own answers as one that was never stored', async () => {
    const decoder = await small.decoder('llama-fp32', profile);
    decoder.measured = tableFor(decoder);
    const { workspace, blocks } = await small.workspace(decoder);
    const { sheet } = await workspace.compress({ task: lookupTask, strategy: 'm2', scope: ['src/ships/util.ts'] });
    const file = (await workspace.sheets.read(sheet.id))!;
    const [one, two] = [
      await AssembledSheet.load(file, decoder, blocks),
      await AssembledSheet.load(file, decoder, blocks),
    ];
    const question = decoder.chat.question('Where is shipFlag defined?');
    await one.lane.append(question);
    for (const id of question) await two.lane.append([id]);
    expect(maxDifference(one.lane.logits, two.lane.logits)).toBeLessThan(1e-4);
  });

  test('layers alone, equal budgets, and what needs a table and has none', async () => {
    const decoder = await small.decoder('qwen3-fp32', profile);
    const longest = 128;
    for (const budgets of ['layers', 'heads'] as const) {
      const strategy = new TaskValues(`m2/${budgets}`, { budgets });
      await expect(prepareStrategy(strategy, decoder, longest)).rejects.toMatchObject({
        code: 'model-unsupported',
        message: expect.stringContaining(`m2/${budgets}`) as string,
        action: expect.stringContaining('models measure') as string,
      });
    }
    const table = tableFor(decoder);
    const bounds = { tokens: 100, keep: 10, guarantee: 0.5, peak: 2 };
    const layers = measuredLayers(table, bounds);
    expect(layers.reduce((a, b) => a + b, 0)).toBe(10 * layers.length);
    decoder.measured = table;
    const compressKv = strategyByName('compresskv');
    await prepareStrategy(compressKv, decoder, longest);
    expect(compressKv.usesMeasured).toBe(true);
  });
});
