import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  boundedLeastSquares,
  columnsOf,
  crossOf,
  gramOf,
  leastSquares,
  matchingPursuit,
  type Matrix,
} from '../../src/engine/compress/solve.ts';
import { maxDifference, reference } from '../model/fixtures.ts';

/** SciPy on attention-like matrices (test/fixtures/reference_solvers.py). */
interface Case {
  a: number[][];
  b: number[][];
  solution: number[][];
  ridge: number;
  ridgeSolution: number[][];
  exponentials: number[][];
  kept: number;
  mass: number[];
  nonNegative: number[];
  bounds: [number, number];
  bounded: number[];
  pursuit: { chosen: number[]; weights: number[] };
}
const { cases } = reference<{ cases: Case[] }>('solvers');
const matrix = (rows: number[][]): Matrix => ({
  rows: rows.length,
  columns: rows[0]!.length,
  data: Float64Array.from(rows.flat()),
});

describe.each(cases)('case %#: as SciPy', (ref) => {
  const exponentials = matrix(ref.exponentials);
  const kept = columnsOf(
    exponentials,
    Array.from({ length: ref.kept }, (_, i) => i),
  );
  const mass = Float64Array.from(ref.mass);

  test('least squares, plain and with a ridge', () => {
    const [a, b] = [matrix(ref.a), matrix(ref.b)];
    expect(maxDifference(leastSquares(a, b), ref.solution.flat())).toBeLessThan(1e-6);
    expect(maxDifference(leastSquares(a, b, ref.ridge), ref.ridgeSolution.flat())).toBeLessThan(1e-6);
  });

  test('non-negative and bounded least squares', () => {
    const target = mass.map((m, r) => m - 0.9 * ref.exponentials[r]![0]!);
    expect(maxDifference(boundedLeastSquares(kept, target, 0, Infinity), ref.nonNegative)).toBeLessThan(1e-6);
    expect(maxDifference(boundedLeastSquares(kept, mass, ...ref.bounds), ref.bounded)).toBeLessThan(1e-6);
  });

  test('matching pursuit', () => {
    const { chosen, weights } = matchingPursuit(exponentials, mass, ref.kept);
    expect(chosen).toEqual(ref.pursuit.chosen);
    expect(maxDifference(weights, ref.pursuit.weights)).toBeLessThan(1e-6);
  });
});

test('bounded least squares is optimal: every bound that holds is one that the gradient presses on', () => {
  const shape = fc.record({ rows: fc.integer({ min: 1, max: 12 }), columns: fc.integer({ min: 1, max: 8 }) });
  const number = fc.double({ min: -2, max: 2, noNaN: true }).map((x) => Math.round(x * 1e3) / 1e3);
  const problem = shape.chain(({ rows, columns }) =>
    fc.record({
      a: fc
        .array(number, { minLength: rows * columns, maxLength: rows * columns })
        .map((data) => ({ rows, columns, data: Float64Array.from(data) })),
      b: fc.array(number, { minLength: rows, maxLength: rows }).map((data) => Float64Array.from(data)),
    }),
  );
  fc.assert(
    fc.property(
      problem,
      fc.constantFrom<[number, number]>([0, Infinity], [-0.5, 0.5], [0.1, 1]),
      ({ a, b }, [low, high]) => {
        const x = boundedLeastSquares(a, b, low, high);
        const gram = gramOf(a);
        const target = crossOf(a, { rows: a.rows, columns: 1, data: b });
        x.forEach((value, i) => {
          expect(value).toBeGreaterThanOrEqual(low);
          expect(value).toBeLessThanOrEqual(high);
          const gradient = target[i]! - x.reduce((sum, y, j) => sum + gram[i * x.length + j]! * y, 0);
          if (value > low + 1e-6) expect(gradient).toBeGreaterThan(-1e-5);
          if (value < high - 1e-6) expect(gradient).toBeLessThan(1e-5);
        });
      },
    ),
    { numRuns: 300 },
  );
});
