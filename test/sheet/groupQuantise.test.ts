import fc from 'fast-check';
import { expect, test } from 'vitest';
import { halfToFloat } from '../../src/engine/model/half.ts';
import {
  dequantise,
  flexGen,
  groupCount,
  kivi,
  quantise,
  type Grouping,
} from '../../src/engine/sheet/groupQuantise.ts';

const problems = fc
  .record({
    heads: fc.integer({ min: 1, max: 2 }),
    count: fc.integer({ min: 0, max: 40 }),
    size: fc.constantFrom(8, 32, 40, 64, 96),
    exponent: fc.integer({ min: -12, max: 12 }),
  })
  .chain(({ exponent, ...shape }) =>
    fc.record({
      shape: fc.constant(shape),
      data: fc
        .array(fc.float({ min: -1, max: 1, noNaN: true }), {
          minLength: shape.heads * shape.count * shape.size,
          maxLength: shape.heads * shape.count * shape.size,
        })
        .map((list) => Float32Array.from(list, (x) => x * 2 ** exponent)),
    }),
  );

const groupings = [kivi.keys, kivi.values, flexGen.keys];

/** Which group an element is in, from its place alone. */
function groupOf(
  i: number,
  { count, size }: { count: number; size: number },
  { along, size: group }: Grouping,
): number {
  const [h, t, c] = [Math.floor(i / (count * size)), Math.floor(i / size) % count, i % size];
  return along === 'channel'
    ? (h * Math.ceil(count / group) + Math.floor(t / group)) * size + c
    : (h * count + t) * Math.ceil(size / group) + Math.floor(c / group);
}

test.each([2, 4, 8])('with %d bits no element is off by more than half a step of its group', (bits) => {
  fc.assert(
    fc.property(problems, fc.constantFrom<Grouping>(...groupings), ({ shape, data }, grouping) => {
      const packed = quantise(data, shape, grouping, bits);
      const back = dequantise(packed, shape, grouping, bits);
      expect(packed.codes.length).toBe(Math.ceil((data.length * bits) / 8));
      expect(packed.scales.length).toBe(groupCount(shape, grouping));
      let worst = Number.NEGATIVE_INFINITY;
      data.forEach((x, i) => {
        const group = groupOf(i, shape, grouping);
        const step = halfToFloat(packed.scales[group]!);
        // Single-precision rounding of the result comes on top.
        worst = Math.max(worst, Math.abs(x - back[i]!) - (step / 2 + Math.abs(x) * 2 ** -22 + 2 ** -30));
      });
      expect(worst).toBeLessThanOrEqual(0);
    }),
    { numRuns: 60 },
  );
});

test('a group whose elements are all alike comes back as one half', () => {
  const shape = { heads: 1, count: 4, size: 8 };
  const data = new Float32Array(32).fill(0.75);
  for (const grouping of groupings)
    expect(dequantise(quantise(data, shape, grouping, 2), shape, grouping, 2)).toEqual(data);
});

test('channels that are large everywhere cost the others nothing, in groups along a channel', () => {
  const count = kivi.keys.size;
  const shape = { heads: 1, count, size: 8 };
  const data = Float32Array.from({ length: count * 8 }, (_, i) => (i % 8 === 3 ? 200 + (i % 5) : Math.sin(i)));
  const worst = (grouping: Grouping): number =>
    dequantise(quantise(data, shape, grouping, 4), shape, grouping, 4).reduce(
      (most, x, i) => (i % 8 === 3 ? most : Math.max(most, Math.abs(x - data[i]!))),
      0,
    );
  expect(worst(kivi.keys)).toBeLessThan(0.08);
  expect(worst(kivi.values)).toBeGreaterThan(0.5);
});

/** FlexGen's own formula in double precision, one group after the other; its scale and least are not rounded. */
function flexGenReference(row: readonly number[], bits: number): number[] {
  const out: number[] = [];
  for (let from = 0; from < row.length; from += 64) {
    const group = row.slice(from, from + 64);
    const [least, most] = [Math.min(...group), Math.max(...group)];
    const levels = 2 ** bits - 1;
    out.push(
      ...group.map((x) => (Math.round(((x - least) / (most - least)) * levels) / levels) * (most - least) + least),
    );
  }
  return out;
}

test('groups of 64 along a position come out as by the formula of FlexGen, but for the halves that scales are kept in', () => {
  const shape = { heads: 2, count: 9, size: 128 };
  const data = Float32Array.from({ length: 2 * 9 * 128 }, (_, i) => Math.sin(i * 1.7) * (1 + (i % 64)) + (i % 3));
  const ours = dequantise(quantise(data, shape, flexGen.keys, 4), shape, flexGen.keys, 4);
  const theirs = Array.from({ length: 18 }, (_, v) =>
    flexGenReference([...data.slice(v * 128, (v + 1) * 128)], 4),
  ).flat();
  // A code may fall to the other side where an element lies half way between two steps: a step at most, and seldom.
  const off = theirs.map((x, i) => Math.abs(x - ours[i]!));
  const step = (2 * 66) / 15;
  expect(Math.max(...off)).toBeLessThan(1.1 * step);
  expect(off.filter((x) => x > step / 50).length).toBeLessThan(off.length / 100);
  expect(groupCount(shape, flexGen.keys)).toBe(2 * 9 * 2);
});

test('a head with fewer than 64 channels is a group by itself', () => {
  expect(groupCount({ heads: 2, count: 5, size: 32 }, flexGen.values)).toBe(10);
});
