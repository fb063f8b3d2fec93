/**
 * What a job shows of `of` things after it has been resumed: the worker counts from the beginning again, quickly, and what was shown before
 * stays until it is reached. Where there are fewer things than before, it is the same share of them.
 */
export function shownCount(count: number, of: number, before: { count: number; of: number }): number {
  const share = before.of > 0 ? before.count / before.of : 0;
  return Math.max(count, Math.min(before.count, Math.round(share * of)));
}
