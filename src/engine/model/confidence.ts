/**
 * Natural logarithm of the probability that a softmax over `logits` (at temperature 1) gives to `token`. Summed in
 * double precision, relative to the largest logit.
 */
export function logProbability(logits: Float32Array, token: number): number {
  let best = -Infinity;
  for (const logit of logits) if (logit > best) best = logit;
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - best);
  return logits[token]! - best - Math.log(sum);
}

/** How sure a model was of an answer; 0–1, at temperature 1 whatever the answer was sampled with. */
export interface Confidence {
  /** Geometric mean of the probabilities of the answer's tokens, its end among them where the model ended it. */
  mean: number;
  /** The smallest of these probabilities. */
  least: number;
}

/** Follows an answer token by token. */
export class ConfidenceSum {
  private tokens = 0;
  private sum = 0;
  private least = 0;

  add(logits: Float32Array, token: number): void {
    const log = logProbability(logits, token);
    this.tokens++;
    this.sum += log;
    this.least = Math.min(this.least, log);
  }

  /** Undefined where nothing was said, not even an end. */
  get confidence(): Confidence | undefined {
    if (this.tokens === 0) return undefined;
    return { mean: Math.exp(this.sum / this.tokens), least: Math.exp(this.least) };
  }
}
