import fc from 'fast-check';
import { expect, test } from 'vitest';
import { argmax, sample } from '../../src/engine/model/sampling.ts';

const logits = fc
  .array(fc.float({ min: -20, max: 20, noNaN: true }), { minLength: 1, maxLength: 40 })
  .map((a) => Float32Array.from(a));

test('temperature 0 and a tiny nucleus are greedy', () => {
  fc.assert(
    fc.property(logits, fc.double({ min: 0, max: 0.999, noNaN: true }), (l, r) => {
      expect(sample(l, { temperature: 0, topP: 1 }, () => r)).toBe(argmax(l));
      expect(l[sample(l, { temperature: 1, topP: 1e-9 }, () => r)]).toBeCloseTo(l[argmax(l)]!, 6);
    }),
  );
});

test('only tokens of the nucleus are drawn, in proportion', () => {
  // Probabilities 0.5, 0.3, 0.2: a nucleus of 0.7 holds the first two.
  const l = Float32Array.from([0.3, 0.5, 0.2], Math.log);
  const draws = Array.from({ length: 1000 }, (_, i) => sample(l, { temperature: 1, topP: 0.7 }, () => i / 1000));
  expect(new Set(draws)).toEqual(new Set([0, 1]));
  expect(draws.filter((d) => d === 1).length / 1000).toBeCloseTo(0.5 / 0.8, 2);
});
