import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compressCarried } from '../../src/engine/compress/carried.ts';
import { appendKept, gatherKept } from '../../src/engine/compress/gather.ts';
import { TaskAttention } from '../../src/engine/compress/strategies/m0.ts';
import type { Decoder } from '../../src/engine/model/decoder.ts';
import { readVector } from '../../src/engine/model/kvCache.ts';
import { priorities } from '../../src/engine/model/runQueue.ts';
import { maxDifference, openTiny, reference } from '../model/fixtures.ts';

/** test/fixtures/README.md has the schema; the reference is an independent NumPy implementation in fp64. */
interface Reference {
  corpus: number[];
  task: number[];
  question: number[];
  inverseFrequencies: number[];
  carried: {
    slices: number;
    ratio: number;
    rowFactor: boolean;
    iterations: { kept: number; scores: number[][]; origins: number[][]; gaps: number[] }[];
    cache: { layer: number; kvHead: number; keys: number[][]; values: number[][] }[];
    questionLogits: number[];
  }[];
  segments: {
    ratio: number;
    preamble: number[];
    segments: { ids: number[]; kept: number; perHead: Layer[]; perLayer: Layer[] }[];
    perHead: { questionLogits: number[] };
    perLayer: { questionLogits: number[] };
  }[];
  keepAll: { corpusLogits: number[]; segmentLogits: number[] };
}
interface Layer {
  scores: number[][];
  positions: number[][];
  gaps: number[];
}

describe.each(['llama', 'qwen2', 'qwen3'])('M0 on %s', (family) => {
  const ref = reference<Reference>(`m0-${family}`);
  let decoder: Decoder;
  beforeAll(async () => {
    decoder = await openTiny(`${family}-fp32`);
  });
  afterAll(() => decoder.dispose());

  test('inverse frequencies are read off the rotary tables', () => {
    expect(maxDifference(decoder.frequencies, ref.inverseFrequencies)).toBeLessThan(1e-6);
  });

  test('carried cache: kept tokens, keys and logits of the seed paper’s loop', async () => {
    const strategy = new TaskAttention('m0-zs', 'layer');
    for (const run of ref.carried.filter((r) => !r.rowFactor)) {
      const lane = decoder.lane(priorities.compress, 256);
      const steps = await compressCarried(decoder, lane, ref.corpus, ref.task, strategy, run);
      run.iterations.forEach((iteration, i) => {
        steps[i]!.origins.forEach((heads, layer) => {
          for (const head of heads) expect([...head]).toEqual(iteration.origins[layer]);
        });
      });
      const last = steps.at(-1)!.kv;
      const { headSize } = decoder.graph;
      for (const { layer, kvHead, keys } of run.cache) {
        keys.forEach((key, p) => {
          const at = (kvHead * last.kept + p) * headSize;
          expect(maxDifference(last.keys[layer]!.subarray(at, at + headSize), key)).toBeLessThan(1e-4);
        });
      }
      lane.kv.truncate(0);
      appendKept(lane.kv, last, decoder.frequencies);
      await lane.append(ref.question);
      expect(maxDifference(lane.logits, run.questionLogits)).toBeLessThan(1e-4);
    }
  });

  test.each(['head', 'layer'] as const)(
    'independent segments, one set per %s: scores, kept sets, logits',
    async (granularity) => {
      const strategy = new TaskAttention('m0-zs', granularity);
      const { layers, kvHeads } = { layers: decoder.graph.attention.length, kvHeads: decoder.graph.kvHeads };
      for (const run of ref.segments) {
        const offset = run.preamble.length;
        const lane = decoder.lane(priorities.compress, 256);
        const sheet = decoder.lane(priorities.answer, 256);
        await sheet.append(run.preamble);
        for (const segment of run.segments) {
          lane.kv.truncate(0);
          await lane.append([...run.preamble, ...segment.ids]);
          const tokens = segment.ids.length;
          const raw = (await lane.append(ref.task, { scoreContext: offset + tokens }))!;
          lane.kv.truncate(offset + tokens);
          const sums = raw.map((layer) =>
            Float32Array.from({ length: kvHeads * tokens }, (_, i) => {
              const head = Math.floor(i / tokens);
              return layer[head * (offset + tokens) + offset + (i % tokens)]!;
            }),
          );
          segment.perHead.forEach((layer, l) => {
            layer.scores.forEach((scores, h) => {
              expect(maxDifference(sums[l]!.subarray(h * tokens, (h + 1) * tokens), scores)).toBeLessThan(1e-4);
            });
          });
          const positions = strategy.select(
            { layers, kvHeads, heads: decoder.graph.heads, tokens, sums, random: Math.random },
            segment.kept,
          );
          const expected = granularity === 'head' ? segment.perHead : segment.perLayer;
          positions.forEach((heads, l) => {
            heads.forEach((head, h) => {
              expect([...head]).toEqual(expected[l]!.positions[granularity === 'head' ? h : 0]);
            });
          });
          appendKept(sheet.kv, gatherKept(lane.kv, offset, positions, decoder.frequencies), decoder.frequencies);
        }
        await sheet.append(ref.question);
        const logits = granularity === 'head' ? run.perHead.questionLogits : run.perLayer.questionLogits;
        expect(maxDifference(sheet.logits, logits)).toBeLessThan(1e-4);
      }
    },
  );

  test('keep-all is bit for bit no compression', async () => {
    const lane = decoder.lane(priorities.answer, 256);
    await lane.append(ref.corpus);
    const every = Int32Array.from(ref.corpus, (_, i) => i);
    const all = lane.kv.keys.map(() => Array.from({ length: decoder.graph.kvHeads }, () => every));
    const copy = decoder.lane(priorities.answer, 256);
    appendKept(copy.kv, gatherKept(lane.kv, 0, all, decoder.frequencies), decoder.frequencies);
    await lane.append(ref.question);
    await copy.append(ref.question);
    expect(copy.logits).toEqual(lane.logits);
    expect(maxDifference(copy.logits, ref.keepAll.corpusLogits)).toBeLessThan(1e-4);
  });

  test('a key moved to another position equals a key computed there', async () => {
    // In layer 0 a key depends on its token and position alone.
    const ids = ref.corpus.slice(0, 40);
    const here = decoder.lane(priorities.answer, 64);
    await here.append(ids);
    const there = decoder.lane(priorities.answer, 64);
    await there.append([...ids.slice(20), ...ids.slice(0, 20)]);
    const kept = Int32Array.from({ length: 20 }, (_, i) => i + 20);
    const all = here.kv.keys.map(() => Array.from({ length: decoder.graph.kvHeads }, () => kept));
    const moved = gatherKept(here.kv, 0, all, decoder.frequencies);
    const fresh = new Float32Array(decoder.graph.headSize);
    for (let p = 0; p < 20; p++) {
      readVector(there.kv.keys[0]!, there.kv.offset(0, 1, p), fresh);
      const at = (20 + p) * fresh.length;
      expect(maxDifference(moved.keys[0]!.subarray(at, at + fresh.length), fresh)).toBeLessThan(1e-5);
    }
  });
});
