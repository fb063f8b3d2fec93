import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/engine/compress/random.ts';
import { bootstrapMean } from '../../src/eval/stats/bootstrap.ts';
import { holm } from '../../src/eval/stats/holm.ts';
import { reference } from '../model/fixtures.ts';

interface Statistics {
  holm: { p: number[]; corrected: number[] }[];
  plain: { values: number[]; low: number; high: number };
  clustered: { clusters: number[][]; interval: [number, number] };
}
const known = reference<Statistics>('statistics');

describe('Holm', () => {
  test('a case worked by hand: 4·0.005, 3·0.01, 2·0.03, then never below the one before', () => {
    const corrected = holm([0.04, 0.01, 0.03, 0.005]);
    expect(corrected.map((p) => p.toFixed(6))).toEqual(['0.060000', '0.030000', '0.060000', '0.020000']);
  });

  test.each(known.holm)('equals statsmodels on $p', ({ p, corrected }) => {
    holm(p).forEach((value, i) => {
      expect(value).toBeCloseTo(corrected[i]!, 6);
    });
  });

  test('never corrects downwards, keeps the order, does not depend on the order of its input', () => {
    const some = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(some, (p) => {
        const corrected = holm(p);
        corrected.forEach((value, i) => {
          expect(value).toBeGreaterThanOrEqual(p[i]!);
          expect(value).toBeLessThanOrEqual(1);
          for (const [j, other] of p.entries()) if (p[i]! < other) expect(value).toBeLessThanOrEqual(corrected[j]!);
        });
        expect(holm([...p].reverse()).reverse()).toEqual(corrected);
      }),
    );
  });
});

describe('bootstrap', () => {
  test('equals scipy.stats.bootstrap on values that stand for themselves', () => {
    const { values, low, high } = known.plain;
    const found = bootstrapMean(
      values.map((v) => [v]),
      seededRandom('plain'),
      40_000,
    );
    expect(found.mean).toBeCloseTo(values.reduce((sum, v) => sum + v, 0) / values.length, 9);
    // Means are multiples of 1/120.
    expect(Math.abs(found.low - low)).toBeLessThanOrEqual(1 / 120 + 1e-9);
    expect(Math.abs(found.high - high)).toBeLessThanOrEqual(1 / 120 + 1e-9);
  });

  test('equals an independent two-stage bootstrap on clusters', () => {
    const { clusters, interval } = known.clustered;
    const found = bootstrapMean(clusters, seededRandom('clusters'), 40_000);
    expect(Math.abs(found.low - interval[0])).toBeLessThan(0.006);
    expect(Math.abs(found.high - interval[1])).toBeLessThan(0.006);
  });

  test('95 % intervals hold the true mean in about 95 of 100 experiments, with clusters that differ', () => {
    const random = seededRandom('coverage');
    const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    let held = 0;
    const experiments = 400;
    for (let e = 0; e < experiments; e++) {
      const clusters = Array.from({ length: 24 }, () => {
        const shift = 0.25 + 0.15 * normal();
        return Array.from({ length: 12 }, () => shift + 0.5 * normal());
      });
      const { low, high } = bootstrapMean(clusters, random, 600);
      if (low <= 0.25 && 0.25 <= high) held++;
    }
    expect(held / experiments).toBeGreaterThan(0.92);
    expect(held / experiments).toBeLessThanOrEqual(0.99);
  });

  test('where nothing differs, p below 0.05 comes in about 5 of 100 experiments', () => {
    const random = seededRandom('level');
    let found = 0;
    const experiments = 400;
    for (let e = 0; e < experiments; e++) {
      const clusters = Array.from({ length: 60 }, () => [random() - 0.5]);
      if (bootstrapMean(clusters, random, 600).p < 0.05) found++;
    }
    expect(found / experiments).toBeGreaterThan(0.02);
    expect(found / experiments).toBeLessThan(0.09);
  });

  test('equal seed, equal interval; the mean lies in it; p is small where all differences have one sign', () => {
    const values = fc.array(fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 6 }), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(values, (clusters) => {
        const once = bootstrapMean(clusters, seededRandom('a'), 200);
        expect(bootstrapMean(clusters, seededRandom('a'), 200)).toEqual(once);
        const all = clusters.flat();
        expect(once.low).toBeGreaterThanOrEqual(Math.min(...all) - 1e-9);
        expect(once.high).toBeLessThanOrEqual(Math.max(...all) + 1e-9);
        if (Math.min(...all) > 0) expect(once.p).toBeCloseTo(2 / 201, 9);
      }),
      { numRuns: 40 },
    );
  });
});
