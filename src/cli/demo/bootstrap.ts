import { bootstrapMean, type Interval } from '../../eval/stats/bootstrap.ts';

/** Mean of paired differences with a percentile bootstrap interval. */
export type PairedInterval = Interval;

/**
 * Paired bootstrap: resamples questions with replacement and takes the 2.5 % and 97.5 % points of the mean difference.
 * @param a @param b outcomes of the same questions under two modes
 */
export function pairedInterval(a: readonly boolean[], b: readonly boolean[], random: () => number): PairedInterval {
  const { mean, low, high } = bootstrapMean(
    a.map((x, i) => [Number(x) - Number(b[i])]),
    random,
  );
  return { mean, low, high };
}
