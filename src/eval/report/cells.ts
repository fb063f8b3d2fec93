import { seededRandom } from '../../engine/compress/random.ts';
import { totalBytes } from '../run/bytes.ts';
import type { Row } from '../run/journal.ts';
import { bootstrapMean, type Interval } from '../stats/bootstrap.ts';

/** A group of questions of one data set: what figures are told of. */
export interface CellGroup {
  data: string;
  group: string;
}

/** One arm at one ratio on one group of questions. */
export interface Cell extends CellGroup {
  arm: string;
  ratio: number | null;
  questions: number;
  /** Questions without an answer: the context did not fit. */
  unable: number;
  /** Mean score with its interval over corpora and questions. */
  score: Interval;
  /** Share that is wholly right. */
  right: number;
  /** Of the gold answers, over all their tokens; absent where it was not measured. */
  perplexity?: number;
  recall?: number;
  /** Share of the source that the context stands for. */
  coverage: number;
  /** Medians. */
  ttftMs: number;
  totalMs: number;
  prefilled: number;
  positions: number;
  bytes: number;
  /** Median bytes on disk; absent where nothing is written. */
  disk?: number;
  /** Median milliseconds of what is done once for a corpus. */
  prepareMs: number;
}

/** Questions that count: those of the development split do not. */
export const counted = (rows: readonly Row[]): Row[] => rows.filter((r) => r.draw > 0);

/** A question, whatever arm answers it. */
export const questionOf = ({ data, draw, corpus, question }: Row): string =>
  JSON.stringify([data, draw, corpus, question]);

/** What stands or falls together in the bootstrap: the questions of one corpus. */
const clusterOf = ({ data, draw, corpus }: Row): string => JSON.stringify([data, draw, corpus]);

export function cellsOf(rows: readonly Row[], groupOf: (row: Row) => string, seed: string): Cell[] {
  const keyed = Map.groupBy(counted(rows), (r) => JSON.stringify([r.data, groupOf(r), r.arm, r.ratio]));
  return [...keyed].map(([key, list]): Cell => {
    const [data, group, arm, ratio] = JSON.parse(key) as [string, string, string, number | null];
    const answered = list.filter((r) => r.unable === undefined);
    const scores = bootstrapMean(
      clustered(answered, (r) => r.score),
      seededRandom(`${seed}/${key}`),
    );
    const { mean, low, high } = scores;
    return {
      data,
      group,
      arm,
      ratio,
      questions: list.length,
      unable: list.length - answered.length,
      score: { mean, low, high },
      right: average(answered, (r) => Number(r.right)),
      ...perplexityOf(answered),
      ...recallOf(answered),
      coverage: average(answered, (r) => r.coverage),
      ttftMs: median(answered.map((r) => r.ttftMs)),
      totalMs: median(answered.map((r) => r.totalMs)),
      prefilled: median(answered.map((r) => r.prefilled)),
      positions: median(answered.map((r) => r.positions)),
      bytes: median(answered.map((r) => totalBytes(r.bytes))),
      ...diskOf(answered),
      prepareMs: median([...new Map(answered.map((r) => [clusterOf(r), r.prepareMs])).values()]),
    };
  });
}

/** Values of rows in the clusters of the bootstrap. */
export function clustered(rows: readonly Row[], value: (row: Row) => number): number[][] {
  return [...Map.groupBy(rows, clusterOf).values()].map((list) => list.map(value));
}

function perplexityOf(rows: readonly Row[]): { perplexity?: number } {
  const tokens = rows.reduce((sum, r) => sum + (r.goldTokens ?? 0), 0);
  if (tokens === 0) return {};
  return { perplexity: Math.exp(rows.reduce((sum, r) => sum + (r.goldNll ?? 0), 0) / tokens) };
}

function recallOf(rows: readonly Row[]): { recall?: number } {
  const known = rows.filter((r) => r.recall !== undefined);
  return known.length === 0 ? {} : { recall: average(known, (r) => r.recall!) };
}

function diskOf(rows: readonly Row[]): { disk?: number } {
  const written = rows.flatMap((r) => r.disk ?? []);
  return written.length === 0 ? {} : { disk: median(written) };
}

function average<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((sum, item) => sum + value(item), 0) / Math.max(1, items.length);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
