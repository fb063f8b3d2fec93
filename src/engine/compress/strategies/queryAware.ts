import { uniform } from '../budgets.ts';
import { everyHead, keepBest, ofHead } from '../scores.ts';
import type { Strategy } from '../strategy.ts';

/**
 * FS+Q, the seed paper's upper bound (arXiv 2503.04973, section 6): M0 with the examples and the very question that
 * will be asked as the probe. For evaluation only: a sheet made so answers one question, so it has no name that a task
 * or the command line could choose.
 */
export const queryAware = (question: string): Strategy => ({
  name: 'fs-q',
  source: 'arXiv 2503.04973, FS+Q',
  probe: ({ instruction, examples }) => ({
    rows: 'task',
    instruction,
    examples: [...examples, { question, answer: '' }],
  }),
  select: (view, keep) =>
    keepBest(
      everyHead(view, (layer, head) => ofHead(view.sums, view, layer, head)),
      uniform(view.layers, keep),
    ),
});
