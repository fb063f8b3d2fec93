import fc from 'fast-check';
import { expect, test } from 'vitest';
import { symmetricEigen } from '../../src/engine/compress/eigen.ts';

const symmetric = fc.integer({ min: 1, max: 9 }).chain((n) =>
  fc.array(fc.double({ min: -4, max: 4, noNaN: true }), { minLength: n * n, maxLength: n * n }).map((list) => {
    const a = Float64Array.from(list);
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) a[i * n + j] = a[j * n + i]!;
    return { n, a };
  }),
);

test('vectors are orthonormal, the matrix stretches each by its value, and values fall', () => {
  fc.assert(
    fc.property(symmetric, ({ n, a }) => {
      const { values, vectors } = symmetricEigen(a, n);
      for (let i = 0; i < n; i++) {
        if (i > 0) expect(values[i]!).toBeLessThanOrEqual(values[i - 1]! + 1e-9);
        for (let j = 0; j < n; j++) {
          let [dot, product] = [0, 0];
          for (let k = 0; k < n; k++) {
            dot += vectors[i * n + k]! * vectors[j * n + k]!;
            product += a[j * n + k]! * vectors[i * n + k]!;
          }
          expect(dot).toBeCloseTo(i === j ? 1 : 0, 9);
          expect(product).toBeCloseTo(values[i]! * vectors[i * n + j]!, 8);
        }
      }
    }),
  );
});

test('a matrix of which the values are known', () => {
  const { values } = symmetricEigen(Float64Array.of(2, 1, 0, 1, 2, 0, 0, 0, -5), 3);
  [3, 1, -5].forEach((x, i) => expect(values[i]).toBeCloseTo(x, 12));
});
