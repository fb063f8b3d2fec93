import type { Draw } from './draw.ts';
import type { Asked } from './request.ts';

/** A question that can be asked; its wording is drawn when it is. */
type Candidate = () => Asked | undefined;

/** A kind of question, how often it is asked in proportion to others, and all that can be asked of it. */
export interface Pool {
  weight: number;
  candidates: Candidate[];
}

/** Makes a question that has an answer whatever the context holds; undefined where it does not come about. */
export type Maker = () => Asked | undefined;

/**
 * Draws up to `most` questions: kinds by their weights as long as they have candidates, each candidate once, and among them, with the given
 * shares, questions made on the spot (about what is not there, or beyond the model).
 */
export function drawQuestions(
  pools: readonly Pool[],
  onTheSpot: readonly { share: number; make: Maker }[],
  most: number,
  draw: Draw,
): Asked[] {
  const left = pools.map(({ weight, candidates }) => ({ weight, candidates: draw.shuffled(candidates) }));
  const asked: Asked[] = [];
  const seen = new Set<string>();
  const add = (one: Asked | undefined): void => {
    if (!one || seen.has(one.question)) return;
    seen.add(one.question);
    asked.push(one);
  };
  for (let tries = 0; asked.length < most && tries < 4 * most; tries++) {
    const made = draw.weighted(
      [...onTheSpot, { share: 1 - onTheSpot.reduce((sum, { share }) => sum + share, 0), make: undefined }],
      ({ share }) => share,
    );
    if (made?.make) {
      add(made.make());
      continue;
    }
    const pool = draw.weighted(left, ({ weight, candidates }) => (candidates.length > 0 ? weight : 0));
    if (!pool) break;
    add(pool.candidates.pop()!());
  }
  return asked;
}
