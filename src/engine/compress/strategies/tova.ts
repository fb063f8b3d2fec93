import { uniform } from '../budgets.ts';
import { everyHead, keepBest, padded } from '../scores.ts';
import type { ProbeView, Scores, Strategy } from '../strategy.ts';

/** The last token's attention, mean over all heads; the last token stays. One set for a layer. */
export function tovaScore(view: ProbeView): Scores {
  const { tokens, columns = tokens, kvHeads } = view;
  const layers = view.sums!.map((sums) => {
    const mean = new Float64Array(columns);
    for (let h = 0; h < kvHeads; h++) for (let i = 0; i < columns; i++) mean[i]! += sums[h * columns + i]! / view.heads;
    return padded(mean, tokens, Number.POSITIVE_INFINITY);
  });
  return everyHead(view, (layer) => layers[layer]!);
}

export const tova: Strategy = {
  name: 'tova',
  source: 'TOVA, arXiv 2401.06104, as in kvpress 0.5',
  probe: () => ({ rows: 'tail', count: 1 }),
  select: (view, keep) => keepBest(tovaScore(view), uniform(view.layers, keep)),
};
