import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { appendKept, gatherKept, withOwnHeads, type KeptKv } from '../../src/engine/compress/gather.ts';
import { seededRandom } from '../../src/engine/compress/random.ts';
import type { KeptPositions } from '../../src/engine/compress/strategy.ts';
import type { Decoder } from '../../src/engine/model/decoder.ts';
import type { Lane } from '../../src/engine/model/lane.ts';
import { KvCache, readVector, writeVector } from '../../src/engine/model/kvCache.ts';
import { Rotation } from '../../src/engine/model/rope.ts';
import { priorities } from '../../src/engine/model/runQueue.ts';
import { maxDifference, openTiny } from './fixtures.ts';

const ownHeads = { keyBias: false, ownHeads: true };
const corpus = Array.from({ length: 48 }, (_, i) => (i * 31 + 5) % 400);
const question = [17, 230, 101, 8, 64];

/** Packed and separate projections, norms of queries and keys, fp32, fp16, int8 and int4. */
describe.each([
  ['llama-fp32', 1e-5],
  ['qwen2-fp32', 1e-5],
  ['qwen3-fp32', 1e-5],
  ['qwen2-fp16', 2e-2],
  ['llama-int8', 2e-2],
  ['qwen3-int4', 2e-2],
])('one attention node for each KV head of %s', (model, tolerance) => {
  let decoder: Decoder;
  beforeAll(async () => {
    decoder = await openTiny(model);
  });
  afterAll(() => decoder.dispose());

  /** Positions that stay in every head: a random number of random ones, or the same number. */
  function someKept(seed: string, equal?: number): KeptPositions {
    const next = seededRandom(seed);
    const { attention, kvHeads } = decoder.graph;
    return attention.map(() =>
      Array.from({ length: kvHeads }, () => {
        const count = equal ?? 3 + Math.floor(next() * 30);
        const all = corpus.map((_, i) => ({ i, at: next() })).sort((a, b) => a.at - b.at);
        return Int32Array.from(all.slice(0, count).map(({ i }) => i)).sort();
      }),
    );
  }

  async function prefilled(): Promise<Lane> {
    const lane = decoder.lane(priorities.compress, 64);
    await lane.append(corpus);
    return lane;
  }

  const largest = (logits: Float32Array): number => Math.max(...logits.map(Math.abs));

  test('equal lengths: logits, keys, values and attention sums are those of the whole graph', async () => {
    const whole = decoder.lane(priorities.answer, 8);
    const split = await decoder.laneOf(ownHeads, priorities.answer, 8);
    for (const tokens of [corpus, question, [9]]) {
      const sums = (await whole.append(tokens, { scoreContext: 40 }))!;
      const each = (await split.append(tokens, { scoreContext: 40 }))!;
      const scale = largest(whole.logits);
      expect(maxDifference(split.logits, whole.logits) / scale).toBeLessThan(tolerance);
      const { kvHeads } = decoder.graph;
      sums.forEach((layer, l) => {
        const joined = each.slice(l * kvHeads, (l + 1) * kvHeads).flatMap((head) => [...head]);
        expect(maxDifference(joined, layer)).toBeLessThan(tolerance * 10);
      });
    }
    const { kvHeads } = decoder.graph;
    const { headSize } = whole.kv.shape;
    const [one, other] = [new Float32Array(headSize), new Float32Array(headSize)];
    whole.kv.keys.forEach((_, l) => {
      for (let h = 0; h < kvHeads; h++) {
        for (const p of [0, 20, 53]) {
          for (const kind of ['keys', 'values'] as const) {
            readVector(whole.kv[kind][l]!, whole.kv.offset(l, h, p), one);
            readVector(split.kv[kind][l * kvHeads + h]!, split.kv.offset(l * kvHeads + h, 0, p), other);
            expect(maxDifference(one, other)).toBeLessThan(tolerance * 10);
          }
        }
      }
    });
  });

  test('equal kept sets: the same as in a cache of whole layers', async () => {
    const source = await prefilled();
    const block = gatherKept(source.kv, 0, someKept('equal', 11), decoder.frequencies);
    const whole = decoder.lane(priorities.answer, 8);
    const split = await decoder.laneOf(ownHeads, priorities.answer, 8);
    for (const lane of [whole, split]) {
      appendKept(lane.kv, block, decoder.frequencies);
      await lane.append(question);
    }
    expect(maxDifference(split.logits, whole.logits) / largest(whole.logits)).toBeLessThan(tolerance);
  });

  /**
   * The same cache in a graph of whole layers: shorter heads stand at the end of the longest one's positions, so that
   * distances to the question are the same, and what lies before them is masked.
   */
  async function masked(block: KeptKv): Promise<Lane> {
    const lane = await decoder.laneOf({ keyBias: true, ownHeads: false }, priorities.answer, 80);
    const { kv } = lane;
    const { layers, kvHeads, headSize } = kv.shape;
    const vector = new Float32Array(headSize);
    const rotation = new Rotation(decoder.frequencies);
    for (let l = 0; l < layers; l++) {
      for (let h = 0; h < kvHeads; h++) {
        const count = block.counts[l * kvHeads + h]!;
        const behind = block.kept - count;
        kv.setBias(l, h, 0, new Float32Array(behind).fill(-1e4));
        const bias = block.bias?.[l * kvHeads + h];
        if (bias) kv.setBias(l, h, behind, bias);
        for (let p = 0; p < count; p++) {
          readVector(block.keys[l * kvHeads + h]!, p * headSize, vector);
          rotation.apply(vector, behind);
          writeVector(vector, kv.keys[l]!, kv.offset(l, h, behind + p));
          readVector(block.values[l * kvHeads + h]!, p * headSize, vector);
          writeVector(vector, kv.values[l]!, kv.offset(l, h, behind + p));
        }
      }
    }
    kv.grow(Array<number>(layers).fill(block.kept));
    return lane;
  }

  test('unequal lengths: the same as masking, which saves nothing; and what is saved is memory', async () => {
    const source = await prefilled();
    const kept = someKept('unequal');
    const block = gatherKept(source.kv, 0, kept, decoder.frequencies);
    expect(block.counts).toEqual(kept.flat().map((p) => p.length));
    const reference = await masked(block);
    const split = await decoder.laneOf(
      ownHeads,
      priorities.answer,
      block.counts.map((count) => count + question.length),
    );
    appendKept(split.kv, block, decoder.frequencies);
    expect(split.kv.length).toBe(block.kept);
    for (const lane of [reference, split]) await lane.append(question);
    expect(maxDifference(split.logits, reference.logits) / largest(reference.logits)).toBeLessThan(tolerance);
    const element = decoder.graph.kvType === 'float32' ? 4 : 2;
    const positions = block.counts.reduce((sum, count) => sum + count + question.length, 0);
    expect(split.kv.bytes).toBe(positions * decoder.graph.headSize * 2 * element);
    // Cut back and asked again, it says the same.
    const first = split.logits.slice();
    split.kv.truncate(block.kept);
    await split.append(question);
    expect(split.logits).toEqual(first);
  });

  test('unequal lengths and a bias for every key', async () => {
    const source = await prefilled();
    const kept = someKept('biased');
    const next = seededRandom('bias');
    const bias = kept.map((heads) =>
      Float32Array.from(
        heads.flatMap((p) => [...p]),
        () => 2 * next() - 1,
      ),
    );
    const block = gatherKept(source.kv, 0, kept, decoder.frequencies, { bias });
    const reference = await masked(block);
    const split = await decoder.laneOf({ keyBias: true, ownHeads: true }, priorities.answer, 8);
    appendKept(split.kv, block, decoder.frequencies);
    const sums = (await split.append(question, { scoreContext: block.kept }))!;
    await reference.append(question);
    expect(maxDifference(split.logits, reference.logits) / largest(reference.logits)).toBeLessThan(tolerance);
    expect(sums.map((s) => s.length)).toEqual(block.counts);
  });

  test('a cache of whole layers refuses heads of their own', async () => {
    const source = await prefilled();
    const block = gatherKept(source.kv, 0, someKept('refused'), decoder.frequencies);
    expect(() => {
      appendKept(decoder.lane(priorities.answer, 8).kv, block, decoder.frequencies);
    }).toThrow('heads of their own');
  });
});

test('each head as a layer of its own: nothing is lost, and twice is once', () => {
  const shape = { layers: 2, kvHeads: 3, headSize: 4, type: 'float32' as const };
  const frequencies = Float64Array.of(1, 0.1);
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.uniqueArray(fc.nat(9)), { minLength: 3, maxLength: 3 }), { minLength: 2, maxLength: 2 }),
      (sets) => {
        const cache = new KvCache(shape, 10);
        cache.keys.forEach((keys, l) => keys.forEach((_, i) => (keys[i] = l * 1_000 + i)));
        cache.values.forEach((values, l) => values.forEach((_, i) => (values[i] = -l * 1_000 - i)));
        cache.length = 10;
        const kept = sets.map((heads) => heads.map((p) => Int32Array.from(p).sort()));
        const block = withOwnHeads(gatherKept(cache, 0, kept, frequencies), 6);
        expect(withOwnHeads(block, 6)).toEqual(block);
        expect(block.counts).toEqual(kept.flat().map((p) => p.length));
        kept.flat().forEach((positions, layer) => {
          positions.forEach((p, rank) => {
            const at = cache.offset(Math.floor(layer / 3), layer % 3, p);
            const value = cache.values[Math.floor(layer / 3)]!.subarray(at, at + 4);
            expect(block.values[layer]!.subarray(rank * 4, rank * 4 + 4)).toEqual(value);
          });
        });
      },
    ),
  );
});
