import type { Scores } from './strategy.ts';

/** `keep` in every layer. */
export function uniform(layers: number, keep: number): number[] {
  return Array<number>(layers).fill(keep);
}

/**
 * Whole numbers in proportion to `shares` that add up to `total`, each from `least` to `most`: what rounding and bounds
 * leave over goes to the layers with the largest remainders.
 */
export function apportion(shares: readonly number[], total: number, least: number, most: number): number[] {
  const bounded = (x: number): number => Math.min(most, Math.max(least, x));
  const sum = shares.reduce((a, b) => a + b, 0);
  // The bounds change the sum: find the scale at which the bounded shares add up.
  let [low, high] = [0, (2 * total) / Math.max(Number.MIN_VALUE, sum) + 1];
  while (shares.reduce((s, x) => s + bounded(x * high), 0) < total && high < 1e12) high *= 2;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (shares.reduce((s, x) => s + bounded(x * middle), 0) < total) low = middle;
    else high = middle;
  }
  const exact = shares.map((x) => bounded(x * high));
  const counts = exact.map((x) => Math.floor(x + 1e-9));
  const order = exact.map((x, i) => ({ i, rest: x - counts[i]! })).sort((a, b) => b.rest - a.rest || a.i - b.i);
  let left = total - counts.reduce((a, b) => a + b, 0);
  while (left > 0) {
    const before = left;
    for (const { i } of order) {
      if (left === 0 || counts[i]! >= most) continue;
      counts[i]!++;
      left--;
    }
    if (left === before) break;
  }
  return counts;
}

/**
 * PyramidKV (arXiv 2406.02069): budgets that fall linearly from the first layer to the last, their mean `keep`. The
 * formula of KVCache-Factory (`pyramidkv_utils.py`), which kvpress repeats: `window` positions are in addition, and
 * where the smallest budget would be below `floor` all layers get the same.
 */
export function pyramid(
  layers: number,
  tokens: number,
  keep: number,
  { window, beta, floor = window }: { window: number; beta: number; floor?: number },
): number[] {
  let least = keep / beta;
  let most = keep * 2 - least;
  if (most >= tokens - window) {
    most = tokens - window;
    least = keep * 2 - most;
  }
  if (!(tokens >= most && most >= least && least >= floor)) return uniform(layers, keep);
  const step = layers > 1 ? (most - least) / (layers - 1) : 0;
  return Array.from({ length: layers }, (_, layer) => Math.round(most - layer * step));
}

/**
 * Budgets by competition: the best `keep` × layers × heads of all positions of all layers, counted by layer (KVzip,
 * arXiv 2505.23416, section 3; AdaKV, arXiv 2407.11550, across heads). Each layer is sure of `guarantee` of an equal
 * share and gets at most `peak` times one. Heads of a layer share its budget equally: that is how blocks are stored.
 */
export function competing(
  scores: Scores,
  keep: number,
  { guarantee, peak }: { guarantee: number; peak: number },
): number[] {
  const all = Float64Array.from(scores.flatMap((heads) => heads.flatMap((head) => [...head]))).sort();
  const heads = scores[0]?.length ?? 1;
  const tokens = scores[0]?.[0]?.length ?? 0;
  const wanted = Math.min(all.length, keep * scores.length * heads);
  const threshold = all[all.length - wanted] ?? Number.NEGATIVE_INFINITY;
  const won = scores.map((layer) => layer.reduce((sum, head) => sum + countFrom(head, threshold), 0));
  const least = Math.min(keep, Math.ceil(guarantee * keep));
  const most = Math.max(keep, Math.min(tokens, Math.floor(peak * keep)));
  return apportion(won, keep * scores.length, least, most);
}

function countFrom(values: Scores[number][number], threshold: number): number {
  let count = 0;
  for (const value of values) if (value >= threshold) count++;
  return count;
}
