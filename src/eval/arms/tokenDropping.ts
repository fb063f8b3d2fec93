import { topPositions } from '../../engine/compress/select.ts';

/** Consecutive tokens that stay or go together, and what has to stay with them. */
export interface Unit {
  /** First token, and the one after the last. */
  start: number;
  end: number;
  /** Mean surprisal of its tokens. */
  surprisal: number;
  /** Unit without which this one says little (the file line of a line); it comes with the first that needs it. */
  needs?: number;
}

/**
 * Token-level dropping: the `budget` tokens that the model expected least. This is the perplexity-based token filter
 * of LLMLingua (arXiv 2310.05736, token-level compression, without its small model, its coarse pass over demonstrations
 * and its question) and of Selective Context with tokens as units (arXiv 2310.06201), with one threshold over the whole source.
 * @param surprisal -ln p of each token
 * @param forced tokens that stay whatever they say, as LLMLingua-2's `force_tokens`; the first of them where the
 * budget is smaller than their number
 * @returns indices, ascending
 */
export function keepTokens(surprisal: Float32Array, forced: readonly number[], budget: number): Int32Array {
  const scores = Float64Array.from(surprisal, (x) => Math.min(x, Number.MAX_VALUE));
  for (const i of forced) scores[i] = Number.POSITIVE_INFINITY;
  return topPositions(scores, budget);
}

/**
 * Unit-level dropping, as Selective Context does with phrases and sentences (arXiv 2310.06201): units in
 * the order of their mean surprisal, as many as fit. One that does not fit is passed over for a smaller one.
 * @returns indices of the kept units' tokens, ascending
 */
export function keepUnits(units: readonly Unit[], budget: number): Int32Array {
  const order = units.map((_, i) => i).sort((a, b) => units[b]!.surprisal - units[a]!.surprisal || a - b);
  const kept = new Set<number>();
  let left = budget;
  const size = (i: number): number => units[i]!.end - units[i]!.start;
  for (const i of order) {
    const needs = units[i]!.needs;
    const wanted = [i, ...(needs === undefined || needs === i ? [] : [needs])].filter((u) => !kept.has(u));
    const cost = wanted.reduce((sum, u) => sum + size(u), 0);
    if (cost > left) continue;
    left -= cost;
    for (const u of wanted) kept.add(u);
  }
  const tokens = [...kept]
    .sort((a, b) => a - b)
    .flatMap((u) => Array.from({ length: size(u) }, (_, j) => units[u]!.start + j));
  return Int32Array.from(tokens);
}
