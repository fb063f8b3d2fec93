/**
 * Words of identifiers and prose as the index holds them. `parseHTTPUrl2`, `parse_http_url_2` and `parse-HTTP-url2`
 * give the same words, so a question finds a definition whatever style it is written in.
 */

/** Runs inside an identifier: plural acronyms (URLs), acronyms, words, numbers, and letters without case. */
const part =
  /\p{Lu}{2,}s(?![\p{Ll}\p{M}])|\p{Lu}+(?![\p{Ll}\p{M}])|\p{Lu}?[\p{Ll}\p{M}]+|\p{N}+|[\p{Lt}\p{Lm}\p{Lo}\p{M}]+/gu;
const token = /[\p{L}\p{N}\p{M}_$]+(?:-[\p{L}\p{N}\p{M}_$]+)*/gu;
/** Scripts that do not put spaces between words. */
const unspaced = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Thai}]/u;

/** Longer runs are data (hashes, base64), not words. */
const maxWordLength = 64;
/** An identifier with more parts than this is data as well: only the whole is kept. */
const maxParts = 16;

/**
 * The words of one identifier in lower case: `parseHTTPUrl2` → parse, http, url, 2. Everything but letters and digits
 * separates.
 */
export function splitIdentifier(identifier: string): string[] {
  return Array.from(identifier.matchAll(part), ([run]) => run.toLowerCase());
}

/** Source repeats its identifiers: what was split once need not be split again. A cache grows up to this size. */
const maxCached = 100_000;

/**
 * The terms of a text, in order and with repetitions: for each identifier its words, and the whole without separators
 * (`parsehttpurl2`) where there is more than one. Text in scripts without spaces becomes pairs of characters.
 * @param cache filled and used; share one between calls over one code base
 */
export function terms(text: string, cache = new Map<string, readonly string[]>()): string[] {
  const found: string[] = [];
  for (const run of text.match(token) ?? []) {
    let known = cache.get(run);
    if (!known) {
      known = termsOfRun(run);
      if (cache.size >= maxCached) cache.clear();
      cache.set(run, known);
    }
    found.push(...known);
  }
  return found;
}

function termsOfRun(run: string): string[] {
  const found: string[] = [];
  const pieces = run.split('-');
  for (const piece of pieces) addTerms(splitIdentifier(piece), found);
  if (pieces.length > 1) addWhole(splitIdentifier(run), found);
  return found;
}

function addTerms(parts: readonly string[], found: string[]): void {
  if (parts.length <= maxParts) {
    for (const word of parts) {
      if (unspaced.test(word)) found.push(...pairs(word));
      else if (word.length <= maxWordLength) found.push(word);
    }
  }
  if (parts.length > 1) addWhole(parts, found);
}

function addWhole(parts: readonly string[], found: string[]): void {
  const whole = parts.join('');
  if (whole.length <= maxWordLength) found.push(whole);
}

/** Overlapping pairs of characters: 全文検索 → 全文, 文検, 検索. */
function pairs(run: string): string[] {
  const characters = [...run];
  if (characters.length === 1) return characters;
  return characters.slice(1).map((character, index) => (characters[index] ?? '') + character);
}
