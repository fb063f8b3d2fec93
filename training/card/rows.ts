import { existsSync, readFileSync } from 'node:fs';

/** One answer. */
export interface Row {
  /** Fingerprint of the model that gave it. */
  model: string;
  seed: number;
  size: number;
  context: number;
  family: string;
  language: string;
  kind: string;
  arm: string;
  question: string;
  gold: string;
  said: string;
  right: boolean;
  /** Geometric mean of the probabilities of the answer's tokens, and the smallest of them. */
  confidence: number;
  least: number;
  /** Milliseconds from the question to the end of the answer. */
  ms: number;
}

/** All measured answers of a file; none where it does not exist yet. */
export function readRows(file: string): Row[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Row);
}
