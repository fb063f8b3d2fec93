import type { Draw } from './draw.ts';
import { identifiers, isFreeName, styleOf, type NameStyle } from './names.ts';

/** Words that languages use themselves: no definition is called so. */
const keywords = new Set(
  (
    'abstract and any are assert await break case catch chan continue declare def del does done elif else ensure enum except extends extern fallthrough final finally ' +
    'fn for from func get global goto impl implements import in instanceof into is keyof lambda loop match mod module move mut namespace native nil nonlocal not ' +
    'of operator or out override package pass pub raise range readonly ref register require return select self sizeof switch synchronized template ' +
    'then throw throws transient try typeof unless unsafe until unwrap use using virtual void volatile when where while with yield'
  ).split(' '),
);
const longest = 12;

/**
 * Single words of the texts that name nothing defined there and are called nowhere, by style. As names they are what retrieval and sheets
 * are hard on: real code calls its functions `fire`, `event` and `count`, and such words stand everywhere.
 */
export function plainWords(texts: readonly string[], defined: ReadonlySet<string>): Map<NameStyle, string[]> {
  const called = new Set<string>();
  const found = new Set<string>();
  for (const text of texts) {
    for (const [word, parenthesis] of text.matchAll(calls)) {
      const name = parenthesis === '' ? word : word.slice(0, -parenthesis!.length).trimEnd();
      if (parenthesis === '') found.add(name);
      else called.add(name);
    }
  }
  const fitting = [...found].filter((word) => {
    const style = styleOf(word);
    return (
      (style === 'lower' || style === 'pascal') &&
      /^[A-Z]?[a-z]+$/.test(word) &&
      word.length <= longest &&
      isFreeName(word) &&
      !keywords.has(word.toLowerCase()) &&
      !defined.has(word) &&
      !called.has(word)
    );
  });
  return Map.groupBy(fitting, styleOf);
}

/** Identifiers, and whether they are called. */
const calls = new RegExp(`(?:${identifiers.source})((?:\\s?[(<\`])?)`, 'g');

/** A word made of one to three pieces: copying has to work with every token, not only with those that source code often has. */
export function oddWord(pieces: readonly string[], draw: Pick<Draw, 'int' | 'pick'>): string {
  return Array.from({ length: draw.int(1, 3) }, () => draw.pick(pieces)).join('');
}
