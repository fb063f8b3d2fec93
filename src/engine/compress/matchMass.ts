import { fitValues, gatherRows, headRows, type HeadRows } from './refit.ts';
import { boundedLeastSquares, columnsOf, matchingPursuit, type Matrix } from './solve.ts';
import type { KeptPositions, ProbeView, Refit } from './strategy.ts';

/** Weights of a key, and so its bias, stay within these bounds (those of the authors' code). */
const LEAST = Math.exp(-3);
const MOST = Math.exp(3);
/** The pursuit chooses among so many candidates for every position that is kept. */
const CANDIDATES = 3;

/**
 * A bias for every kept key, and values that go with it (Attention Matching, arXiv 2602.16284, section 3): weights
 * w = e^bias ≥ 0 by bounded least squares, so that the kept keys together draw as much of a probe row's attention as
 * the whole segment did; then values by least squares under that bias. Of values as they are, refitted values, and
 * refitted values with a bias, a head takes what lowers the error of held-out rows most: the difference of mass ×
 * output, relative to the row's mass.
 */
export function matchMass(view: ProbeView, kept: KeptPositions): Required<Refit> {
  const size = view.kv!.headSize;
  const values: Float32Array[] = [];
  const bias: Float32Array[] = [];
  kept.forEach((heads, layer) => {
    const count = heads.reduce((sum, positions) => sum + positions.length, 0);
    const layerValues = new Float32Array(count * size);
    const layerBias = new Float32Array(count);
    let at = 0;
    heads.forEach((positions, head) => {
      const best = bestFit(view, layer, head, positions);
      layerValues.set(best.values, at * size);
      layerBias.set(best.bias, at);
      at += positions.length;
    });
    values.push(layerValues);
    bias.push(layerBias);
  });
  return { values, bias };
}

interface Fit {
  values: Float64Array;
  bias: Float64Array;
  error: number;
}

function bestFit(view: ProbeView, layer: number, head: number, positions: Int32Array): Fit {
  const size = view.kv!.headSize;
  const old = gatherRows(view.kv!.values(layer, head), positions, size);
  const none = new Float64Array(positions.length);
  const rows = headRows(view, layer, head, positions);
  const mass = relativeMass(view, layer, head, positions, rows);
  const weights = boundedLeastSquares(
    rowsOf(mass, rows.fitted),
    new Float64Array(rows.fitted.length).fill(1),
    LEAST,
    MOST,
  );
  const bias = weights.map(Math.log);
  const biased = headRows(view, layer, head, positions, bias);
  const fit = (of: HeadRows, values: Float64Array, b: Float64Array): Fit => ({
    values,
    bias: b,
    error: massError(of, mass, values, b, size),
  });
  const fits = [
    fit(rows, old, none),
    fit(rows, fitValues(rows, old, size), none),
    fit(biased, fitValues(biased, old, size), bias),
  ];
  return fits.reduce((best, other) => (other.error < best.error ? other : best));
}

/**
 * Chooses the keys themselves by matching pursuit: those that together, with non-negative weights, come nearest to the
 * attention mass that probe rows give the whole segment (Attention Matching: OMP). The candidates are the best by
 * `scores`, since every step looks at all of them.
 */
export function pursueKeys(
  view: ProbeView,
  layer: number,
  head: number,
  candidates: Int32Array,
  count: number,
): Int32Array {
  const rows = headRows(view, layer, head, candidates);
  const mass = relativeMass(view, layer, head, candidates, rows);
  const { chosen } = matchingPursuit(mass, new Float64Array(mass.rows).fill(1), count);
  return Int32Array.from(chosen.map((c) => candidates[c]!)).sort();
}

export const candidateCount = (count: number): number => CANDIDATES * count;

/** exp(q·k) of every row and kept key as a share of the segment's summed exponentials. */
function relativeMass(view: ProbeView, layer: number, head: number, positions: Int32Array, rows: HeadRows): Matrix {
  const { raw, kv } = view;
  const size = kv!.headSize;
  const keys = gatherRows(kv!.keys(layer, head), positions, size);
  const count = positions.length;
  const data = new Float64Array(rows.source.length * count);
  rows.source.forEach((row, r) => {
    const query = raw!.queries[layer]!.subarray(row * size, (row + 1) * size);
    const total = raw!.logMass[layer]![row]!;
    for (let j = 0; j < count; j++) {
      let dot = 0;
      for (let i = 0; i < size; i++) dot += query[i]! * keys[j * size + i]!;
      data[r * count + j] = Math.exp(dot * kv!.scale - total);
    }
  });
  return { rows: rows.source.length, columns: count, data };
}

function massError(rows: HeadRows, mass: Matrix, values: Float64Array, bias: Float64Array, size: number): number {
  const { weights, outputs, heldOut } = rows;
  const count = weights.columns;
  let error = 0;
  for (const r of heldOut) {
    let share = 0;
    for (let j = 0; j < count; j++) share += mass.data[r * count + j]! * Math.exp(bias[j]!);
    for (let i = 0; i < size; i++) {
      let sum = 0;
      for (let j = 0; j < count; j++) sum += weights.data[r * count + j]! * values[j * size + i]!;
      error += (share * sum - outputs.data[r * size + i]!) ** 2;
    }
  }
  return error;
}

function rowsOf(matrix: Matrix, rows: readonly number[]): Matrix {
  const turned = { rows: matrix.columns, columns: matrix.rows, data: transpose(matrix) };
  const part = columnsOf(turned, rows);
  return { rows: rows.length, columns: matrix.columns, data: transpose(part) };
}

function transpose({ rows, columns, data }: Matrix): Float64Array {
  const out = new Float64Array(data.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[c * rows + r] = data[r * columns + c]!;
  return out;
}
