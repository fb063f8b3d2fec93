import type { Evidence } from '../../common/answers.ts';
import type { ChatTurn } from '../../common/chat.ts';

/** What the newest answer that has evidence looked at, heaviest first; undefined where there is none. */
export function lastEvidence(turns: readonly ChatTurn[]): { root: string; evidence: Evidence[] } | undefined {
  for (const { root, answers } of turns.toReversed()) {
    for (const { answer } of answers) {
      const evidence = answer?.evidence ?? [];
      if (evidence.length > 0) return { root, evidence: evidence.toSorted((a, b) => b.weight - a.weight) };
    }
  }
  return undefined;
}
