import fc from 'fast-check';
import { expect, test } from 'vitest';
import { floatToHalf, halfToFloat } from '../../src/engine/model/half.ts';

test('every half survives the way through float', () => {
  for (let h = 0; h < 65_536; h++) {
    const f = halfToFloat(h);
    if (Number.isNaN(f)) expect(Number.isNaN(halfToFloat(floatToHalf(f)))).toBe(true);
    else expect(floatToHalf(f)).toBe(h);
  }
});

test('rounds to the nearest half, to even on a tie', () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true, min: -65_500, max: 65_500 }), (x) => {
      const h = floatToHalf(x);
      const got = Math.abs(halfToFloat(h) - x);
      for (const other of [h - 1, h + 1]) {
        const f = halfToFloat(other & 0xffff);
        if (Number.isFinite(f) && Math.sign(f) * Math.sign(x) >= 0) expect(got).toBeLessThanOrEqual(Math.abs(f - x));
      }
    }),
  );
  expect(floatToHalf(1 + 2 ** -11)).toBe(floatToHalf(1));
  expect(floatToHalf(1 + 3 * 2 ** -11)).toBe(floatToHalf(1 + 2 ** -9));
  expect(floatToHalf(65_520)).toBe(0x7c00);
  expect(floatToHalf(-0)).toBe(0x8000);
});
