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
