import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { droppingStrategies, strategies } from '../../src/common/names.ts';
import { CribsheetError } from '../../src/common/errors.ts';
import { encodeSegment } from '../../src/engine/compress/encode.ts';
import { isNotes, writeNotes } from '../../src/engine/compress/notes.ts';
import { observeSegment, probeRows } from '../../src/engine/compress/observe.ts';
import { matchMass } from '../../src/engine/compress/matchMass.ts';
import { prepareStrategy } from '../../src/engine/compress/requirements.ts';
import { refitValues } from '../../src/engine/compress/refit.ts';
import { retrievalHeads } from '../../src/engine/compress/retrievalHeads.ts';
import { keptCount } from '../../src/engine/compress/select.ts';
import { strategyByName } from '../../src/engine/compress/strategies/byName.ts';
import { TaskValues } from '../../src/engine/compress/strategies/m2.ts';
import { MatchedMass } from '../../src/engine/compress/strategies/m4.ts';
import { queryAware } from '../../src/engine/compress/strategies/queryAware.ts';
import type { ProbeView } from '../../src/engine/compress/strategy.ts';
import { structuralPrior } from '../../src/engine/compress/structure.ts';
import { Grammars } from '../../src/engine/corpus/grammars.ts';
import type { Segment } from '../../src/engine/corpus/types.ts';
import { positionsOf } from '../../src/engine/sheet/summary.ts';
import type { CompressRequest } from '../../src/engine/workspace.ts';
import type { Decoder } from '../../src/engine/model/decoder.ts';
import { priorities } from '../../src/engine/model/runQueue.ts';
import { grammarFolder } from '../corpus/grammarFolder.ts';
import { lookupTask, SmallWorkspaces } from '../engine/smallWorkspace.ts';
import { starterFolder } from '../model/fixtures.ts';

const small = new SmallWorkspaces();
afterAll(() => small.dispose());
const profile = { segmentTokens: 256, answerTokens: 8, ratio: 4 };
const tiny = small.decoder('qwen3-fp32', profile);
const starter = small.open(starterFolder);

/** A part of the workspace is enough. */
const scope = ['src/ships/util.ts'];

describe.each(droppingStrategies)('the strategy %s', (name) => {
  test('makes a sheet that answers, of the size that was asked for', async () => {
    const decoder = await tiny;
    const { workspace, blocks } = await small.workspace(decoder);
    const { sheet } = await workspace.compress({ task: lookupTask, strategy: name, scope });
    expect(sheet).toMatchObject({ complete: true, strategy: name });
    const segments = await workspace.segments(scope);
    const uniform = segments.reduce((sum, s) => sum + keptCount(s.tokens, 4), 0);
    const peak = strategyByName(name).peak ?? 1;
    const fullest = sheet.segments.reduce((sum, s) => sum + s.kept, 0);
    expect(fullest).toBeLessThanOrEqual(Math.ceil(uniform * peak) + segments.length);
    // Layers may differ; the size is their average, give or take the rounding of a pyramid.
    expect(Math.abs(positionsOf(sheet) - sheet.preamble.kept - uniform)).toBeLessThanOrEqual(segments.length);
    const answer = await workspace.ask({
      id: '1',
      question: 'Where is openHarbour defined?',
      mode: 'cache',
      task: 'api-lookup',
    });
    expect(answer.error).toBe(undefined);
    // The same input, the same blocks: nothing is computed twice.
    const again = await workspace.compress({ task: lookupTask, strategy: name, scope });
    expect(again.computed).toBe(0);
    expect((await blocks.list()).length).toBe(segments.length + 1);
  });
});

async function observed(name: 'm1' | 'm2' | 'm3' | 'm4', text: string): Promise<ProbeView> {
  const decoder = await starter;
  const strategy = strategyByName(name);
  const lane = decoder.lane(priorities.compress, 512);
  const ids = decoder.tokenizer.encodeText(text);
  const probe = probeRows(decoder, strategy.probe(lookupTask)!, ids);
  return observeSegment({ decoder, lane, ids, probe, needs: strategy.needs!, random: Math.random });
}
const source = Array.from(
  { length: 12 },
  (_, i) => `export function get${i}(key: string) { return table[key + ${i}]; }\n`,
);

test('layers that compete for positions share out exactly what there is', async () => {
  const view = await observed('m2', source.join(''));
  for (const keep of [3, 8, 20]) {
    const counts = new TaskValues().select(view, keep).map((heads) => heads.map((p) => p.length));
    for (const heads of counts) expect(new Set(heads).size).toBe(1);
    expect(counts.reduce((sum, heads) => sum + heads[0]!, 0)).toBe(keep * view.layers);
    for (const heads of counts) {
      expect(heads[0]).toBeGreaterThanOrEqual(Math.ceil(keep / 2));
      expect(heads[0]).toBeLessThanOrEqual(2 * keep);
    }
    const equal = new TaskValues('m2', { guarantee: 1 }).select(view, keep);
    for (const heads of equal) expect(heads[0]!.length).toBe(keep);
  }
});

test('refitted values lower the error on rows that they were not fitted to, or are not used', async () => {
  const view = await observed('m3', source.join(''));
  const kept = new TaskValues().select(view, 12);
  const layers = refitValues(view, kept);
  const { headSize } = view.kv!;
  let better = 0;
  layers.forEach(({ values, errors }, layer) => {
    errors.forEach(({ before, after }, head) => {
      const count = kept[layer]![head]!.length;
      const old = view.kv!.values(layer, head);
      const now = values?.subarray(head * count * headSize, (head + 1) * count * headSize);
      const same = kept[layer]![head]!.every((p, i) =>
        old
          .subarray(p * headSize, (p + 1) * headSize)
          .every((x, j) => now === undefined || x === now[i * headSize + j]),
      );
      expect(same).toBe(!(after < before));
      if (after < before) better++;
    });
  });
  expect(better).toBeGreaterThan(0);
});

test('biases stay within their bounds, and a head has one only where that helps', async () => {
  const view = await observed('m4', source.join(''));
  const kept = new TaskValues().select(view, 12);
  const { bias, values } = matchMass(view, kept);
  let used = 0;
  bias.forEach((layer, l) => {
    expect(layer.length).toBe(view.kvHeads * kept[l]![0]!.length);
    expect(values[l]!.length).toBe(layer.length * view.kv!.headSize);
    for (const b of layer) expect(Math.abs(b)).toBeLessThanOrEqual(3 + 1e-6);
    if (layer.some((b) => b !== 0)) used++;
  });
  expect(used).toBeGreaterThan(0);
});

test('matching pursuit chooses as many keys as are to be kept', async () => {
  const view = await observed('m4', source.join(''));
  const plain = new MatchedMass().select(view, 8);
  const pursued = new MatchedMass({ pursuit: true }).select(view, 8);
  expect(pursued.map((heads) => heads.map((p) => p.length))).toEqual(plain.map((heads) => heads.map((p) => p.length)));
  for (const p of pursued.flat()) expect([...p]).toEqual([...new Set(p)].sort((a, b) => a - b));
  expect(pursued).not.toEqual(plain);
});

test('with everything kept there is nothing to refit', async () => {
  const view = await observed('m3', source.slice(0, 4).join(''));
  const all = Int32Array.from({ length: view.tokens }, (_, i) => i);
  const kept = Array.from({ length: view.layers }, () => Array.from({ length: view.kvHeads }, () => all));
  for (const { errors } of refitValues(view, kept)) for (const { before } of errors) expect(before).toBeLessThan(1e-6);
});

test('the structural prior marks names, signatures, calls, imports and returns, and nothing else', async () => {
  const decoder = await starter;
  const { folder, remove } = await grammarFolder();
  onTestFinished(remove);
  const grammars = await Grammars.open(folder);
  const body = [
    'import { readFile } from "fs";',
    'const filler = 1;',
    'export function loadTable(path: string): Table {',
    '  let plain = filler;',
    '  plain += parseTable(path);',
    '  return plain;',
    '}',
  ];
  const rendered = ['### a.ts defines loadTable', '# loadTable(path: string): Table - function in a.ts', ...body];
  const text = rendered.map((l) => `${l}\n`).join('');
  let start = 0;
  const lines = rendered.map((l, i) => {
    const origin = { start, path: 'a.ts', line: i < 2 ? [1, 3][i]! : i - 1 };
    start += l.length + 1;
    return origin;
  });
  const chunk = {
    path: 'a.ts',
    startLine: 1,
    endLine: 7,
    nameLine: 3,
    kind: 'function',
    name: 'loadTable',
    qualifiedName: 'loadTable',
  };
  const segment: Segment = { id: 'x', paths: ['a.ts'], tokens: 0, text, chunks: [chunk], lines };
  const encoded = encodeSegment(decoder.tokenizer, segment, '### ');
  const prior = await structuralPrior(segment, encoded, decoder.tokenizer, '### ', grammars);
  /** Prior of the tokens that hold a piece of a line. */
  const of = (line: number, piece: string): number[] => {
    const from = rendered[line]!.indexOf(piece);
    return [...encoded.ids.keys()]
      .filter((i) => encoded.lineOf[i] === line)
      .filter((i) => encoded.columnOf[i]! >= from && encoded.columnOf[i]! < from + piece.length)
      .map((i) => prior[i]!);
  };
  const least = (line: number, piece: string): number => Math.min(...of(line, piece));
  expect(least(0, 'a.ts defines')).toBe(1);
  expect(least(1, 'loadTable')).toBe(1);
  expect(least(2, 'readFile')).toBe(0.5);
  expect(least(4, 'loadTable')).toBe(1);
  expect(least(4, 'path')).toBeCloseTo(0.7);
  expect(least(6, 'parseTable')).toBeCloseTo(0.6);
  expect(least(7, 'return')).toBe(0.5);
  expect(Math.max(...of(5, 'plain ='))).toBe(0);
  // Without grammars only the headings are known.
  const bare = await structuralPrior(segment, encoded, decoder.tokenizer, '### ', undefined);
  expect(new Set(bare)).toEqual(new Set([0, 1]));
  expect(bare.filter((x) => x > 0)).toHaveLength([...encoded.lineOf].filter((l) => l < 2).length);
});

test('notes must be long enough and not repeat themselves', () => {
  expect(isNotes(Array.from({ length: 40 }, (_, i) => i))).toBe(true);
  expect(isNotes(Array.from({ length: 10 }, (_, i) => i))).toBe(false);
  expect(isNotes(Array.from({ length: 60 }, (_, i) => i % 3))).toBe(false);
});

test('notes that are cancelled while they are written are none', async () => {
  const decoder = await tiny;
  const { workspace } = await small.workspace(decoder);
  const controller = new AbortController();
  const writing = writeNotes(decoder, lookupTask, await workspace.segments(scope), controller.signal);
  setImmediate(() => controller.abort());
  await expect(writing).rejects.toMatchObject({ code: 'cancelled' });
});

test('a strategy that cannot run says so by name, before any work', async () => {
  const decoder = await tiny;
  const error: unknown = await prepareStrategy(strategyByName('kvzip'), decoder, 3_000).catch((e: unknown) => e);
  expect(CribsheetError.is(error, 'model-unsupported')).toBe(true);
  expect((error as Error).message).toContain('kvzip');
  await prepareStrategy(strategyByName('kvzip'), decoder, 1_000);
  // The same model on a device whose self-test knows of sums alone.
  const elsewhere = Object.create(decoder, { device: { value: { ...decoder.device, device: 'webgpu' } } }) as Decoder;
  for (const name of ['m2', 'expected-attention', 'pyramidkv'] as const)
    await expect(prepareStrategy(strategyByName(name), elsewhere, 100)).rejects.toMatchObject({
      code: 'device-unavailable',
      message: expect.stringContaining(name) as string,
    });
  for (const name of ['m0-zs', 'm1', 'tova', 'keydiff'] as const)
    await prepareStrategy(strategyByName(name), elsewhere, 100);
});

test('retrieval heads: every head of every layer is ranked, the same at every measurement', async () => {
  const decoder = await starter;
  const { heads, layerErrors } = await retrievalHeads(decoder);
  expect(heads).toHaveLength(decoder.graph.attention.length);
  for (const order of heads) expect([...order].sort((a, b) => a - b)).toEqual(order.map((_, i) => i));
  expect(layerErrors.reduce((a, b) => a + b, 0)).toBeCloseTo(1);
  for (const error of layerErrors) expect(error).toBeGreaterThan(0);
  expect(await retrievalHeads(decoder)).toBe(await retrievalHeads(decoder));
});

test('the upper bound that knows the question reads it after the examples', async () => {
  const decoder = await tiny;
  const probe = queryAware('Where is openHarbour defined?').probe(lookupTask)!;
  const ids = probeRows(decoder, probe, []);
  if (ids.rows !== 'after') throw new Error('a text was expected');
  const text = decoder.tokenizer.decode([...ids.ids]);
  expect(text).toContain('Where is openHarbour defined?');
  expect(text.indexOf('openHarbour')).toBeGreaterThan(text.indexOf(lookupTask.instruction));
});

test('a model may say which strategy serves it best; task and request go before', async () => {
  const decoder = await small.decoder('qwen3-fp32', { ...profile, strategy: 'keydiff' });
  const { workspace } = await small.workspace(decoder);
  const strategyOf = async (request: Partial<CompressRequest>): Promise<string> =>
    (await workspace.plan({ task: lookupTask, scope, ...request })).strategy;
  expect(await strategyOf({})).toBe('keydiff');
  expect(await strategyOf({ task: { ...lookupTask, strategy: 'tova' } })).toBe('tova');
  expect(await strategyOf({ task: { ...lookupTask, strategy: 'tova' }, strategy: 'm0-fs' })).toBe('m0-fs');
});

test('the documentation names every strategy', () => {
  const text = readFileSync(new URL('../../docs/strategies.md', import.meta.url), 'utf8');
  for (const name of strategies) expect(text).toContain(`\`${name}\``);
});
