import type { Strategy } from '../strategy.ts';

/**
 * Drops nothing: all keys and values stay on disk, and each question fetches the positions that it looks at. What is
 * lost in other sheets for good is here left out for one question only. Context-intensive questions (extraction,
 * audits) need that: YAKV (arXiv 2604.08426).
 */
export const offload: Strategy = {
  name: 'offload',
  source: 'arXiv 2604.08426 (YAKV)',
  staysOnDisk: true,
  probe: () => undefined,
  select: ({ layers, kvHeads, tokens }) => {
    const all = Int32Array.from({ length: tokens }, (_, i) => i);
    return Array.from({ length: layers }, () => Array.from({ length: kvHeads }, () => all));
  },
};
