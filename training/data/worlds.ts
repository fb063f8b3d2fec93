import type { Asked } from './request.ts';
import type { WorkChunk } from './select.ts';

/** A question about made-up chunks: it can be asked where all of those that its answer rests on stand in the context. */
export interface WorldFact {
  weight: number;
  needs: readonly WorkChunk[];
  /** `order` sorts chunks as they stand in the context; undefined where there is no one answer. */
  ask: (order: (a: WorkChunk, b: WorkChunk) => number) => Asked | undefined;
}

/** A made-up corpus with the questions that it answers. */
export interface World {
  chunks: WorkChunk[];
  facts: WorldFact[];
  /** A question about something that is close to what the world holds, but is not in it. */
  absent: () => Asked;
  /** Entities that open questions may name. */
  names: string[];
}

/** Most entries of an answer that lists. */
export const mostAnswers = 5;
