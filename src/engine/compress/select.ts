/**
 * Indices of the `keep` largest scores, ascending. Of equal scores the earlier position wins, so the result is a
 * function of the scores alone.
 */
export function topPositions(scores: ArrayLike<number>, keep: number): Int32Array {
  const n = scores.length;
  if (keep >= n) return Int32Array.from({ length: n }, (_, i) => i);
  const order = Int32Array.from({ length: n }, (_, i) => i);
  order.sort((a, b) => scores[b]! - scores[a]! || a - b);
  return order.slice(0, Math.max(0, keep)).sort();
}

/** Slots for a segment of `tokens` at a compression ratio: never none, so that no segment vanishes. */
export function keptCount(tokens: number, ratio: number): number {
  return Math.min(tokens, Math.max(1, Math.ceil(tokens / ratio)));
}
