import { terms } from './identifiers.ts';

/** A word of a question that may be the name of a definition. */
export interface Mention {
  name: string;
  /** How surely the word is a name: 1 for what is written like code, less for plain words. */
  strength: number;
}

/** What the index is asked for a question. */
export interface Query {
  /** Distinct terms without stop words. */
  terms: string[];
  /** `terms` without the words in which questions about code are put (function, returns, parameters, …). */
  focus: string[];
  mentions: Mention[];
  /** What looks like a path or a file name. */
  paths: string[];
}

/** More terms than these make a search slow, not better: such a question is a pasted text. */
const maxTerms = 48;
const maxMentions = 12;
const maxCharacters = 4_000;

const words = (text: string): Set<string> => new Set(text.split(/\s+/u));
const stopWords = words(
  `a an and are as at be been by can could did do does for from give had has have here how i if in into is it its list
   me my of on or our please should show tell than that the their them there these they this those to us was we were
   what when where which who whom whose why will with would you your explain describe find`,
);
const questionWords = words(
  `argument arguments call called caller callers calls class classes code declared define defined defines definition
   definitions file files function functions implementation implemented located method methods param parameter
   parameters params purpose return returned returns signature take takes accept accepts type types use used uses work
   works`,
);

const dottedName = /[\p{L}_$][\p{L}\p{N}\p{M}_$]*(?:(?:\.|::|#|->)[\p{L}_$][\p{L}\p{N}\p{M}_$]*)*/gu;
const pathLike = /(?:[\w$@+()[\]-]|\.(?=[\w./\\-]))[\w$@+()[\].\\/-]*/gu;

/** Reads a question. Any string will do: what is no word is left out. */
export function parseQuestion(question: string): Query {
  const text = question.slice(0, maxCharacters);
  const all = [...new Set(terms(text))];
  const content = unlessEmpty(all, (word) => !stopWords.has(word));
  const focus = unlessEmpty(content, (word) => !questionWords.has(word));
  return {
    terms: content.slice(0, maxTerms),
    focus: focus.slice(0, maxTerms),
    mentions: findMentions(text, new Set(focus)),
    paths: findPathLike(text),
  };
}

/** The terms that pass, or all where none does. */
function unlessEmpty(found: string[], passes: (word: string) => boolean): string[] {
  const left = found.filter(passes);
  return left.length > 0 ? left : found;
}

/** An expression for FTS5 that any of `wanted` fulfils. Terms are quoted: none of them is read as an operator. */
export function matchExpression(wanted: readonly string[]): string {
  return wanted.map((term) => `"${term.replaceAll('"', '""')}"`).join(' OR ');
}

/** Names in the question, the surest first. A plain word counts the less, the more other words there are. */
function findMentions(text: string, focus: ReadonlySet<string>): Mention[] {
  const strengths = new Map<string, number>();
  for (const match of text.matchAll(dottedName)) {
    const [name] = match;
    const before = text[match.index - 1] ?? '';
    const after = text[match.index + name.length] ?? '';
    const isFirst = text.slice(0, match.index).trim() === '';
    const strength = strengthOf(name, before, after, isFirst, focus);
    if (strength > 0) strengths.set(name, Math.max(strength, strengths.get(name) ?? 0));
  }
  const mentions = Array.from(strengths, ([name, strength]) => ({ name, strength }));
  return mentions.sort((a, b) => b.strength - a.strength).slice(0, maxMentions);
}

function strengthOf(name: string, before: string, after: string, isFirst: boolean, focus: ReadonlySet<string>): number {
  const isQuoted = before === '`' && after === '`';
  if (isQuoted || after === '(' || isCodeLike(name)) return 1;
  const word = name.toLowerCase();
  if (!focus.has(word)) return 0;
  if (focus.size === 1) return 1;
  if (/^\p{Lu}/u.test(name) && !isFirst) return 0.6;
  return 0.5 / focus.size;
}

/** Owners, an inner capital, an underscore, a dollar sign or a digit after a letter. */
function isCodeLike(name: string): boolean {
  return /[._$:#>]|\p{Ll}\p{Lu}|\p{Lu}{2}\p{Ll}{2}|\p{L}\p{N}/u.test(name);
}

function findPathLike(text: string): string[] {
  const runs = Array.from(text.matchAll(pathLike), ([run]) => run.replace(/[.)\]]+$/u, ''));
  return [...new Set(runs.filter((run) => /[/\\]\w|\w\.\w+$/u.test(run)))].slice(0, maxMentions);
}
