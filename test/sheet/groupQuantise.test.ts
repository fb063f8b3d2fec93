import fc from 'fast-check';
import { expect, test } from 'vitest';
import { halfToFloat } from '../../src/engine/model/half.ts';
import { dequantise, GROUP, groupCount, quantise } from '../../src/engine/sheet/groupQuantise.ts';

const problems = fc
  .record({
    heads: fc.integer({ min: 1, max: 2 }),
    count: fc.integer({ min: 0, max: 70 }),
    size: fc.constantFrom(8, 32, 40),
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

test.each([2, 4, 8])('with %d bits no element is off by more than half a step of its group', (bits) => {
  fc.assert(
    fc.property(problems, fc.constantFrom('channel', 'token'), ({ shape, data }, axis) => {
      const packed = quantise(data, shape, axis, bits);
      const back = dequantise(packed, shape, axis, bits);
      expect(packed.codes.length).toBe(Math.ceil((data.length * bits) / 8));
      expect(packed.scales.length).toBe(groupCount(shape, axis));
      let worst = Number.NEGATIVE_INFINITY;
      data.forEach((x, i) => {
        const { count, size } = shape;
        const [h, t, c] = [Math.floor(i / (count * size)), Math.floor(i / size) % count, i % size];
        const group =
          axis === 'channel'
            ? (h * Math.ceil(count / GROUP) + Math.floor(t / GROUP)) * size + c
            : (h * count + t) * Math.ceil(size / GROUP) + Math.floor(c / GROUP);
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
  for (const axis of ['channel', 'token'] as const)
    expect(dequantise(quantise(data, shape, axis, 2), shape, axis, 2)).toEqual(data);
});

test('channels that are large everywhere cost the others nothing, in groups along a channel', () => {
  const shape = { heads: 1, count: GROUP, size: 8 };
  const data = Float32Array.from({ length: GROUP * 8 }, (_, i) => (i % 8 === 3 ? 200 + (i % 5) : Math.sin(i)));
  const worst = (axis: 'channel' | 'token'): number =>
    dequantise(quantise(data, shape, axis, 4), shape, axis, 4).reduce(
      (most, x, i) => (i % 8 === 3 ? most : Math.max(most, Math.abs(x - data[i]!))),
      0,
    );
  expect(worst('channel')).toBeLessThan(0.08);
  expect(worst('token')).toBeGreaterThan(0.5);
});
