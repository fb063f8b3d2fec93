/**
 * Indices of the `keep` largest scores, ascending. Of equal scores the earlier position wins, so the result is a
 * function of the scores alone.
 */
export function topPositions(scores: ArrayLike<number>, keep: number): Int32Array {
  const n = scores.length;
  if (keep >= n) return Int32Array.from({ length: n }, (_, i) => i);
  if (keep <= 0) return new Int32Array(0);
  // A numeric sort finds the threshold; sorting the indices by a comparison takes ten times as long.
  const threshold = Float64Array.from(scores).sort()[n - keep]!;
  let above = 0;
  for (let i = 0; i < n; i++) if (scores[i]! > threshold) above++;
  let equal = keep - above;
  const kept = new Int32Array(keep);
  for (let i = 0, at = 0; i < n && at < keep; i++) {
    const isKept = scores[i]! > threshold || (scores[i] === threshold && equal-- > 0);
    if (isKept) kept[at++] = i;
  }
  return kept;
}

/** Slots for a segment of `tokens` at a compression ratio: never none, so that no segment vanishes. */
export function keptCount(tokens: number, ratio: number): number {
  return Math.min(tokens, Math.max(1, Math.ceil(tokens / ratio)));
}
