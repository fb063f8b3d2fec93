import { competing } from '../budgets.ts';
import { everyHead, keepBest, ofHead, withSinks } from '../scores.ts';
import type { ProbeView, Scores, Strategy } from '../strategy.ts';

const SINKS = 4;
const PEAK = 3;

/** The largest weight that any repeated token, in any query head of the group, gives a position. */
export function reconstructionScore(view: ProbeView): Scores {
  return everyHead(view, (layer, head) => Float64Array.from(ofHead(view.maxima, view, layer, head)));
}

/**
 * KVzip (arXiv 2505.23416): the model is made to say the segment again, and what it looks at for that is kept. Layers
 * compete for the whole budget; heads of a layer share theirs equally, where the original lets them compete as well:
 * blocks store the same number of positions in every head of a layer.
 */
export const kvzip: Strategy = {
  name: 'kvzip',
  source: 'KVzip, arXiv 2505.23416, section 3; score as in kvpress 0.5',
  needs: ['stats'],
  peak: PEAK,
  probe: () => ({ rows: 'repeat', instruction: 'Repeat the previous context exactly.' }),
  select: (view, keep) => {
    const scores = withSinks(reconstructionScore(view), SINKS, keep);
    return keepBest(scores, competing(scores, keep, { guarantee: 0.1, peak: PEAK }));
  },
};
