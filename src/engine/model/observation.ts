import { scoreSize, type ScoreKind } from './graph/scorer.ts';

/** Attention by position: per layer [kvHeads, columns]. */
export type LayerSums = Float32Array[];

/** What one run is to report: the kind, and the key columns `start` to `end` - 1. */
export interface Scoring {
  kind: ScoreKind;
  start: number;
  end: number;
}

/** What was seen of the queries of some tokens. `columns` counts from the first column asked for. */
export interface Observation {
  rows: number;
  columns: number;
  /** Attention summed over rows and the query heads of each KV head. */
  sums?: LayerSums;
  /** Largest weight over rows and heads; sum of squared weights; weights of the last row summed over heads. */
  maxima?: LayerSums;
  squares?: LayerSums;
  last?: LayerSums;
  /** Queries before rotation, per layer: sum over rows [heads, headSize] and Σ q·qᵀ [heads, headSize, headSize]. */
  moments?: { sums: Float64Array[]; products: Float64Array[] };
  raw?: RawRows;
}

/** Per layer, [heads, rows, …]: rotated queries, attention outputs over the columns alone, logs of the summed exponentials of columns and of all keys. */
export interface RawRows {
  queries: Float32Array[];
  outputs: Float32Array[];
  logMass: Float32Array[];
  logTotal: Float32Array[];
}

interface Shape {
  layers: number;
  heads: number;
  kvHeads: number;
  headSize: number;
}

/** Puts the reports of several runs together. */
export class Observer {
  private readonly shape: Shape;
  private readonly kind: ScoreKind;
  private readonly columns: number;
  private rows = 0;
  private sums: LayerSums;
  private readonly maxima: LayerSums;
  private readonly squares: LayerSums;
  private readonly last: LayerSums;
  private readonly moments: { sums: Float64Array[]; products: Float64Array[] };
  private readonly raw: (RawRows & { rows: number })[] = [];

  /** @param columns of the whole observation; a run may report fewer, where the rows observe themselves */
  constructor(shape: Shape, kind: ScoreKind, columns: number) {
    this.shape = shape;
    this.kind = kind;
    this.columns = columns;
    const { layers, heads, headSize, kvHeads } = shape;
    const make = (needed: boolean): LayerSums =>
      Array.from({ length: needed ? layers : 0 }, () => new Float32Array(kvHeads * columns));
    const isStats = kind === 'stats' || kind === 'raw';
    this.sums = make(isStats);
    this.maxima = make(isStats);
    this.squares = make(isStats);
    this.last = make(isStats);
    const moments = (size: number): Float64Array[] =>
      Array.from({ length: kind === 'moments' ? layers : 0 }, () => new Float64Array(size));
    this.moments = { sums: moments(heads * headSize), products: moments(heads * headSize ** 2) };
  }

  /** @param report per layer, in the layout of the kind, of `rows` rows over `columns` columns */
  add(report: readonly Float32Array[], rows: number, columns: number): void {
    const isFirst = this.rows === 0;
    this.rows += rows;
    // The commonest case, every token of an answer: one run that reports sums of all columns.
    if (this.kind === 'sums' && isFirst && columns === this.columns) {
      this.sums = [...report];
      return;
    }
    if (this.kind === 'sums' && isFirst)
      this.sums = report.map(() => new Float32Array(this.shape.kvHeads * this.columns));
    if (this.kind === 'moments') this.addMoments(report);
    else report.forEach((layer, l) => this.addStats(layer, l, columns));
    if (this.kind === 'raw') this.addRaw(report, rows, columns);
  }

  result(): Observation {
    const { kind, rows, columns, sums, maxima, squares, last, moments } = this;
    if (kind === 'moments') return { rows, columns, moments };
    if (kind === 'sums') return { rows, columns, sums };
    const stats = { rows, columns, sums, maxima, squares, last };
    return kind === 'stats' ? stats : { ...stats, raw: this.joinRaw() };
  }

  private addMoments(report: readonly Float32Array[]): void {
    const { heads, headSize } = this.shape;
    report.forEach((layer, l) => {
      addInto(this.moments.sums[l]!, layer.subarray(0, heads * headSize));
      addInto(this.moments.products[l]!, layer.subarray(heads * headSize));
    });
  }

  private addStats(layer: Float32Array, l: number, columns: number): void {
    const { kvHeads } = this.shape;
    for (let h = 0; h < kvHeads; h++) {
      const part = (which: number): Float32Array =>
        layer.subarray((which * kvHeads + h) * columns, (which * kvHeads + h + 1) * columns);
      const whole = (of: LayerSums): Float32Array => of[l]!.subarray(h * this.columns, h * this.columns + columns);
      addInto(whole(this.sums), part(0));
      if (this.kind === 'sums') continue;
      const maxima = whole(this.maxima);
      part(1).forEach((x, i) => {
        if (x > maxima[i]!) maxima[i] = x;
      });
      addInto(whole(this.squares), part(2));
      whole(this.last).set(part(3));
    }
  }

  private addRaw(report: readonly Float32Array[], rows: number, columns: number): void {
    const { heads, headSize, kvHeads } = this.shape;
    const size = heads * rows * headSize;
    const at = 4 * kvHeads * columns;
    this.raw.push({
      rows,
      queries: report.map((layer) => layer.slice(at, at + size)),
      outputs: report.map((layer) => layer.slice(at + size, at + 2 * size)),
      logMass: report.map((layer) => layer.slice(at + 2 * size, at + 2 * size + heads * rows)),
      logTotal: report.map((layer) => layer.slice(at + 2 * size + heads * rows)),
    });
  }

  /** Rows of several runs, which each hold [heads, rows, …], as one. */
  private joinRaw(): RawRows {
    const { heads, headSize, layers } = this.shape;
    const join = (of: keyof RawRows, width: number): Float32Array[] =>
      Array.from({ length: layers }, (_, l) => {
        const out = new Float32Array(heads * this.rows * width);
        let before = 0;
        for (const part of this.raw) {
          for (let h = 0; h < heads; h++) {
            const from = part[of][l]!.subarray(h * part.rows * width, (h + 1) * part.rows * width);
            out.set(from, (h * this.rows + before) * width);
          }
          before += part.rows;
        }
        return out;
      });
    return {
      queries: join('queries', headSize),
      outputs: join('outputs', headSize),
      logMass: join('logMass', 1),
      logTotal: join('logTotal', 1),
    };
  }
}

/**
 * Buffers for the report of one run, one a layer.
 * @param short by how many positions each layer is behind: it has so many columns less
 */
export function reportBuffers(
  shape: Omit<Shape, 'layers'>,
  { kind, start, end }: Scoring,
  rows: number,
  short: Int32Array,
): Float32Array[] {
  if (kind !== 'sums' && short.some((s) => s > 0)) throw new RangeError(`${kind} of layers of unequal length`);
  return Array.from(short, (behind) => new Float32Array(scoreSize(kind, shape, rows, end - behind - start)));
}

function addInto(into: Float32Array | Float64Array, part: Float32Array): void {
  for (let i = 0; i < part.length; i++) into[i]! += part[i]!;
}
