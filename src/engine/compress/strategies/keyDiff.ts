import { uniform } from '../budgets.ts';
import { everyHead, keepBest } from '../scores.ts';
import type { ProbeView, Scores, Strategy } from '../strategy.ts';

/** Less the cosine between a key and the mean of all normalised keys of its head: keys that stand apart stay. */
export function keyDifference(view: ProbeView): Scores {
  const kv = view.kv!;
  const { headSize: size, tokens } = kv;
  return everyHead(view, (layer, head) => {
    const keys = kv.keys(layer, head);
    const norms = new Float64Array(tokens);
    const anchor = new Float64Array(size);
    for (let t = 0; t < tokens; t++) {
      for (let i = 0; i < size; i++) norms[t]! += keys[t * size + i]! ** 2;
      norms[t] = Math.max(Math.sqrt(norms[t]!), 1e-12);
      for (let i = 0; i < size; i++) anchor[i]! += keys[t * size + i]! / norms[t]! / tokens;
    }
    const length = Math.max(Math.hypot(...anchor), 1e-12);
    return Float64Array.from({ length: tokens }, (_, t) => {
      let dot = 0;
      for (let i = 0; i < size; i++) dot += keys[t * size + i]! * anchor[i]!;
      return -dot / norms[t]! / length;
    });
  });
}

export const keyDiff: Strategy = {
  name: 'keydiff',
  source: 'KeyDiff, arXiv 2504.15364, as in kvpress 0.5',
  needs: ['kv'],
  probe: () => undefined,
  select: (view, keep) => keepBest(keyDifference(view), uniform(view.layers, keep)),
};
