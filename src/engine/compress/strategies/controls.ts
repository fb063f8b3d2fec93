import { topPositions } from '../select.ts';
import type { KeptPositions, ProbeView, Strategy } from '../strategy.ts';

const everyHead = ({ layers, kvHeads }: ProbeView, choose: () => Int32Array): KeptPositions =>
  Array.from({ length: layers }, () => Array.from({ length: kvHeads }, choose));

/** Control: positions drawn at random, for each head anew. What a strategy does not beat, it does not know. */
export const randomPositions: Strategy = {
  name: 'random',
  source: 'control',
  probe: () => undefined,
  select: (view, keep) =>
    everyHead(view, () => topPositions(Float64Array.from({ length: view.tokens }, view.random), keep)),
};

/**
 * The first four positions of a segment and its last ones: StreamingLLM's sinks and window (arXiv 2309.17453), which
 * is also the control `recent`.
 */
export const startAndRecent = (name: 'recent' | 'streaming-llm'): Strategy => ({
  name,
  source: 'arXiv 2309.17453 (StreamingLLM), applied to each segment',
  probe: () => undefined,
  select: (view, keep) => {
    const start = Math.min(4, keep);
    const recent = view.tokens - (keep - start);
    const kept = Int32Array.from({ length: keep }, (_, i) => (i < start ? i : recent + i - start));
    return everyHead(view, () => kept);
  },
});
