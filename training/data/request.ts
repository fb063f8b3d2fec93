import type { Split } from './packages.ts';

export const families = ['code', 'review', 'memberships', 'needles', 'extraction'] as const;
export type Family = (typeof families)[number];

/** What a sample is a pure function of, beside corpus and tokenizer. */
export interface SampleRequest {
  seed: string;
  split: Split;
  family: Family;
  /** `sheet`: packed segments; `rag`: single chunks in one text. */
  form: 'sheet' | 'rag';
  /** Most tokens of a segment. */
  segmentTokens: number;
  /** Most tokens of all segments together. */
  contextTokens: number;
  /** Chunks are cut to between 1 and this many lines; null keeps them whole. */
  bodyLines: number | null;
  /** Most questions. */
  questions: number;
  augment: boolean;
}

/** A line of the context, and a place in it, in UTF-16 units. */
export interface LinePlace {
  line: string;
  at: number;
}

/** Where an answer begins, and what must be looked up first to know that: a call, a documentation's last letter. */
export interface Copied extends LinePlace {
  via?: LinePlace;
}

/** A question with the one answer that counts as right. */
export interface Asked {
  kind: string;
  question: string;
  answer: string;
  /** What the answer is copied from: training shows the network where to look. */
  copied?: Copied;
}

export interface Sample {
  seed: string;
  family: Family;
  form: 'sheet' | 'rag';
  /** Text of the task. */
  instruction: string;
  examples: { question: string; answer: string }[];
  /** Rendered texts. */
  segments: string[];
  /** Every name defined in the context. */
  names: string[];
  questions: Asked[];
}

/** @throws Error that names the field that is wrong */
export function readRequest(line: string): SampleRequest {
  const given = JSON.parse(line) as Record<string, unknown>;
  const oneOf = <T extends string>(key: string, values: readonly T[]): T => {
    const value = values.find((v) => v === given[key]);
    if (value === undefined) throw new Error(`"${key}" must be one of ${values.join(', ')}.`);
    return value;
  };
  const count = (key: string): number => {
    const value = given[key];
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 1)
      throw new Error(`"${key}" must be a whole number above 0.`);
    return value;
  };
  if (typeof given['seed'] !== 'string') throw new Error('"seed" must be a text.');
  return {
    seed: given['seed'],
    split: oneOf('split', ['train', 'heldout']),
    family: oneOf('family', families),
    form: oneOf('form', ['sheet', 'rag']),
    segmentTokens: count('segmentTokens'),
    contextTokens: count('contextTokens'),
    bodyLines: given['bodyLines'] === null || given['bodyLines'] === undefined ? null : count('bodyLines'),
    questions: count('questions'),
    augment: given['augment'] !== false,
  };
}
