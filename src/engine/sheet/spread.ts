import { keptCount } from '../compress/select.ts';
import type { Segment } from '../corpus/types.ts';
import { structuralWeights } from './weight.ts';

/** Half octaves by which a segment may differ from an equal share, up or down: a half to two times. */
const MOST_STEPS = 2;
/** The correction that keeps the size of the sheet goes by eighths of an octave. */
const CORRECTION_STEP = 2 ** (1 / 8);

/**
 * A sheet's positions by size × structural weight: source tokens per kept position for every segment, in all no more
 * positions than `ratio` gives. A segment's weight counts against the median of those that have one (by tokens), in half octaves, at most one
 * octave up or down; no segment gets less than a quarter of an equal share, nor less than one position. Ratios come from
 * a ladder, since they are part of a block's key: an edit elsewhere may change the weight of a segment by a hair.
 * @throws CribsheetError `cancelled`
 */
export async function weightedRatios(
  segments: readonly Segment[],
  ratio: number,
  signal?: AbortSignal,
): Promise<number[]> {
  const weights = await structuralWeights(segments, signal);
  const median = weightedMedian(
    weights,
    segments.map((s) => s.tokens),
  );
  const steps = weights.map((weight) => {
    if (median === 0) return 0;
    const octaves = weight === 0 ? -MOST_STEPS : 2 * Math.log2(weight / median);
    return Math.max(-MOST_STEPS, Math.min(MOST_STEPS, Math.round(octaves)));
  });
  const wanted = segments.reduce((sum, { tokens }) => sum + keptCount(tokens, ratio), 0);
  // Ends: with a correction of one octave no segment gets more than an equal share.
  for (let correction = 1; ; correction *= CORRECTION_STEP) {
    const ratios = steps.map((step) => Math.max(1, ratio * correction * 2 ** (-step / 2)));
    const taken = segments.reduce((sum, { tokens }, i) => sum + keptCount(tokens, ratios[i]!), 0);
    if (taken <= wanted || correction > 2 * CORRECTION_STEP) return ratios;
  }
}

/** Of the values above 0, the one below which half of their counts lie; 0 where there is none. */
function weightedMedian(values: readonly number[], counts: readonly number[]): number {
  const order = [...values.keys()].filter((i) => values[i]! > 0).sort((a, b) => values[a]! - values[b]!);
  const half = order.reduce((sum, i) => sum + counts[i]!, 0) / 2;
  let below = 0;
  for (const i of order) {
    below += counts[i]!;
    if (below >= half) return values[i]!;
  }
  return 0;
}
