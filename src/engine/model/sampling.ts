export interface Sampling {
  /** 0 is greedy. */
  temperature: number;
  /** Smallest set of tokens whose probabilities sum to this; 1 keeps all. */
  topP: number;
}

/** Picks a token id from logits. `random` returns numbers in [0, 1). */
export function sample(logits: Float32Array, { temperature, topP }: Sampling, random: () => number): number {
  if (temperature <= 0) return argmax(logits);
  const best = logits[argmax(logits)]!;
  const weights = Array.from(logits, (logit, id) => ({ id, weight: Math.exp((logit - best) / temperature) }));
  const total = weights.reduce((sum, w) => sum + w.weight, 0);
  weights.sort((a, b) => b.weight - a.weight);
  let mass = 0;
  const kept: typeof weights = [];
  for (const w of weights) {
    kept.push(w);
    mass += w.weight;
    if (mass >= topP * total) break;
  }
  let at = random() * mass;
  for (const w of kept) {
    at -= w.weight;
    if (at < 0) return w.id;
  }
  return kept.at(-1)!.id;
}

/** Index of the largest value; the first of equals. */
export function argmax(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}
