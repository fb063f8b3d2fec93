import { leastSquares, type Matrix } from './solve.ts';
import type { KeptPositions, ProbeView } from './strategy.ts';

/** Rows of one KV head that the fit and its check use, at most; spread evenly over the probe. */
const MAX_ROWS = 384;
/** Every third run of so many rows is held out: neighbouring rows say much the same. */
const RUN = 8;
const HELD_OUT = 3;
/**
 * Ridge on the change of the values, as a multiple of the mean diagonal of the normal equations. A hundredth fits the
 * probe's rows much closer, also those held out, but moved the starter model's answers further from those over the whole
 * segment (Kullback–Leibler divergence at 4x 0.31, with 3 0.24, without a fit 0.27; at 16x 1.44, 1.06, 1.05).
 */
const RIDGE = 3;

/** What refitting came to in one layer. */
export interface RefitLayer {
  /** The heads one after the other: new values where they were accepted, the old ones elsewhere; undefined if none were. */
  values: Float32Array | undefined;
  /** Squared error of held-out rows, per KV head: with the old values and with the new ones. */
  errors: { before: number; after: number }[];
}

/** One KV head's probe rows over what is kept: local softmax weights, and the outputs over the whole segment. */
export interface HeadRows {
  weights: Matrix;
  outputs: Matrix;
  /** Of every row: which one of the report it is, over all query heads. */
  source: number[];
  /** Indices of the rows that are fitted to, and of those held out. */
  fitted: number[];
  heldOut: number[];
}

/**
 * New values for kept positions: least squares of softmax(q·K_keptᵀ)·V' against the attention outputs over the whole
 * segment, both normalised over the segment alone (Attention Matching, arXiv 2602.16284, section 3). What is fitted is
 * the change of the values, with a ridge: where the probe says nothing, a value stays as it is. Keys and queries stand
 * at their old positions.
 */
export function refitValues(view: ProbeView, kept: KeptPositions): RefitLayer[] {
  const size = view.kv!.headSize;
  return kept.map((heads, layer) => {
    const values = new Float32Array(heads.reduce((sum, positions) => sum + positions.length, 0) * size);
    const errors: RefitLayer['errors'] = [];
    let at = 0;
    heads.forEach((positions, head) => {
      const old = gatherRows(view.kv!.values(layer, head), positions, size);
      const rows = headRows(view, layer, head, positions);
      const fresh = fitValues(rows, old, size);
      const before = heldOutError(rows, old, size);
      const after = heldOutError(rows, fresh, size);
      errors.push({ before, after });
      values.set(after < before ? fresh : old, at);
      at += old.length;
    });
    return { values: errors.some((e) => e.after < e.before) ? values : undefined, errors };
  });
}

/** Values by least squares over the fitted rows: the old ones and a change with a ridge. [count, headSize] */
export function fitValues({ weights, outputs, fitted: rows }: HeadRows, old: Float64Array, size: number): Float64Array {
  const count = weights.columns;
  if (count === 0 || rows.length === 0) return old;
  const a = rowsOf(weights, rows);
  const wanted = rowsOf(outputs, rows);
  const rest = Float64Array.from(wanted.data);
  for (let r = 0; r < a.rows; r++)
    for (let j = 0; j < count; j++)
      for (let i = 0; i < size; i++) rest[r * size + i]! -= a.data[r * count + j]! * old[j * size + i]!;
  const diagonal = a.data.reduce((sum, x) => sum + x * x, 0) / count;
  const change = leastSquares(a, { rows: a.rows, columns: size, data: rest }, RIDGE * diagonal);
  return change.map((x, i) => x + old[i]!);
}

function heldOutError({ weights, outputs, heldOut }: HeadRows, values: Float64Array, size: number): number {
  let error = 0;
  for (const r of heldOut) {
    for (let i = 0; i < size; i++) {
      let sum = -outputs.data[r * size + i]!;
      for (let j = 0; j < weights.columns; j++) sum += weights.data[r * weights.columns + j]! * values[j * size + i]!;
      error += sum * sum;
    }
  }
  return error;
}

/** @param bias added to the logit of every kept position */
export function headRows(
  view: ProbeView,
  layer: number,
  head: number,
  positions: Int32Array,
  bias?: Float64Array,
): HeadRows {
  const { raw, kv, rows = 0 } = view;
  const size = kv!.headSize;
  const group = view.heads / view.kvHeads;
  const step = Math.max(1, Math.ceil((rows * group) / MAX_ROWS));
  const picked = Array.from({ length: Math.ceil((rows * group) / step) }, (_, i) => i * step);
  const keys = gatherRows(kv!.keys(layer, head), positions, size);
  const count = positions.length;
  const weights = new Float64Array(picked.length * count);
  const outputs = new Float64Array(picked.length * size);
  picked.forEach((row, r) => {
    // Rows of the group's heads follow each other in the report.
    const at = (head * group * rows + row) * size;
    const query = raw!.queries[layer]!.subarray(at, at + size);
    outputs.set(raw!.outputs[layer]!.subarray(at, at + size), r * size);
    softmaxRow(query, keys, kv!.scale, bias, weights.subarray(r * count, (r + 1) * count));
  });
  const isHeldOut = (r: number): boolean => Math.floor((picked[r]! % rows) / RUN) % HELD_OUT === HELD_OUT - 1;
  const all = picked.map((_, r) => r);
  return {
    weights: { rows: picked.length, columns: count, data: weights },
    outputs: { rows: picked.length, columns: size, data: outputs },
    source: picked.map((row) => head * group * rows + row),
    fitted: all.filter((r) => !isHeldOut(r)),
    heldOut: all.filter(isHeldOut),
  };
}

function softmaxRow(
  query: Float32Array,
  keys: Float64Array,
  scale: number,
  bias: Float64Array | undefined,
  out: Float64Array,
): void {
  const size = query.length;
  let largest = Number.NEGATIVE_INFINITY;
  for (let j = 0; j < out.length; j++) {
    let dot = 0;
    for (let i = 0; i < size; i++) dot += query[i]! * keys[j * size + i]!;
    out[j] = dot * scale + (bias?.[j] ?? 0);
    largest = Math.max(largest, out[j]!);
  }
  let sum = 0;
  for (let j = 0; j < out.length; j++) sum += out[j] = Math.exp(out[j]! - largest);
  for (let j = 0; j < out.length; j++) out[j]! /= sum;
}

export function gatherRows(from: Float32Array, positions: Int32Array, size: number): Float64Array {
  const out = new Float64Array(positions.length * size);
  positions.forEach((p, i) => out.set(from.subarray(p * size, (p + 1) * size), i * size));
  return out;
}

function rowsOf({ columns, data }: Matrix, rows: readonly number[]): Matrix {
  const out = new Float64Array(rows.length * columns);
  rows.forEach((r, i) => out.set(data.subarray(r * columns, (r + 1) * columns), i * columns));
  return { rows: rows.length, columns, data: out };
}
