import type { Breath } from '../../breath.ts';
import { topPositions } from '../../compress/select.ts';

/** Scores that are gone through at a time: some milliseconds. */
const SLICE = 1 << 15;

/**
 * `topPositions` that lets others in: the best of a slice and of what was best before it, slice by slice.
 * @throws CribsheetError `cancelled`
 */
export async function topInSlices(
  scores: Float64Array,
  keep: number,
  breath: Breath,
  slice = SLICE,
): Promise<Int32Array> {
  let best = new Int32Array(0);
  for (let from = 0; from < scores.length; from += slice) {
    await breath.take();
    const candidates = new Int32Array(best.length + Math.min(slice, scores.length - from));
    candidates.set(best);
    for (let at = best.length; at < candidates.length; at++) candidates[at] = from + at - best.length;
    const own = Float64Array.from(candidates, (position) => scores[position]!);
    best = topPositions(own, keep).map((at) => candidates[at]!);
  }
  return best;
}
