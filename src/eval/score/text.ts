/** Text as answers are compared: one line, lower case, without quotes and closing punctuation. */
export function normalised(text: string): string {
  return text
    .toLowerCase()
    .replace(/[`"'*]+/g, '')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/[.;:,!]+$/, '');
}

/** Without any white space, quotes and semicolons: for types and parameter lists. */
export const squeezed = (text: string): string => text.replace(/[\s`;]+/g, '').toLowerCase();

export const wordSet = (text: string): Set<string> => new Set(text.toLowerCase().match(/[\p{L}\p{N}_$]+/gu) ?? []);

/**
 * F1 between the words of an answer and those of a definition's documentation. An answer may put signature and place first, as cards do
 * (`name(…): type - function in src/a.ts - what it does`): then what stands behind them is judged, if that is better.
 */
export function statementF1(said: string, gold: string): number {
  const words = wordSet(gold);
  const behind = said.replace(/^.*? - [\p{L} ]+ in \S.*?\.\w+ - /su, '');
  return Math.max(setF1(wordSet(said), words), setF1(wordSet(behind), words));
}

/** Does an answer say that something has this type: the type alone, or a signature that ends with it? */
export function saysType(said: string, type: string): boolean {
  const [text, wanted] = [squeezed(said).replace(/\.$/, ''), squeezed(type)];
  return text === wanted || text.endsWith(`):${wanted}`);
}

/** Harmonic mean of precision and recall of two sets; 1 for two empty ones. */
export function setF1(said: ReadonlySet<string>, gold: ReadonlySet<string>): number {
  if (said.size === 0 && gold.size === 0) return 1;
  let common = 0;
  for (const item of said) if (gold.has(item)) common++;
  return (2 * common) / (said.size + gold.size);
}

/** Does an answer name a file? A model profile may shorten paths to their last parts, but two of them have to stand. */
export function namesPath(said: string, path: string): boolean {
  const named = said.match(/[\w.@+-]+(?:\/[\w.@+-]+)*\.[A-Za-z]+/g) ?? [];
  const parts = path.split('/').length;
  return named.some((n) => path === n || (path.endsWith(`/${n}`) && n.split('/').length >= Math.min(2, parts)));
}

/** Does `phrase` stand in `text` as whole words? */
export function hasPhrase(text: string, phrase: string): boolean {
  const escaped = phrase.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(?<![\\p{L}\\p{N}_$])${escaped}(?![\\p{L}\\p{N}_$])`, 'u').test(text);
}
