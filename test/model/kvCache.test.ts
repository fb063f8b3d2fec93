import fc from 'fast-check';
import { expect, test } from 'vitest';
import { appendKept, gatherKept } from '../../src/engine/compress/gather.ts';
import { KvCache, readVector } from '../../src/engine/model/kvCache.ts';
import { Rotation } from '../../src/engine/model/rope.ts';

const shape = { layers: 2, kvHeads: 2, headSize: 8, type: 'float32' as const };
const frequencies = Float64Array.of(1, 0.1, 0.01, 0.001);

/** A cache whose every vector is random. */
function filled(length: number, seed: number): KvCache {
  const cache = new KvCache(shape, length + 3);
  let x = seed;
  for (const buffer of [...cache.keys, ...cache.values]) {
    for (let i = 0; i < buffer.length; i++) buffer[i] = (x = (x * 1_103_515_245 + 12_345) & 0x7fffffff) / 2 ** 30 - 1;
  }
  cache.length = length;
  return cache;
}

function vectorAt(
  cache: KvCache,
  kind: 'keys' | 'values',
  layer: number,
  head: number,
  position: number,
): Float32Array {
  const vector = new Float32Array(shape.headSize);
  readVector(cache[kind][layer]!, cache.offset(layer, head, position), vector);
  return vector;
}

test('growing keeps every position', () => {
  const cache = filled(20, 3);
  const before = vectorAt(cache, 'keys', 1, 1, 19);
  cache.reserve(500);
  expect(cache.capacityOf(1)).toBeGreaterThanOrEqual(500);
  expect(vectorAt(cache, 'keys', 1, 1, 19)).toEqual(before);
});

test('truncating to more than there is fails', () => {
  expect(() => {
    filled(4, 1).truncate(5);
  }).toThrow(RangeError);
});

test('a rotation and its opposite cancel', () => {
  fc.assert(
    fc.property(
      fc.array(fc.float({ min: -4, max: 4, noNaN: true }), { minLength: 8, maxLength: 8 }),
      fc.integer({ min: -5000, max: 5000 }),
      (values, delta) => {
        const vector = Float32Array.from(values);
        const rotation = new Rotation(frequencies);
        rotation.apply(vector, delta);
        rotation.apply(vector, -delta);
        vector.forEach((v, i) => {
          expect(v).toBeCloseTo(values[i]!, 5);
        });
      },
    ),
  );
});

test('keep-all at the same place is the same cache; dropped positions close the gap by rotation only', () => {
  const cache = filled(12, 9);
  const every = Int32Array.from({ length: 12 }, (_, i) => i);
  const some = Int32Array.of(1, 4, 5, 11);
  const perHead = (kept: Int32Array) => Array.from({ length: 2 }, () => [kept, kept]);
  const whole = new KvCache(shape, 1);
  appendKept(whole, gatherKept(cache, 0, perHead(every), frequencies), frequencies);
  for (let p = 0; p < 12; p++) expect(vectorAt(whole, 'keys', 0, 1, p)).toEqual(vectorAt(cache, 'keys', 0, 1, p));

  const part = new KvCache(shape, 1);
  appendKept(part, gatherKept(cache, 0, perHead(some), frequencies), frequencies);
  some.forEach((from, to) => {
    const expected = vectorAt(cache, 'keys', 1, 0, from);
    new Rotation(frequencies).apply(expected, to - from);
    expect(vectorAt(part, 'keys', 1, 0, to)).toEqual(expected);
    expect(vectorAt(part, 'values', 1, 0, to)).toEqual(vectorAt(cache, 'values', 1, 0, from));
  });
});
