import type { Task } from '../../common/task.ts';
import type { Grammars } from '../../engine/corpus/grammars.ts';
import type { Decoder } from '../../engine/model/decoder.ts';
import type { Features } from '../../engine/model/router.ts';
import type { Lane } from '../../engine/model/lane.ts';
import type { ContextBytes } from '../run/bytes.ts';
import type { OpenCorpus } from '../run/openCorpus.ts';
import type { Told } from '../run/teller.ts';
import type { EvalQuestion } from '../types.ts';

/** What an arm gets to read a corpus with. */
export interface ReadRequest {
  decoder: Decoder;
  grammars: Grammars;
  corpus: OpenCorpus;
  task: Task;
  /** Source tokens per kept position; for arms that have a ratio. */
  ratio: number;
  /** Tokens of RAG as tuned on the development split; for `rag-tuned`. */
  ragTokens: number;
  /** Measure how likely the gold answers are. */
  perplexity: boolean;
  /** Write down what `auto` would decide by: on the development split. */
  features: boolean;
  /** A lane that whoever reads a corpus may use as it likes. */
  scratch: Lane;
  /** An empty folder, which is deleted afterwards. */
  folder: string;
  signal?: AbortSignal | undefined;
}

/** An answer with what it took. */
export interface Reply extends Told {
  /** Tokens prefilled for this question, and positions of context that it could read. */
  prefilled: number;
  positions: number;
  bytes: ContextBytes;
  /** Bytes on disk that an answer may draw on: blocks of a sheet, keys and values that are fetched from. */
  disk?: number;
  /** Share of the places that hold the answer which the context has; where the arm chooses what to read. */
  recall?: number;
  /** What `auto` would decide by, where that is asked for. */
  features?: Features;
  /** The mode that `auto` took. */
  routed?: string;
}

/** A corpus as one arm has read it, ready for questions. */
export interface Reading {
  /** Milliseconds of what is done once for a corpus: compression, prefill of the whole. */
  prepareMs: number;
  /** Share of the source tokens that the reading stands for. */
  coverage: number;
  /** @param gold the right answer as a reader would write it */
  ask(question: EvalQuestion, gold: string): Promise<Reply>;
}

/** One way to answer. To add one: an object of this shape in `arms.ts`. */
export interface Arm {
  name: string;
  about: string;
  /** Is it run at every ratio? Others have one column. */
  byRatio: boolean;
  /** No model decides its answers: whatever it gets right needs none. */
  modelFree?: boolean;
  /**
   * Measures what it needs of the model, before anything is asked.
   * @throws CribsheetError `model-unsupported`, naming the strategy, where it cannot run on this model
   */
  prepare?(decoder: Decoder, signal?: AbortSignal): Promise<void>;
  /** @throws CribsheetError `context-too-long` where the corpus does not fit into the model's window */
  read(request: ReadRequest): Promise<Reading>;
}
