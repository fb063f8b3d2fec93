/** A mean with its percentile interval. */
export interface Interval {
  mean: number;
  low: number;
  high: number;
}

export interface BootstrapResult extends Interval {
  /** Two-sided: twice the smaller share of resamples on either side of 0, at least 2 / (resamples + 1). */
  p: number;
}

const RESAMPLES = 4_000;

/** Sum of as many members as there are, drawn with replacement. */
function drawnSum(values: readonly number[], random: () => number): number {
  let sum = 0;
  for (let left = values.length; left > 0; left--) sum += values[Math.floor(random() * values.length)]!;
  return sum;
}

/**
 * Bootstrap of a mean over clusters and their members (questions of a corpus stand or fall together): resamples
 * clusters with replacement, then in each drawn cluster its members, and takes the 2.5 % and 97.5 % points (Efron and
 * Tibshirani 1993, chapters 13 and 16; two-stage as in Davison and Hinkley 1997, section 3.8). Differences of paired
 * outcomes make it a paired bootstrap. A cluster of one member is drawn without a second draw, so that clusters of one
 * are the plain bootstrap.
 * @param random numbers in [0, 1), seeded by the caller
 */
export function bootstrapMean(
  clusters: readonly (readonly number[])[],
  random: () => number,
  resamples = RESAMPLES,
): BootstrapResult {
  const filled = clusters.filter((c) => c.length > 0);
  const n = filled.length;
  if (n === 0) return { mean: 0, low: 0, high: 0, p: 1 };
  let [total, count] = [0, 0];
  for (const cluster of filled) {
    count += cluster.length;
    for (const value of cluster) total += value;
  }
  const means = new Float64Array(resamples);
  let [below, above] = [0, 0];
  for (let r = 0; r < resamples; r++) {
    let [sum, size] = [0, 0];
    for (let i = 0; i < n; i++) {
      const cluster = filled[Math.floor(random() * n)]!;
      size += cluster.length;
      if (cluster.length === 1) sum += cluster[0]!;
      else sum += drawnSum(cluster, random);
    }
    const mean = sum / size;
    means[r] = mean;
    if (mean <= 0) below++;
    if (mean >= 0) above++;
  }
  means.sort();
  const p = Math.min(1, (2 * (Math.min(below, above) + 1)) / (resamples + 1));
  const low = means[Math.floor(0.025 * resamples)]!;
  const high = means[Math.ceil(0.975 * resamples) - 1]!;
  return { mean: total / count, low, high, p };
}
