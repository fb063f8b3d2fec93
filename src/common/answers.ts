import type { ErrorRecord } from './errors.ts';
import type { Mode } from './names.ts';

/** Lines are 1-based and inclusive, paths relative to the workspace folder with forward slashes. */
export interface LineRange {
  path: string;
  startLine: number;
  endLine: number;
}

/**
 * A place found by program, never by the model. `from`: the answer named it, or only the question did (then it says
 * nothing of the answer). `verified`: the file exists and the lines hold the definition now. `stale`: the text changed
 * since the sheet or index was built.
 */
export interface Citation extends LineRange {
  from: 'answer' | 'question';
  verified: boolean;
  stale: boolean;
}

/** Lines as they were when the sheet or the index was made. */
interface ReadPlace extends LineRange {
  /** Only where the file has changed since then: the lines may hold something else now. */
  stale?: true;
}

/** Lines that the answer's attention fell on; weights of one answer sum to at most 1. */
export interface Evidence extends ReadPlace {
  weight: number;
}

/**
 * Why an answer should not be relied on, by the model's own account. `beyond`: it said that it cannot do this.
 * `low-confidence`: its tokens were less probable than the profile's threshold. `contradicted`: it said that something
 * is not there, and the index has it.
 */
export type Unsure = 'beyond' | 'low-confidence' | 'contradicted';

/** A place that fits the question by search alone, without the model. */
export interface FoundPlace extends ReadPlace {
  name: string;
}

/** How much of the workspace the context of an answer stood for. */
export interface Coverage {
  files: number;
  filesTotal: number;
  tokens: number;
  tokensTotal: number;
}

/** A piece of source that RAG put before the question; shown when there is no model. */
interface RetrievedChunk extends ReadPlace {
  name: string;
  score: number;
  text: string;
}

/** One answer: the JSON contract of `cribsheet ask --json` (docs/cli.md). Times in milliseconds. */
/** Why an answer ends: the model was done, the longest answer was reached, it said the same over and over, the user stopped it. */
export type Stopped = 'end' | 'length' | 'loop' | 'cancel';

export interface Answer {
  id: string;
  /** The mode that made the answer; never `auto`. */
  mode: Exclude<Mode, 'auto'>;
  task: string;
  answer: string;
  stopped: Stopped;
  citations: Citation[];
  evidence: Evidence[];
  coverage: Coverage;
  tokens: {
    /** Positions of the sheet, on average over all heads of all layers (0 where none was read). */
    sheet: number;
    /** Tokens prefilled for this question. */
    prompt: number;
    answer: number;
    /** Source tokens that did not have to be read for this answer. */
    skipped: number;
  };
  timings: { queueMs: number; loadMs: number; prefillMs: number; ttftMs: number; totalMs: number };
  /** Why `auto` took this mode. */
  reason?: string;
  /**
   * Where a router was fitted for the model: how likely each mode was thought to answer best (they add up to 1), and the
   * features of the question that spoke most for the one that was taken (docs/evaluation.md).
   */
  routing?: { probabilities: Partial<Record<'cache' | 'rag' | 'hybrid', number>>; because: string[] };
  /** Geometric mean of the probabilities (0–1, at temperature 1) of the answer's tokens and its end; only where a model spoke. */
  confidence?: number;
  unsure?: Unsure;
  /** With `unsure`: where to look instead, the best first. */
  found?: FoundPlace[];
  /** RAG only. */
  chunks?: RetrievedChunk[];
  /** Why no model answered: what search found (`chunks`) is the answer. Only where this was asked for (`AskParams.orSearch`). */
  withoutModel?: ErrorRecord;
  error?: ErrorRecord;
}
