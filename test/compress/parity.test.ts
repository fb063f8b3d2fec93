import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { competing, pyramid, uniform } from '../../src/engine/compress/budgets.ts';
import { appendKept, gatherKept } from '../../src/engine/compress/gather.ts';
import { observeSegment, type ProbeRows } from '../../src/engine/compress/observe.ts';
import { rowAttention } from '../../src/engine/compress/rowAttention.ts';
import { everyHead, keepBest, ofHead } from '../../src/engine/compress/scores.ts';
import { expectedScore } from '../../src/engine/compress/strategies/expectedAttention.ts';
import { h2o, observedAttention } from '../../src/engine/compress/strategies/h2o.ts';
import { keyDifference } from '../../src/engine/compress/strategies/keyDiff.ts';
import { kvzip, reconstructionScore } from '../../src/engine/compress/strategies/kvzip.ts';
import { startAndRecent } from '../../src/engine/compress/strategies/controls.ts';
import { SnapKv } from '../../src/engine/compress/strategies/snapKv.ts';
import { tovaScore } from '../../src/engine/compress/strategies/tova.ts';
import type { KeptPositions, Need, ProbeView, Scores } from '../../src/engine/compress/strategy.ts';
import type { Decoder } from '../../src/engine/model/decoder.ts';
import { priorities } from '../../src/engine/model/runQueue.ts';
import { maxDifference, openTiny, reference } from '../model/fixtures.ts';

/** test/fixtures/README.md has the schema: kvpress 0.5.5 with transformers on the same weights, and a NumPy decoder. */
interface Reference {
  corpus: number[];
  task: number[];
  question: number[];
  unequal: {
    counts: number[];
    positions: number[][][];
    questionLogits: number[];
    questionSums: number[][][];
    bias: number[][][];
    biasedLogits: number[];
    biasedSums: number[][][];
  };
  window: number;
  kvpress: Record<string, { layers: { scores: number[][]; kept: number; positions: number[][] }[] }>;
  kvzip: { repeat: number[]; scores: number[][][]; positions: number[][][] };
}

/** test/fixtures/references/m0-*.json: FinchPress in one pass over corpus and task, and KeyRerotationPress. */
interface FinchReference {
  corpus: number[];
  task: number[];
  kvpress: {
    windowSize: number;
    keptWithWindow: number;
    rowWeights: number[];
    mean: { scores: number[][]; positions: number[][] }[];
    normalised: { scores: number[][]; positions: number[][] }[];
  };
  rotation: { layer: number; ids: number[]; positions: number[][]; rotated: number[][][] };
}

/** Scores this near to the threshold may fall on either side of it. */
const TIE = 1e-5;

describe.each(['llama', 'qwen2', 'qwen3'])('kvpress on %s', (family) => {
  const ref = reference<Reference>(`strategies-${family}`);
  let decoder: Decoder;
  beforeAll(async () => {
    decoder = await openTiny(`${family}-fp32`);
  });
  afterAll(() => decoder.dispose());

  const observe = (probe: ProbeRows | undefined, ...needs: Need[]): Promise<ProbeView> =>
    observeSegment({
      decoder,
      lane: decoder.lane(priorities.compress, 400),
      ids: ref.corpus,
      probe,
      needs,
      random: Math.random,
    });

  /** Scores of kvpress up to `upTo` (it marks what always stays by a number of its own), and its kept sets. */
  function expectPress(name: string, scores: Scores, upTo = ref.corpus.length, from = 0): void {
    const { layers } = ref.kvpress[name]!;
    layers.forEach((layer, l) => {
      layer.scores.forEach((wanted, h) => {
        expect(maxDifference(scores[l]![h]!.slice(from, upTo), wanted.slice(from, upTo))).toBeLessThan(TIE);
      });
    });
    expectKept(
      keepBest(
        scores,
        layers.map((layer) => layer.kept),
      ),
      layers,
    );
  }

  function expectKept(kept: KeptPositions, layers: { scores: number[][]; positions: number[][] }[]): void {
    layers.forEach((layer, l) => {
      layer.positions.forEach((wanted, h) => {
        const [ours, theirs] = [new Set(kept[l]![h]), new Set(wanted)];
        expect(ours.size).toBe(theirs.size);
        const scores = layer.scores[h]!;
        const threshold = Math.min(...wanted.map((p) => scores[p]!));
        for (const p of new Set([...ours, ...theirs]))
          if (ours.has(p) !== theirs.has(p)) expect(Math.abs(scores[p]! - threshold)).toBeLessThan(TIE);
      });
    });
  }

  test('Finch: the mean of the window rows, and rows weighted by their positions', async () => {
    const finch = reference<FinchReference>(`m0-${family}`);
    const { windowSize, keptWithWindow, rowWeights, mean, normalised } = finch.kvpress;
    const view = await observe({ rows: 'after', ids: finch.task }, 'raw');
    const group = view.heads / view.kvHeads;
    const means = everyHead(view, (l, h) => ofHead(view.sums, view, l, h).map((x) => x / windowSize / group));
    const weighted = everyHead(view, (layer, head) => {
      const total = new Float64Array(view.tokens);
      for (let g = 0; g < group; g++)
        rowAttention(view, layer, head * group + g, 0).forEach((row, r) =>
          row.forEach((x, i) => (total[i]! += (x * rowWeights[r]!) / windowSize / group)),
        );
      return total;
    });
    for (const [ours, theirs, scale] of [
      [means, mean, 1],
      [weighted, normalised, rowWeights[0]!],
    ] as const) {
      theirs.forEach(({ scores }, l) => {
        scores.forEach((wanted, h) => expect(maxDifference(ours[l]![h]!, wanted) / scale).toBeLessThan(TIE));
      });
      const kept = keepBest(ours, uniform(view.layers, keptWithWindow - windowSize));
      theirs.forEach(({ positions }, l) => {
        positions.forEach((wanted, h) => expect([...kept[l]![h]!]).toEqual(wanted));
      });
    }
  });

  test('keys that are moved to their ranks', async () => {
    const { rotation } = reference<FinchReference>(`m0-${family}`);
    const lane = decoder.lane(priorities.compress, 32);
    await lane.append(rotation.ids);
    const heads = rotation.positions.map((p) => Int32Array.from(p));
    const kept = Array.from({ length: 3 }, () => heads);
    const { keys } = gatherKept(lane.kv, 0, kept, decoder.frequencies);
    expect(maxDifference(keys[rotation.layer]!, rotation.rotated.flat(2))).toBeLessThan(TIE);
  });

  test('SnapKV', async () => {
    const snapKv = new SnapKv('snapkv', { window: ref.window });
    const view = await observe({ rows: 'tail', count: ref.window });
    const keep = ref.kvpress['snapkv']!.layers[0]!.kept;
    expectPress('snapkv', snapKv.score(view, keep), ref.corpus.length - ref.window);
    expect(snapKv.select(view, keep)).toEqual(keepBest(snapKv.score(view, keep), uniform(3, keep)));
    // On purpose not as kvpress: a window longer than half of what is kept does not take all of it.
    const few = snapKv.select(view, 8)[0]![0]!;
    expect([...few].filter((p) => p >= ref.corpus.length - ref.window)).toHaveLength(4);
  });

  test('PyramidKV: the same scores, and budgets by layer', async () => {
    const { layers } = ref.kvpress['pyramidkv']!;
    const view = await observe({ rows: 'tail', count: ref.window });
    const n = ref.corpus.length;
    // kvpress 0.5.5 counts the window in its capacity but not in its layers' budgets: their mean is n · (1 - ratio).
    const counts = pyramid(3, n, n / 2, { window: ref.window, beta: 5 });
    expect(counts).toEqual(layers.map((layer) => layer.kept));
    expect(new Set(counts).size).toBe(3);
    expectPress('pyramidkv', new SnapKv('pyramidkv', { window: ref.window }).score(view, n / 2), n - ref.window);
    // On purpose not as kvpress: budgets below the window still form a pyramid, with the same mean.
    const few = new SnapKv('pyramidkv', { window: ref.window }).select(view, 12).map((heads) => heads[0]!.length);
    expect(few[0]).toBeGreaterThan(few[2]!);
    expect(few.reduce((a, b) => a + b, 0)).toBe(36);
  });

  test('TOVA', async () => {
    expectPress('tova', tovaScore(await observe({ rows: 'tail', count: 1 })), ref.corpus.length - 1);
  });

  test('Expected Attention', async () => {
    expectPress(
      'expected-attention',
      expectedScore(await observe({ rows: 'own', skip: 4 }, 'moments', 'kv')),
      undefined,
      4,
    );
  });

  test('KeyDiff', async () => {
    expectPress('keydiff', keyDifference(await observe(undefined, 'kv')));
  });

  test('StreamingLLM', async () => {
    const { layers } = ref.kvpress['streaming-llm']!;
    const view = await observe(undefined);
    const kept = startAndRecent('streaming-llm').select(view, layers[0]!.kept);
    layers.forEach(({ positions }, l) => {
      positions.forEach((wanted, h) => {
        expect([...kept[l]![h]!]).toEqual(wanted);
      });
    });
  });

  test('ObservedAttention, which H2O scores by', async () => {
    const view = await observe({ rows: 'own', skip: 0 });
    expectPress('h2o', observedAttention(view));
    // On purpose not as kvpress, but as in the paper: half of what is kept is recent.
    const kept = h2o.select(view, 20)[1]![1]!;
    expect([...kept].slice(-10)).toEqual(Array.from({ length: 10 }, (_, i) => ref.corpus.length - 10 + i));
  });

  test('KVzip: scores, and budgets of layers', async () => {
    const view = await observe({ rows: 'after', ids: ref.kvzip.repeat }, 'stats');
    const scores = reconstructionScore(view);
    ref.kvzip.scores.forEach((heads, l) => {
      heads.forEach((wanted, h) => {
        // kvpress marks the first four, which stay, by a score above all others.
        expect(maxDifference(scores[l]![h]!.slice(4), wanted.slice(4))).toBeLessThan(TIE);
      });
    });
    const n = ref.corpus.length;
    const theirs = ref.kvzip.positions.map((heads) => heads.reduce((sum, p) => sum + p.length, 0));
    const keep = theirs.reduce((a, b) => a + b, 0) / 6;
    for (const head of scores.flat()) head.fill(2, 0, 4);
    const ours = competing(scores, Math.round(keep), { guarantee: 0, peak: n });
    ours.forEach((count, l) => expect(Math.abs(count * 2 - theirs[l]!)).toBeLessThanOrEqual(4));
    // On purpose not as kvpress: the heads of a layer share its budget equally.
    for (const heads of kvzip.select(view, 20)) expect(new Set(heads.map((p) => p.length)).size).toBe(1);
  });

  test('a cache with another length in every layer', async () => {
    const { counts, positions, questionLogits, questionSums } = ref.unequal;
    const lane = decoder.lane(priorities.compress, 256);
    await lane.append(ref.corpus);
    const kept = positions.map((heads) => heads.map((p) => Int32Array.from(p)));
    const block = gatherKept(lane.kv, 0, kept, decoder.frequencies);
    const sheet = decoder.lane(priorities.answer, 64);
    appendKept(sheet.kv, block, decoder.frequencies);
    expect(sheet.kv.length).toBe(Math.max(...counts));
    const sums = await sheet.append(ref.question, { scoreContext: sheet.kv.length });
    expect(maxDifference(sheet.logits, questionLogits)).toBeLessThan(1e-4);
    questionSums.forEach((heads, l) => expect(maxDifference(sums![l]!, heads.flat())).toBeLessThan(1e-4));
    // Cut back and asked again, it says the same.
    const first = sheet.logits.slice();
    sheet.kv.truncate(Math.max(...counts));
    await sheet.append(ref.question);
    expect(sheet.logits).toEqual(first);
    expect(() => sheet.kv.truncate(5)).toThrow(RangeError);
  });

  test('keys with a bias', async () => {
    const { counts, positions, bias, biasedLogits, biasedSums } = ref.unequal;
    const lane = decoder.lane(priorities.compress, 256);
    await lane.append(ref.corpus);
    const kept = positions.map((heads) => heads.map((p) => Int32Array.from(p)));
    const block = gatherKept(lane.kv, 0, kept, decoder.frequencies);
    block.bias = bias.map((heads) => Float32Array.from(heads.flat()));
    // Room for less than the block and the question: the buffers grow with the biases in them.
    const sheet = await decoder.laneOf({ keyBias: true, ownHeads: false }, priorities.answer, 8);
    appendKept(sheet.kv, block, decoder.frequencies);
    const sums = await sheet.append(ref.question, { scoreContext: Math.max(...counts) });
    expect(maxDifference(sheet.logits, biasedLogits)).toBeLessThan(1e-4);
    biasedSums.forEach((heads, l) => expect(maxDifference(sums![l]!, heads.flat())).toBeLessThan(1e-4));
    // A lane that knows no biases does not ignore them.
    const plain = decoder.lane(priorities.answer, 64);
    appendKept(plain.kv, block, decoder.frequencies);
    await expect(plain.append(ref.question)).rejects.toThrow('bias');
  });
});
