/**
 * Holm's step-down correction (Scandinavian Journal of Statistics 6, 1979): the i-th smallest of m p-values times
 * m - i + 1, never below the one before, at most 1. In the order of `p`.
 */
export function holm(p: readonly number[]): number[] {
  const order = p.map((_, i) => i).sort((a, b) => p[a]! - p[b]! || a - b);
  const corrected = new Array<number>(p.length);
  let least = 0;
  order.forEach((index, rank) => {
    least = Math.max(least, Math.min(1, p[index]! * (p.length - rank)));
    corrected[index] = least;
  });
  return corrected;
}
