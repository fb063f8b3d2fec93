import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/engine/compress/random.ts';
import { Rotation } from '../../src/engine/model/rope.ts';
import { BlockLookup, REPRESENTATIVES, UNIT_TOKENS } from '../../src/engine/sheet/offload/blockLookup.ts';
import { choosePositions, type ChoiceShape } from '../../src/engine/sheet/offload/choosePositions.ts';
import type { KeyIndex } from '../../src/engine/sheet/offload/keyIndex.ts';
import { LANDMARK_TOKENS, LandmarkIndex } from '../../src/engine/sheet/offload/landmarkIndex.ts';
import { LowRankIndex } from '../../src/engine/sheet/offload/lowRankIndex.ts';
import type { QuestionQueries } from '../../src/engine/sheet/offload/question.ts';
import { TwoBitIndex } from '../../src/engine/sheet/offload/twoBitIndex.ts';
import { maxDifference } from '../model/fixtures.ts';

const headSize = 16;
const frequencies = Float64Array.from({ length: headSize / 2 }, (_, i) => 100 ** (-i / (headSize / 2)));
const shape = { layers: 2, kvHeads: 2, headSize, frequencies };

/** Per layer [kvHeads, tokens, headSize]. */
function someKeys(tokens: number, random: () => number, size = 2): Float32Array[] {
  return Array.from({ length: shape.layers }, () =>
    Float32Array.from({ length: shape.kvHeads * tokens * headSize }, () => size * (random() - 0.5)),
  );
}

const ofHead = (layer: Float32Array, head: number, tokens: number): Float32Array =>
  layer.slice(head * tokens * headSize, (head + 1) * tokens * headSize);

/** Keys turned back to before rotation. */
function turnedBack(keys: Float32Array, tokens: number): Float32Array {
  const rotation = new Rotation(frequencies);
  const out = keys.slice();
  for (let t = 0; t < tokens; t++) rotation.apply(out.subarray(t * headSize, (t + 1) * headSize), -t);
  return out;
}

const energy = (data: ArrayLike<number>): number => Array.from(data).reduce((sum, x) => sum + x * x, 0);

describe('2-bit keys', () => {
  test('no element is off by more than half a step of three in its channel, and it takes 3 bits an element', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 70 }), fc.nat(), (tokens, seed) => {
        const index = new TwoBitIndex(shape);
        const keys = someKeys(tokens, seededRandom(String(seed)));
        index.add(keys, tokens);
        keys.forEach((layer, l) => {
          for (let h = 0; h < shape.kvHeads; h++) {
            const now = index.keys(0, l, h);
            const before = ofHead(layer, h, tokens);
            // Keys lie within 2 of each other: a step is a third of that at most.
            expect(maxDifference(now, before)).toBeLessThan(2 / 3 / 2 + 1e-3);
          }
        });
      }),
      { numRuns: 30 },
    );
    const index = new TwoBitIndex(shape);
    index.add(someKeys(64, seededRandom('a')), 64);
    expect(index.bytesOf(64)).toBe((shape.layers * shape.kvHeads * 64 * headSize * 3) / 8);
  });
});

describe('landmarks', () => {
  test('eight positions have the mean of their keys, the rest of a segment that of fewer', () => {
    const index = new LandmarkIndex(shape);
    const tokens = 2 * LANDMARK_TOKENS + 3;
    const keys = someKeys(tokens, seededRandom('b'));
    index.add(someKeys(5, seededRandom('before')), 5);
    index.add(keys, tokens);
    for (const [layer, head] of [
      [0, 0],
      [1, 1],
    ] as const) {
      const own = ofHead(keys[layer]!, head, tokens);
      const now = index.keys(1, layer, head);
      for (let t = 0; t < tokens; t++) {
        const from = Math.floor(t / LANDMARK_TOKENS) * LANDMARK_TOKENS;
        const to = Math.min(tokens, from + LANDMARK_TOKENS);
        for (let i = 0; i < headSize; i++) {
          let sum = 0;
          for (let k = from; k < to; k++) sum += own[k * headSize + i]!;
          expect(now[t * headSize + i]!).toBeCloseTo(sum / (to - from), 2);
        }
      }
    }
    expect(index.bytesOf(5) + index.bytesOf(tokens)).toBe(shape.layers * shape.kvHeads * (1 + 3) * headSize * 2);
  });
});

describe('keys of low rank', () => {
  test('at full rank they are the keys', () => {
    const index = new LowRankIndex(shape, headSize);
    const keys = someKeys(30, seededRandom('c'));
    index.add(keys, 30);
    expect(maxDifference(index.keys(0, 1, 1), ofHead(keys[1]!, 1, 30))).toBeLessThan(5e-3);
  });

  test('keys of rank two before rotation need a rank of two', () => {
    const random = seededRandom('d');
    const tokens = 40;
    const plane = Float32Array.from({ length: 2 * headSize }, () => random() - 0.5);
    const rotation = new Rotation(frequencies);
    const head = new Float32Array(tokens * headSize);
    for (let t = 0; t < tokens; t++) {
      const [a, b] = [random(), random()];
      for (let i = 0; i < headSize; i++) head[t * headSize + i] = a * plane[i]! + b * plane[headSize + i]!;
      rotation.apply(head.subarray(t * headSize, (t + 1) * headSize), t);
    }
    const layer = Float32Array.from([...head, ...head]);
    const index = new LowRankIndex(shape, 2);
    index.add([layer, layer], tokens);
    expect(maxDifference(index.keys(0, 0, 0), head)).toBeLessThan(2e-3);
    expect(index.bytesOf(tokens)).toBe(4 * (2 * headSize + tokens * 2) * 2);
  });

  test('no projection on as many random directions is nearer', () => {
    const random = seededRandom('e');
    const tokens = 50;
    const keys = someKeys(tokens, random);
    const index = new LowRankIndex(shape, 4);
    index.add(keys, tokens);
    const before = turnedBack(ofHead(keys[0]!, 0, tokens), tokens);
    const now = turnedBack(index.keys(0, 0, 0), tokens);
    const ours = energy(before.map((x, i) => x - now[i]!));
    for (let attempt = 0; attempt < 20; attempt++) {
      // Gram and Schmidt.
      const basis: number[][] = [];
      while (basis.length < 4) {
        let v = Array.from({ length: headSize }, () => random() - 0.5);
        for (const b of basis) {
          const dot = v.reduce((sum, x, i) => sum + x * b[i]!, 0);
          v = v.map((x, i) => x - dot * b[i]!);
        }
        const length = Math.sqrt(energy(v));
        basis.push(v.map((x) => x / length));
      }
      let kept = 0;
      for (let t = 0; t < tokens; t++)
        for (const b of basis) kept += b.reduce((sum, x, i) => sum + x * before[t * headSize + i]!, 0) ** 2;
      expect(ours).toBeLessThanOrEqual((energy(before) - kept) * 1.001);
    }
  });

  test('takes the bytes of the 2-bit index, but for a basis each segment', () => {
    const [low, two] = [new LowRankIndex(shape), new TwoBitIndex(shape)];
    expect(low.rank).toBe(3);
    expect(low.bytesOf(256) - shape.layers * shape.kvHeads * low.rank * headSize * 2).toBe(two.bytesOf(256));
  });
});

/** Keys as they are. */
class AllKeys implements KeyIndex {
  readonly segments: { keys: readonly Float32Array[]; tokens: number }[] = [];
  bytesOf(): number {
    return 0;
  }
  add(keys: readonly Float32Array[], tokens: number): void {
    this.segments.push({ keys, tokens });
  }
  keys(segment: number, layer: number, head: number): Float32Array {
    const { keys, tokens } = this.segments[segment]!;
    return ofHead(keys[layer]!, head, tokens);
  }
}

const heads = 6;
const rows = 5;
function someQuestion(random: () => number, first = 7): QuestionQueries {
  const queries = Array.from({ length: shape.layers }, () =>
    Float32Array.from({ length: heads * rows * headSize }, () => 6 * (random() - 0.5)),
  );
  return { rows, first, queries };
}

/** One vector turned by some positions, in double precision. */
function turned(vector: ArrayLike<number>, by: number): number[] {
  const half = headSize / 2;
  const out = Array.from(vector);
  for (let i = 0; i < half; i++) {
    const angle = by * frequencies[i]!;
    out[i] = vector[i]! * Math.cos(angle) - vector[i + half]! * Math.sin(angle);
    out[i + half] = vector[i + half]! * Math.cos(angle) + vector[i]! * Math.sin(angle);
  }
  return out;
}

const dotOf = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);

test('positions are those with the most attention of the question, every segment as if it stood right before it', async () => {
  const random = seededRandom('g');
  const segments = [9, 1, 14];
  const index = new AllKeys();
  for (const tokens of segments) index.add(someKeys(tokens, random, 4), tokens);
  const question = someQuestion(random);
  const choice: ChoiceShape = { ...shape, heads, scale: 0.25, segments };
  for (const keep of [0, 1, 6, 24, 40]) {
    const chosen = await choosePositions(index, question, choice, keep);
    // The same where the rows go through in batches of two, the last one of another size, or one by one.
    for (const logits of [48, 1]) {
      expect(await choosePositions(index, question, choice, keep, undefined, logits)).toEqual(chosen);
    }
    for (let layer = 0; layer < shape.layers; layer++) {
      for (let head = 0; head < shape.kvHeads; head++) {
        // Straight from the definition: keys are turned to the question instead of the other way round.
        const scores = new Array<number>(24).fill(0);
        for (let h = head * 3; h < head * 3 + 3; h++) {
          for (let r = 0; r < rows; r++) {
            const at = (h * rows + r) * headSize;
            const query = question.queries[layer]!.subarray(at, at + headSize);
            const logits = segments.flatMap((tokens, s) =>
              Array.from({ length: tokens }, (_, t) => {
                const key = index.keys(s, layer, head).subarray(t * headSize, (t + 1) * headSize);
                // The key stands at t of a segment that ends where the question begins.
                const moved = turned(key, question.first - tokens);
                return 0.25 * dotOf(moved, [...query]);
              }),
            );
            const sum = logits.reduce((total, l) => total + Math.exp(l), 0);
            logits.forEach((l, i) => (scores[i]! += Math.exp(l) / sum));
          }
        }
        const order = scores.map((_, i) => i).sort((a, b) => scores[b]! - scores[a]! || a - b);
        expect([...chosen[layer]![head]!]).toEqual(order.slice(0, keep).sort((a, b) => a - b));
      }
    }
  }
});

test('a cancel ends the choice', async () => {
  const index = new AllKeys();
  index.add(someKeys(4, Math.random), 4);
  const choice: ChoiceShape = { ...shape, heads, scale: 0.25, segments: [4] };
  const cut = choosePositions(index, someQuestion(Math.random), choice, 2, AbortSignal.abort());
  await expect(cut).rejects.toThrow(expect.objectContaining({ code: 'cancelled' }) as Error);
});

test('units are taken by the similarity of their representatives to the whole question', () => {
  const random = seededRandom('h');
  const segments = [UNIT_TOKENS + 40, 2 * UNIT_TOKENS, 20];
  const lookup = new BlockLookup(shape);
  const full = segments.map((tokens) => ({
    tokens,
    keys: someKeys(tokens, random),
    received: Array.from({ length: shape.layers }, () => Float32Array.from({ length: shape.kvHeads * tokens }, random)),
  }));
  for (const segment of full) lookup.add(segment);
  const units = [
    [0, 0, UNIT_TOKENS],
    [0, UNIT_TOKENS, 40],
    [1, 0, UNIT_TOKENS],
    [1, UNIT_TOKENS, UNIT_TOKENS],
    [2, 0, 20],
  ] as const;
  expect(segments.reduce((sum, tokens) => sum + lookup.bytesOf(tokens), 0)).toBe(
    units.length * shape.layers * shape.kvHeads * headSize * 2,
  );
  const question = someQuestion(random);
  const choice: ChoiceShape = { ...shape, heads, scale: 0.25, segments };
  const starts = [0, segments[0]!, segments[0]! + segments[1]!];
  for (const keep of [0, 30, 170, 300, 1_000]) {
    const chosen = lookup.choose(question, choice, keep);
    for (let layer = 0; layer < shape.layers; layer++) {
      const scores = units.map(([s, from, size]) => {
        const { tokens, keys, received } = full[s]!;
        let score = 0;
        for (let head = 0; head < shape.kvHeads; head++) {
          const looked = [...received[layer]!.subarray(head * tokens + from, head * tokens + from + size)];
          const best = looked
            .map((_, i) => i)
            .sort((a, b) => looked[b]! - looked[a]!)
            .slice(0, REPRESENTATIVES);
          for (const t of best) {
            const at = (head * tokens + from + t) * headSize;
            const key = turned(keys[layer]!.subarray(at, at + headSize), -(from + t));
            for (let h = head * 3; h < head * 3 + 3; h++) {
              for (let r = 0; r < rows; r++) {
                const q = (h * rows + r) * headSize;
                const query = turned(
                  question.queries[layer]!.subarray(q, q + headSize),
                  UNIT_TOKENS - question.first - r,
                );
                score += dotOf(query, key) / rows / best.length;
              }
            }
          }
        }
        return score;
      });
      let left = keep;
      const wanted: number[] = [];
      for (const u of scores.map((_, i) => i).sort((a, b) => scores[b]! - scores[a]!)) {
        const [s, from, size] = units[u]!;
        if (size > left) continue;
        left -= size;
        wanted.push(...Array.from({ length: size }, (_, t) => starts[s]! + from + t));
      }
      for (const head of chosen[layer]!) expect([...head]).toEqual(wanted.sort((a, b) => a - b));
    }
  }
});

/** Bytes of every buffer that an object holds, however deep. */
function heldBytes(value: unknown): number {
  if (ArrayBuffer.isView(value)) return value.byteLength;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce<number>((sum, part) => sum + heldBytes(part), 0);
}

test.each([
  ['2-bit keys', new TwoBitIndex(shape)],
  ['landmarks', new LandmarkIndex(shape)],
  ['keys of low rank', new LowRankIndex(shape)],
  ['representatives', new BlockLookup(shape)],
])('%s hold the bytes that were announced, and nothing else', (_, index) => {
  const before = heldBytes(index);
  let announced = 0;
  for (const tokens of [1, 31, 130, 256]) {
    const keys = someKeys(tokens, seededRandom('i'));
    const received = keys.map(() => new Float32Array(shape.kvHeads * tokens));
    if (index instanceof BlockLookup) index.add({ tokens, keys, received });
    else index.add(keys, tokens);
    announced += index.bytesOf(tokens);
  }
  expect(heldBytes(index) - before).toBe(announced);
});
