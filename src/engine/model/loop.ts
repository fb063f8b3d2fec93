/** Longest period that is looked for: a line of a listing, a short sentence. */
const LONGEST_PERIOD = 24;
/** As many tokens must repeat, and as many times: tables and rows of zeros repeat as well, but not for so long. */
const LEAST_TOKENS = 32;
const LEAST_TIMES = 4;

/**
 * Does the end of what was said repeat itself over and over? Greedy decoding of a small model, once in such a loop, does
 * not leave it (Holtzman et al., arXiv 1904.09751, section 3), and says the same until the longest answer is reached.
 */
export function isLooping(tokens: readonly number[]): boolean {
  for (let period = 1; period <= LONGEST_PERIOD; period++) {
    const needed = Math.max(LEAST_TOKENS, LEAST_TIMES * period);
    if (tokens.length < needed) return false;
    let same = 0;
    while (same < needed - period && tokens.at(-1 - same) === tokens.at(-1 - same - period)) same++;
    if (same === needed - period) return true;
  }
  return false;
}
