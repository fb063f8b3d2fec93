import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import type { Answer, LineRange } from '../../src/common/answers.ts';
import { AttentionTrace, originsOf } from '../../src/engine/answer/evidence.ts';
import { AssembledSheet } from '../../src/engine/sheet/assemble.ts';
import { linesOf, lookupTask, smallFiles, SmallWorkspaces } from '../engine/smallWorkspace.ts';
import { starterFolder } from '../model/fixtures.ts';

const small = new SmallWorkspaces();
afterAll(() => small.dispose());
const total = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

describe('a trace', () => {
  const shape = { kvHeads: 2, heads: 4 };
  const at = (line: number, file = 'a.ts'): LineRange => ({ path: file, startLine: line, endLine: line });

  test('finds the line that was looked at', () => {
    const trace = new AttentionTrace();
    // Two layers, two KV heads, four positions; each KV head sums two query heads.
    const head = [0.1, 0.1, 1.6, 0.2];
    for (let token = 0; token < 3; token++)
      trace.add([Float32Array.from([...head, ...head]), Float32Array.from([...head, ...head])]);
    const [first] = trace.evidence(shape, (_, __, position) => at(10 * (position + 1)));
    expect(first).toMatchObject({ path: 'a.ts', startLine: 30, endLine: 30 });
    expect(first!.weight).toBeCloseTo(0.8, 6);
  });

  test('joins neighbouring lines, and asks for the origin of each head by itself', () => {
    const trace = new AttentionTrace();
    trace.add([Float32Array.of(1, 1, 1, 1, 0, 0)]);
    const evidence = trace.evidence({ kvHeads: 2, heads: 2 }, (_, head, position) =>
      at(head === 0 ? 5 + position : 50),
    );
    expect(evidence.map((e) => [e.startLine, e.endLine])).toEqual([
      [5, 7],
      [50, 50],
    ]);
  });

  test('what is no source has no evidence; without a token there is none', () => {
    const trace = new AttentionTrace();
    expect(trace.evidence(shape, () => at(1))).toEqual([]);
    trace.add([Float32Array.of(1, 1, 0.5, 0.5)]);
    expect(trace.evidence(shape, () => undefined)).toEqual([]);
  });

  test('weights are shares of the whole attention: never more than 1 together, best first, ranges apart', () => {
    const layers = fc.array(
      fc.array(fc.array(fc.float({ min: 0, max: 1, noNaN: true }), { minLength: 12, maxLength: 12 }), {
        minLength: 2,
        maxLength: 2,
      }),
      { minLength: 1, maxLength: 6 },
    );
    fc.assert(
      fc.property(
        layers,
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 6, maxLength: 6 }),
        (tokens, lines) => {
          const trace = new AttentionTrace();
          for (const sums of tokens) {
            // As a softmax gives it: rows of the two query heads of each KV head sum to at most 2.
            const normal = sums.map((layer) => {
              const halves = [layer.slice(0, 6), layer.slice(6)].map((h) =>
                h.map((x) => (2 * x) / Math.max(2, total(h))),
              );
              return Float32Array.from(halves.flat());
            });
            trace.add(normal);
          }
          const evidence = trace.evidence(shape, (_, __, p) => at(lines[p]!, p % 2 ? 'a.ts' : 'b.ts'));
          expect(total(evidence.map((e) => e.weight))).toBeLessThanOrEqual(1 + 1e-6);
          expect(evidence.length).toBeLessThanOrEqual(5);
          expect(evidence).toEqual(evidence.toSorted((a, b) => b.weight - a.weight));
          for (const file of ['a.ts', 'b.ts']) {
            const ranges = evidence.filter((e) => e.path === file).sort((a, b) => a.startLine - b.startLine);
            ranges.slice(1).forEach((r, i) => {
              expect(r.startLine).toBeGreaterThan(ranges[i]!.endLine);
            });
          }
        },
      ),
    );
  });
});

test('what stands beside a sheet whose layers differ in length begins in each layer where that ends', async () => {
  const decoder = await small.decoder('qwen3-fp32', { segmentTokens: 160 });
  const { workspace, blocks } = await small.workspace(decoder);
  await workspace.compress({ task: lookupTask, ratio: 4, strategy: 'pyramidkv' });
  const file = (await workspace.sheetFor('api-lookup'))!;
  const sheet = await AssembledSheet.load(file, decoder, blocks);
  const { kv } = sheet.lane;
  const layers = Array.from({ length: kv.shape.layers }, (_, layer) => layer);
  const lengths = layers.map((layer) => kv.lengthOf(layer));
  expect(new Set(lengths).size).toBeGreaterThan(1);
  const ids = decoder.tokenizer.encodeText('export const beside = true;');
  const lines = ids.map((_, i): LineRange => ({ path: 'beside.ts', startLine: i + 1, endLine: i + 1 }));
  const origin = originsOf(sheet, lines);
  await sheet.lane.append(ids);
  for (const layer of layers) {
    const end = lengths[layer]!;
    expect(lines.map((_, i) => origin(layer, 0, end + i))).toEqual(lines);
    expect(origin(layer, 0, end + lines.length)).toBe(undefined);
    expect(origin(layer, 0, end - 1)).toEqual(sheet.origin(layer, 0, end - 1));
    expect(origin(layer, 0, end - 1)?.path).toMatch(/\.(?:ts|go|py|md)$/u);
    expect(origin(layer, 0, 0)).toBe(undefined);
  }
});

async function expectOpen(root: string, answer: Answer): Promise<void> {
  expect(total(answer.evidence.map((e) => e.weight))).toBeLessThanOrEqual(1);
  for (const { path: file, startLine, endLine, weight } of answer.evidence) {
    const lines = (await linesOf(root, file)).length;
    expect(weight).toBeGreaterThan(0);
    expect(startLine).toBeGreaterThanOrEqual(1);
    expect(endLine).toBeGreaterThanOrEqual(startLine);
    expect(endLine).toBeLessThanOrEqual(lines);
  }
}

const questions: [name: string, file: string, line: number][] = [
  ['openHarbour', 'src/harbour.ts', 42],
  ['totalLength', 'src/harbour.ts', 47],
  ['Mooring', 'src/harbour.ts', 5],
  ['shipFlag', 'src/ships/util.ts', 7],
  ['shipLength', 'src/ships/util.ts', 2],
  ['berthName', 'src/berths/util.ts', 6],
  ['maximalDraught', 'src/berths/util.ts', 2],
  ['tide_level', 'tools/tides.py', 4],
  ['TideTable', 'tools/tides.py', 9],
  ['SendSignal', 'tools/signal.go', 6],
];

describe('of the starter model', () => {
  test('answers of sheet and retrieval lean on lines that exist, mostly on the file of the definition', async () => {
    const { workspace, root } = await small.workspace(await small.open(starterFolder));
    await workspace.compress({ task: lookupTask, ratio: 4 });
    const found = { cache: 0, rag: 0 };
    for (const [name, file] of questions) {
      for (const mode of ['cache', 'rag'] as const) {
        const answer = await workspace.ask({
          id: name,
          question: `Where is ${name} defined?`,
          mode,
          task: 'api-lookup',
        });
        await expectOpen(root, answer);
        expect(answer.evidence.length).toBeGreaterThan(0);
        if (answer.evidence.some((e) => e.path === file)) found[mode]++;
      }
    }
    expect(found.rag).toBe(questions.length);
    expect(found.cache).toBeGreaterThanOrEqual(questions.length - 2);
  });

  test('lines that are gone since the sheet was built are not shown', async () => {
    const { workspace, root } = await small.workspace(await small.open(starterFolder));
    await workspace.compress({ task: lookupTask, ratio: 4 });
    const ask = () =>
      workspace.ask({ id: '1', question: 'Where is openHarbour defined?', mode: 'cache', task: 'api-lookup' });
    const before = await ask();
    expect(before.evidence.some((e) => e.path === 'src/harbour.ts' && e.endLine > 12)).toBe(true);
    const cut = smallFiles['src/harbour.ts']!.split('\n').slice(0, 12).join('\n');
    await writeFile(path.join(root, 'src/harbour.ts'), cut);
    const after = await ask();
    expect(after.answer).toBe(before.answer);
    await expectOpen(root, after);
  });
});
