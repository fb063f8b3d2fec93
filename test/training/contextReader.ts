import type { Sample } from '../../training/data/request.ts';

/** A definition as its card line tells it; read from rendered text alone, by other means than the maker's. */
export interface Card {
  names: string[];
  /** Name, parameters and return type. */
  signature: string;
  kind: string;
  path: string;
  doc: string;
  body: string;
}

/** A run of a file: one file line and what follows it. */
interface FileRun {
  path: string;
  names: string[];
  text: string;
}

export interface ReadContext {
  text: string;
  runs: FileRun[];
  cards: Card[];
}

/** Takes rendered segments apart. */
export function readContext({ segments }: Pick<Sample, 'segments'>): ReadContext {
  const text = segments.join('');
  const runs = text
    .split('<chunk>')
    .slice(1)
    .map((part): FileRun => {
      const line = part.slice(0, part.indexOf('\n'));
      const [path = '', names] = line.split(' defines ');
      return { path, names: names === undefined ? [] : names.split(', '), text: part.slice(line.length + 1) };
    });
  return { text, runs, cards: runs.flatMap(cardsOf) };
}

function cardsOf({ path, text }: FileRun): Card[] {
  const escaped = path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const card = new RegExp(`^# (.+?) - ([a-z][a-z ]*) in ${escaped}(?: - (.*))?$`, 'gm');
  const found = [...text.matchAll(card)];
  return found.map((match, i) => {
    const [, signature = '', kind = '', doc = ''] = match;
    const name = signature.split('(')[0]!.split(': ')[0]!;
    const body = text.slice(match.index + match[0].length + 1, found[i + 1]?.index ?? text.length);
    return { names: kind.endsWith(' part') ? [] : name.split(', '), signature, kind, path, doc, body };
  });
}

/** The card that alone defines a name. */
export function soleCard({ cards }: ReadContext, name: string): Card | undefined {
  const having = cards.filter(({ names }) => names.includes(name));
  return having.length === 1 ? having[0] : undefined;
}

/** The text below a card and below those of its further parts. */
export function bodyWithParts({ cards }: ReadContext, card: Card): string {
  const parts = cards.filter(
    ({ kind, path, signature }) => kind.endsWith(' part') && path === card.path && signature === card.names[0],
  );
  return [card, ...parts].map(({ body }) => body).join('');
}

/** Does `word` stand in `text`, not as a part of a longer identifier? */
export function standsIn(text: string, word: string): boolean {
  const escaped = word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(?<![\\w$])${escaped}(?![\\w$])`).test(text);
}

/**
 * What a question is about: the text that stands where a phrasing has its slot, without quotes, brackets and kind. A question may fit
 * several phrasings, so there may be several.
 */
export function slotsOf(question: string, phrasings: readonly string[]): string[] {
  return phrasings.flatMap((phrasing) => {
    const [before = '', after = ''] = phrasing.split(/\{[nNpdm]\}/);
    const escape = (part: string): string => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    const end = /[?.]$/.test(after) ? `${escape(after.slice(0, -1))}[?.]?` : escape(after);
    const match = new RegExp(`^${escape(before)}(.+?)${end}$`, 'is').exec(question);
    return match?.[1] === undefined ? [] : [match[1], bare(match[1])];
  });
}

function bare(slot: string): string {
  const unquoted = (text: string): string => /^(["'`])(.*)\1$/s.exec(text)?.[2] ?? text;
  const named = unquoted(slot.replace(/^the [a-z]+ (?=\S+$)/, ''));
  return named.replace(/\(\)$/, '');
}
