import { codeKind } from '../../src/engine/corpus/naming.ts';
import type { Maker, Pool } from './asking.ts';
import { notHere } from './askDefinitions.ts';
import { absentName } from './askAbsent.ts';
import type { Draw } from './draw.ts';
import type { Definition, Facts } from './facts.ts';
import { findingNames, findings, findingsIn, noFindings, type Finding } from './findings.ts';
import type { Package } from './packages.ts';
import { findPhrasings, reviewPhrasings } from './reviewPhrasings.ts';
import type { Asked } from './request.ts';
import { worded } from './wording.ts';

const mostFound = 4;
/** A defective chunk is asked about so often, in other words each time: most chunks have none. */
const repeats = 3;

/** Questions about planted defects. What a chunk had before is asked about by nobody. */
export function reviewPools(facts: Facts, draw: Draw): Pool[] {
  const judged = facts.definitions.filter((one) => isJudged(one, facts));
  const bad = judged.filter(({ chunk }) => chunk.finding !== undefined);
  const good = judged.filter(({ chunk }) => chunk.finding === undefined);
  // What looks like a defect says more than what does not.
  const telling = [
    ...good.filter(({ chunk }) => chunk.lookAlike),
    ...draw.shuffled(good.filter(({ chunk }) => !chunk.lookAlike)),
  ];
  const asBad = bad.flatMap((one) => Array.from({ length: repeats }, () => one));
  // As often as the defective ones, though there may be fewer of them: a review must not be a defect by default.
  const asGood = Array.from({ length: Math.max(2, asBad.length) }, (_, i) => telling[i % telling.length]).filter(
    (one) => one !== undefined,
  );
  return [
    { weight: 5, candidates: asBad.map((one) => () => askReview(one, one.chunk.finding!, draw)) },
    { weight: 6, candidates: asGood.map((one) => () => askReview(one, noFindings, draw)) },
    { weight: 4, candidates: findCandidates(facts, judged, draw) },
  ];
}

function askReview({ name, kind }: Definition, answer: string, draw: Draw): Asked {
  return { kind: 'review', question: worded(draw.pick(reviewPhrasings), { n: name, kind }, draw), answer };
}

/** Is the one thing to say about it what was planted, or nothing? */
function isJudged({ name, chunk, body }: Definition, { context }: Facts): boolean {
  if (!/^(?:function|method|constructor|class)$/.test(chunk.kind)) return false;
  const found = findingsIn(body);
  const expected = chunk.finding === undefined ? 0 : 1;
  if (found.length !== expected || (expected === 1 && found[0] !== chunk.finding)) return false;
  // Statements after it have no card of their own: they read as if they were a part of it.
  const place = context.chunks.findIndex((other) => other.chunk === chunk);
  const after = context.chunks.slice(place + 1).findIndex((other) => other.chunk.kind !== codeKind);
  const loose = context.chunks.slice(place + 1, after < 0 ? undefined : place + 1 + after);
  if (loose.some((other) => findingsIn(other.body).length > 0)) return false;
  return context.chunks.every(
    (other) => other.chunk === chunk || other.chunk.name !== name || findingsIn(other.body).length === 0,
  );
}

function findCandidates({ text }: Facts, judged: readonly Definition[], draw: Draw): Pool['candidates'] {
  return findingNames.flatMap((finding) => {
    const having = judged.filter(({ chunk }) => chunk.finding === finding);
    if (timesIn(text, finding) !== having.reduce((sum, { body }) => sum + timesIn(body, finding), 0)) return [];
    if (having.length > mostFound) return [];
    const answer = having.length > 0 ? having.map(({ name }) => name).join(', ') : noFindings;
    // Most defects are in no chunk of a context: that answer must not be the safe guess.
    if (having.length === 0 && !draw.chance(0.25)) return [];
    const ask = (): Asked => ({ kind: 'find', question: worded(draw.pick(findPhrasings[finding]), {}, draw), answer });
    return having.length > 0 ? [ask, ask] : [ask];
  });
}

function timesIn(text: string, finding: Finding): number {
  const pattern = findings[finding];
  return [...text.matchAll(new RegExp(pattern.source, `${pattern.flags}g`))].length;
}

/** A review of what the context does not hold. */
export function reviewAbsent(facts: Facts, packages: readonly Package[], draw: Draw): Maker {
  const present = facts.definitions.map(({ name }) => name);
  return () => {
    const name = absentName(facts.words, present, packages, draw);
    if (name === undefined) return undefined;
    return {
      kind: 'absent',
      question: worded(draw.pick(reviewPhrasings), { n: name, kind: 'function' }, draw),
      answer: notHere,
    };
  };
}
