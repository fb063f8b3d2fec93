import { topPositions } from './select.ts';
import type { KeptPositions, ProbeView, Scores } from './strategy.ts';

/** The best positions of every head: `counts[layer]` in each head of a layer, or `counts[layer][head]`. */
export function keepBest(scores: Scores, counts: readonly (number | readonly number[])[]): KeptPositions {
  return scores.map((heads, layer) => {
    const count = counts[layer]!;
    return heads.map((head, h) => topPositions(head, typeof count === 'number' ? count : count[h]!));
  });
}

/** Makes a score for every layer and KV head. */
export function everyHead(
  { layers, kvHeads }: Pick<ProbeView, 'layers' | 'kvHeads'>,
  score: (layer: number, head: number) => Scores[number][number],
): Scores {
  return Array.from({ length: layers }, (_, l) => Array.from({ length: kvHeads }, (_, h) => score(l, h)));
}

/** One head's part of a statistic [kvHeads, columns]; throws where the strategy has not asked for it. */
export function ofHead(
  statistic: Float32Array[] | undefined,
  view: ProbeView,
  layer: number,
  head: number,
): Float32Array {
  const columns = view.columns ?? view.tokens;
  if (!statistic) throw new Error('a strategy reads a statistic that it does not need');
  return statistic[layer]!.subarray(head * columns, (head + 1) * columns);
}

/** Scores of the looked-at columns, with `fill` for the positions after them. */
export function padded(scores: ArrayLike<number>, tokens: number, fill: number): Float64Array {
  const out = new Float64Array(tokens).fill(fill);
  out.set(scores);
  return out;
}

/** The first `count` positions of a segment count as attention sinks and stay; never more than a quarter of what is kept. */
export function withSinks(scores: Scores, count: number, keep: number): Scores {
  const sinks = Math.min(count, Math.floor(keep / 4));
  for (const head of scores.flat()) head.fill(Number.POSITIVE_INFINITY, 0, sinks);
  return scores;
}

/** Moving average over `width` (odd) positions; what lies outside counts as zero, as in SnapKV's pooling. */
export function pooled(scores: ArrayLike<number>, width: number): Float64Array {
  const reach = (width - 1) / 2;
  return Float64Array.from({ length: scores.length }, (_, i) => {
    let sum = 0;
    for (let j = Math.max(0, i - reach); j <= Math.min(scores.length - 1, i + reach); j++) sum += scores[j]!;
    return sum / width;
  });
}
