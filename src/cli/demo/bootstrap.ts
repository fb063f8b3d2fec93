/** Mean of paired differences with a percentile bootstrap interval. */
export interface PairedInterval {
  mean: number;
  low: number;
  high: number;
}

const RESAMPLES = 4_000;

/**
 * Paired bootstrap: resamples questions with replacement and takes the 2.5 % and 97.5 % points of the mean difference.
 * @param a @param b outcomes of the same questions under two modes
 */
export function pairedInterval(a: readonly boolean[], b: readonly boolean[], random: () => number): PairedInterval {
  const differences = a.map((x, i) => Number(x) - Number(b[i]));
  const n = differences.length;
  if (n === 0) return { mean: 0, low: 0, high: 0 };
  const mean = differences.reduce((s, d) => s + d, 0) / n;
  const means = Array.from({ length: RESAMPLES }, () => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += differences[Math.floor(random() * n)]!;
    return sum / n;
  }).sort((x, y) => x - y);
  return { mean, low: means[Math.floor(0.025 * RESAMPLES)]!, high: means[Math.ceil(0.975 * RESAMPLES) - 1]! };
}
