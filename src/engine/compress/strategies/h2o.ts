import { uniform } from '../budgets.ts';
import { everyHead, keepBest, ofHead } from '../scores.ts';
import type { ProbeView, Scores, Strategy } from '../strategy.ts';

/** Share of what is kept that goes to the segment's last positions, as in the paper. */
const RECENT = 0.5;

/** Mean attention of all later tokens of the segment, over the query heads of a group (kvpress: ObservedAttention). */
export function observedAttention(view: ProbeView): Scores {
  const { tokens } = view;
  const group = view.heads / view.kvHeads;
  return everyHead(view, (layer, head) =>
    Float64Array.from(ofHead(view.sums, view, layer, head), (sum, i) => sum / (tokens - i) / group),
  );
}

/**
 * H2O (arXiv 2306.14048): half of what is kept are heavy hitters, half the most recent positions. The heavy hitters
 * are chosen once, after the segment, and by the mean over the rows that see a position: a plain sum favours the start.
 */
export const h2o: Strategy = {
  name: 'h2o',
  source: 'H2O, arXiv 2306.14048; score as in kvpress 0.5',
  probe: () => ({ rows: 'own', skip: 0 }),
  select: (view, keep) => {
    const scores = observedAttention(view);
    const recent = Math.floor(keep * RECENT);
    for (const head of scores.flat()) head.fill(Number.POSITIVE_INFINITY, view.tokens - recent);
    return keepBest(scores, uniform(view.layers, keep));
  },
};
