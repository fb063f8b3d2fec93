import { phrasings, type CodeKind } from '../../training/data/phrasings.ts';
import { needlePhrasings } from '../../training/data/needles.ts';
import { reviewPhrasings } from '../../training/data/reviewPhrasings.ts';
import type { Asked, Sample } from '../../training/data/request.ts';
import {
  bodyWithParts,
  readContext,
  slotsOf,
  soleCard,
  standsIn,
  type Card,
  type ReadContext,
} from './contextReader.ts';
import { defectPatterns } from './defectPatterns.ts';

const notHere = 'Not in this workspace';

/** The questions of a sample about code whose answers its text does not bear out. */
export function wrongIn(sample: Sample): string[] {
  const context = readContext(sample);
  const wrong = sample.questions.filter((asked) => !isRight(asked, context, context.cards.length > 0, sample));
  return wrong.map(({ kind, question, answer }) => `${sample.seed} ${kind}: ${question} -> ${answer}`);
}

function isRight(asked: Asked, context: ReadContext, cards: boolean, { names, family }: Sample): boolean {
  const { kind, question, answer } = asked;
  if (kind === 'beyond') return answer === 'Beyond this model';
  if (kind === 'absent') return answer === notHere && isAbsent(question, context, family);
  if (kind === 'review')
    return slotsOf(question, reviewPhrasings).some((name) => isReviewed(name, answer, context, cards));
  if (kind === 'find') return isFound(answer, context, cards, names);
  if (kind === 'needle') return isNeedle(question, answer, context.text);
  if (kind.startsWith('no ')) return isNothing(asked, context);
  const slots = slotsOf(question, phrasings[kind as CodeKind]).flatMap((slot) => [slot, slot.split('.').at(-1)!]);
  return slots.some((slot) =>
    cards ? byCards(kind as CodeKind, slot, answer, context) : byText(kind as CodeKind, slot, answer, context),
  );
}

/** "No documentation" and the like: the thing is there, and what was asked for is not. */
function isNothing({ kind, question, answer }: Asked, context: ReadContext): boolean {
  const base = kind.slice('no '.length) as 'returns' | 'documentation' | 'callers';
  const slots = slotsOf(question, phrasings[base]).flatMap((slot) => [slot, slot.split('.').at(-1)!]);
  return slots.some((slot) => {
    const card = soleCard(context, slot);
    if (!card) return false;
    if (base === 'returns') return answer === 'No declared type' && card.signature.endsWith(')');
    if (base === 'documentation') return answer === 'No documentation' && card.doc === '';
    return answer === 'No callers' && context.cards.every((one) => one === card || !calls(one.body, slot));
  });
}

function byCards(kind: CodeKind, slot: string, answer: string, context: ReadContext): boolean {
  const card = soleCard(context, slot);
  const runs = context.runs.filter(({ path }) => path === slot || path.endsWith(`/${slot}`));
  const oneFile = new Set(runs.map(({ path }) => path)).size === 1;
  const said = answer.split(', ');
  switch (kind) {
    case 'where':
      return card !== undefined && answer === `${card.kind} in ${card.path}`;
    case 'exists':
      return card !== undefined && answer === `Yes, ${card.kind} in ${card.path}`;
    case 'signature':
      return card?.signature === answer;
    case 'returns':
      return card?.signature.endsWith(`: ${answer}`) === true;
    case 'documentation':
      return card?.doc === answer;
    case 'reverse documentation':
      return soleCard(context, answer)?.doc.toLowerCase() === slot.toLowerCase();
    case 'members':
      return card !== undefined && areMembers(said, card, context);
    case 'count members':
      return card !== undefined && Number(answer) > 0;
    case 'listing':
      return oneFile && answer === [...new Set(runs.flatMap(({ names }) => names))].join(', ');
    case 'count definitions':
      return oneFile && Number(answer) === new Set(runs.flatMap(({ names }) => names)).size;
    case 'count functions':
      return (
        oneFile &&
        Number(answer) === context.cards.filter((one) => one.kind === 'function' && one.path === runs[0]?.path).length
      );
    case 'callers':
    case 'caller file':
      return card !== undefined && areCallers(slot, kind === 'callers' ? said : undefined, answer, card, context);
    case 'callees':
      return (
        card !== undefined &&
        said.every((name) => calls(bodyWithParts(context, card), name) && soleCard(context, name) !== undefined)
      );
    case 'two-hop where':
    case 'two-hop returns':
    case 'two-hop documentation':
    case 'two-hop signature':
      return card !== undefined && isHop(kind, card, answer, context);
    default:
      return byText(kind, slot, answer, context);
  }
}

function areMembers(said: readonly string[], card: Card, { cards }: ReadContext): boolean {
  const near = cards.filter((one) => one.path === card.path).flatMap((one) => one.names);
  return said.every((name) => near.includes(name)) || said.every((name) => standsIn(card.body, name));
}

function calls(body: string, name: string): boolean {
  return new RegExp(`(?<![\\w$])${name.replaceAll('$', '\\$')}(?:<[^()]*>)?!?\\s*\\(`).test(body);
}

function areCallers(
  name: string,
  said: readonly string[] | undefined,
  path: string,
  own: Card,
  { cards }: ReadContext,
): boolean {
  const callers = cards.filter((one) => one !== own && calls(one.body, name));
  // A further part of the definition may call it again, or hold its own line where a comment takes the first part.
  const isPart = (one: Card): boolean =>
    one.kind.endsWith(' part') && one.path === own.path && one.signature === own.names[0];
  if (said === undefined) return callers.some((one) => one.path === path);
  // Every card whose text calls the name is among those said, or a part of one of them (or of the class that holds the definition).
  const theirs = (one: Card): string => one.signature.split('(')[0]!.split(': ')[0]!;
  return (
    said.every((caller) => callers.some((one) => theirs(one) === caller)) &&
    callers.every((one) => said.includes(theirs(one)) || isPart(one) || isOwner(one, own))
  );
}

function isOwner(one: Card, own: Card): boolean {
  return one.path === own.path && (own.kind === 'class' || one.kind === 'class');
}

function isHop(kind: CodeKind, from: Card, answer: string, context: ReadContext): boolean {
  const body = bodyWithParts(context, from);
  const targets = context.cards.filter((one) => one !== from && one.names.some((name) => calls(body, name)));
  return targets.some((to) => {
    if (kind === 'two-hop where') return to.path === answer;
    if (kind === 'two-hop returns') return to.signature.endsWith(`: ${answer}`);
    return kind === 'two-hop signature' ? to.signature === answer : to.doc === answer;
  });
}

/** Without cards the answer must stand in the code itself. */
function byText(kind: CodeKind, slot: string, answer: string, { runs, text }: ReadContext): boolean {
  const squeezed = (part: string): string => part.replace(/\s+/g, '');
  const holding = runs.filter((run) => standsIn(run.text, slot));
  switch (kind) {
    case 'where':
    case 'exists':
      return holding.some((run) => answer.endsWith(` in ${run.path}`));
    case 'signature':
    case 'returns':
    case 'documentation':
      return holding.some((run) => squeezed(run.text).includes(squeezed(answer)));
    case 'reverse documentation':
      return runs.some(
        (run) => standsIn(run.text, answer) && squeezed(run.text).toLowerCase().includes(squeezed(slot).toLowerCase()),
      );
    case 'imports':
      return areImports(
        answer.split(', '),
        runs.filter((run) => run.path.endsWith(slot)),
      );
    case 'importer':
      return runs.some((run) => run.path === answer && run.text.includes(slot));
    case 'callers':
      return answer.split(', ').every((name) => runs.some((run) => standsIn(run.text, name) && calls(run.text, slot)));
    case 'caller file':
      return runs.some((run) => run.path === answer && calls(run.text, slot));
    case 'callees':
      return answer.split(', ').every((name) => holding.some((run) => calls(run.text, name)) && standsIn(text, name));
    case 'two-hop where':
      return holding.length > 0 && runs.some((run) => run.path === answer);
    default:
      return false;
  }
}

/** Each stands in the file, on a line of its own or after the one before it. */
function areImports(modules: readonly string[], runs: readonly { text: string }[]): boolean {
  const text = runs.map((run) => run.text).join('\n');
  // Further up the word may stand in a comment.
  let from = 0;
  return modules.every((module) => {
    const name = new RegExp(`(?<![\\w./@-])${module.replace(/[^\w]/g, '\\$&')}(?![\\w/-])`);
    const place = text.slice(from).search(name);
    from += Math.max(0, place);
    return place >= 0;
  });
}

/** Names of definitions, files, descriptions and modules that a question may be about stand nowhere. */
function isAbsent(question: string, { text, runs }: ReadContext, family: Sample['family']): boolean {
  if (family === 'needles') return isAbsentNeedle(question, text);
  const all = family === 'review' ? [...reviewPhrasings] : Object.values(phrasings).flat();
  const slots = slotsOf(question, all);
  const last = (slot: string): string => slot.split(' ').at(-1)!;
  const known = (slot: string): boolean =>
    /^\S+$/.test(last(slot)) &&
    (standsIn(text, slot) || runs.some(({ path }) => path === slot || path.endsWith(`/${slot}`)));
  return slots.length > 0 && !slots.some(known);
}

function subjectsIn(question: string): string[] {
  const about = needlePhrasings.map((phrasing) => phrasing.replace('{a}', attributeIn(question)).replace('{s}', '{n}'));
  return slotsOf(question, about);
}

/** One comment says it. */
function isNeedle(question: string, answer: string, text: string): boolean {
  const attribute = attributeIn(question);
  const lines = text.split('\n').filter((line) => /^\s*(?:#|\/\/)/.test(line) && line.includes(attribute));
  return subjectsIn(question).some((subject) => {
    const about = lines.filter(
      (line) => line.includes(`${subject} `) || line.includes(`${subject},`) || line.includes(`${subject}:`),
    );
    return about.length === 1 && standsIn(about[0]!, answer);
  });
}

/** Nothing is said about the thing that the question names. */
function isAbsentNeedle(question: string, text: string): boolean {
  return subjectsIn(question).some((subject) => !text.includes(subject));
}

const attributeIn = (question: string): string =>
  /access code|\w+ number|phone extension|door code|pass phrase|code word|call sign|nickname/.exec(question)?.[0] ?? '';

function isReviewed(name: string, answer: string, context: ReadContext, cards: boolean): boolean {
  const last = name.split('.').at(-1)!;
  const card = soleCard(context, last);
  const bodies = cards
    ? card
      ? [bodyWithParts(context, card)]
      : []
    : context.runs.filter((run) => standsIn(run.text, last)).map((run) => run.text);
  if (answer !== 'No findings') return bodies.some((body) => defectPatterns[answer]?.test(body));
  return bodies.some((body) => Object.values(defectPatterns).every((pattern) => !pattern.test(body)));
}

function isFound(answer: string, context: ReadContext, cards: boolean, names: readonly string[]): boolean {
  if (answer === 'No findings') return true;
  return answer.split(', ').every((name) => {
    const card = soleCard(context, name);
    const body = !cards ? context.text : card && bodyWithParts(context, card);
    return (
      names.includes(name) && body !== undefined && Object.values(defectPatterns).some((pattern) => pattern.test(body))
    );
  });
}
