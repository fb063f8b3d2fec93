/** Dense matrices in row-major order. Small problems, double precision. */
export interface Matrix {
  rows: number;
  columns: number;
  data: Float64Array;
}

/** A diagonal element below this share of the largest counts as zero. */
const SINGULAR = 1e-13;

/** Aᵀ·A, [columns, columns]. */
export function gramOf({ rows, columns, data }: Matrix): Float64Array {
  const gram = new Float64Array(columns * columns);
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < columns; i++) {
      const x = data[r * columns + i]!;
      if (x === 0) continue;
      for (let j = 0; j <= i; j++) gram[i * columns + j]! += x * data[r * columns + j]!;
    }
  }
  for (let i = 0; i < columns; i++) for (let j = 0; j < i; j++) gram[j * columns + i] = gram[i * columns + j]!;
  return gram;
}

/** Aᵀ·B, [A's columns, B's columns]. */
export function crossOf(a: Matrix, b: Matrix): Float64Array {
  const out = new Float64Array(a.columns * b.columns);
  for (let r = 0; r < a.rows; r++) {
    for (let i = 0; i < a.columns; i++) {
      const x = a.data[r * a.columns + i]!;
      for (let j = 0; j < b.columns; j++) out[i * b.columns + j]! += x * b.data[r * b.columns + j]!;
    }
  }
  return out;
}

/**
 * Solves (G + ridge·I)·X = C by Cholesky's factorisation, G symmetric and positive semi-definite [n, n], C [n, width].
 * A direction in which G is singular gets zero.
 */
export function solveSymmetric(gram: Float64Array, right: Float64Array, n: number, ridge = 0): Float64Array {
  const width = right.length / n;
  const lower = new Float64Array(n * n);
  let largest = 0;
  for (let i = 0; i < n; i++) largest = Math.max(largest, gram[i * n + i]! + ridge);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = gram[i * n + j]! + (i === j ? ridge : 0);
      for (let k = 0; k < j; k++) sum -= lower[i * n + k]! * lower[j * n + k]!;
      if (i === j) lower[i * n + i] = sum > SINGULAR * largest ? Math.sqrt(sum) : Number.POSITIVE_INFINITY;
      else lower[i * n + j] = sum / lower[j * n + j]!;
    }
  }
  const x = Float64Array.from(right);
  for (let w = 0; w < width; w++) {
    for (let i = 0; i < n; i++) {
      let sum = x[i * width + w]!;
      for (let k = 0; k < i; k++) sum -= lower[i * n + k]! * x[k * width + w]!;
      x[i * width + w] = sum / lower[i * n + i]!;
    }
    for (let i = n - 1; i >= 0; i--) {
      let sum = x[i * width + w]!;
      for (let k = i + 1; k < n; k++) sum -= lower[k * n + i]! * x[k * width + w]!;
      x[i * width + w] = sum / lower[i * n + i]!;
    }
  }
  return x;
}

/** argmin ‖A·X − B‖² + ridge·‖X‖², [A's columns, B's columns]. */
export function leastSquares(a: Matrix, b: Matrix, ridge = 0): Float64Array {
  return solveSymmetric(gramOf(a), crossOf(a, b), a.columns, ridge);
}

/**
 * argmin ‖A·x − b‖ with low ≤ x ≤ high, by an active-set method (bounded-variable least squares, Stark and Parker
 * 1995; Lawson and Hanson's NNLS where low is 0 and high infinite).
 */
export function boundedLeastSquares(a: Matrix, b: Float64Array, low: number, high: number): Float64Array {
  const n = a.columns;
  const gram = gramOf(a);
  const target = crossOf(a, { rows: a.rows, columns: 1, data: b });
  const x = new Float64Array(n).fill(low);
  const free = new Uint8Array(n);
  const tolerance = 1e-12 * Math.max(1, ...target.map(Math.abs));
  const gradient = (i: number): number => {
    let sum = target[i]!;
    for (let j = 0; j < n; j++) sum -= gram[i * n + j]! * x[j]!;
    return sum;
  };
  // A variable that was just freed and at once driven back would go round for ever.
  let barred = -1;
  for (let round = 0; round < 10 * n; round++) {
    let best = -1;
    let most = tolerance;
    for (let i = 0; i < n; i++) {
      if (free[i] || i === barred) continue;
      const gain = x[i]! <= low ? gradient(i) : -gradient(i);
      if (gain > most) [best, most] = [i, gain];
    }
    if (best < 0) break;
    free[best] = 1;
    barred = settle(gram, target, x, free, low, high) ? -1 : best;
  }
  return x;
}

/** Moves the free variables to their optimum; those that meet a bound on the way are fixed there. False where nothing moved. */
function settle(
  gram: Float64Array,
  target: Float64Array,
  x: Float64Array,
  free: Uint8Array,
  low: number,
  high: number,
): boolean {
  const n = x.length;
  let moved = false;
  for (;;) {
    const indices = [...free.keys()].filter((i) => free[i]);
    if (indices.length === 0) return moved;
    const m = indices.length;
    const part = new Float64Array(m * m);
    const right = new Float64Array(m);
    indices.forEach((i, p) => {
      right[p] = target[i]!;
      for (let j = 0; j < n; j++) if (!free[j]) right[p]! -= gram[i * n + j]! * x[j]!;
      indices.forEach((j, q) => (part[p * m + q] = gram[i * n + j]!));
    });
    const wanted = solveSymmetric(part, right, m);
    let step = 1;
    let blocking = -1;
    indices.forEach((i, p) => {
      const [from, to] = [x[i]!, wanted[p]!];
      const bound = to < low ? low : high;
      if (to >= low && to <= high) return;
      const reach = to === from ? 0 : (bound - from) / (to - from);
      if (reach < step) [step, blocking] = [reach, p];
    });
    indices.forEach((i, p) => {
      const to = x[i]! + step * (wanted[p]! - x[i]!);
      if (Math.abs(to - x[i]!) > 0) moved = true;
      x[i] = Math.min(high, Math.max(low, to));
    });
    if (blocking < 0) return moved;
    const fixed = indices[blocking]!;
    x[fixed] = wanted[blocking]! < low ? low : high;
    free[fixed] = 0;
  }
}

/**
 * Orthogonal matching pursuit with non-negative weights (Attention Matching, arXiv 2602.16284: OMP): takes the column
 * that agrees most with what is left of `target`, refits the weights of all taken ones, and so on.
 * @returns the chosen columns in order of choice, and their weights
 */
export function matchingPursuit(
  a: Matrix,
  target: Float64Array,
  count: number,
): { chosen: number[]; weights: Float64Array } {
  const { rows, columns, data } = a;
  const chosen: number[] = [];
  let weights = new Float64Array(0);
  const rest = Float64Array.from(target);
  while (chosen.length < Math.min(count, columns)) {
    let best = -1;
    let most = Number.NEGATIVE_INFINITY;
    const agreement = new Float64Array(columns);
    for (let r = 0; r < rows; r++) for (let i = 0; i < columns; i++) agreement[i]! += data[r * columns + i]! * rest[r]!;
    agreement.forEach((value, i) => {
      if (value > most && !chosen.includes(i)) [best, most] = [i, value];
    });
    chosen.push(best);
    const part = columnsOf(a, chosen);
    weights = Float64Array.from(boundedLeastSquares(part, target, 0, Number.POSITIVE_INFINITY));
    for (let r = 0; r < rows; r++) {
      rest[r] = target[r]!;
      for (let c = 0; c < chosen.length; c++) rest[r]! -= part.data[r * chosen.length + c]! * weights[c]!;
    }
  }
  return { chosen, weights };
}

export function columnsOf({ rows, columns, data }: Matrix, chosen: readonly number[]): Matrix {
  const out = new Float64Array(rows * chosen.length);
  for (let r = 0; r < rows; r++) chosen.forEach((c, i) => (out[r * chosen.length + i] = data[r * columns + c]!));
  return { rows, columns: chosen.length, data: out };
}
