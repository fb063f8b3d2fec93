import type { LineRange } from '../common/answers.ts';
import type { Task } from '../common/task.ts';
import type { Chunk } from '../engine/corpus/types.ts';

/** How an answer is judged; see `score/score.ts`. */
export type Scoring =
  | 'one-of'
  | 'contains'
  | 'path'
  | 'paths'
  | 'signature'
  | 'type'
  | 'words'
  | 'word-set'
  | 'list'
  | 'lines'
  | 'digits'
  | 'objects'
  | 'next-line';

/** Cells of the statistics: what a question asks of a reader, over all data sets. */
export type Group = 'direct' | 'join' | 'code' | 'exact' | 'long';

/** A question with all that is needed to judge an answer. Nothing of it comes from a model. */
export interface EvalQuestion {
  /** Unique within its corpus. */
  id: string;
  kind: string;
  group: Group;
  question: string;
  /** `one-of`: any of them is right. Lists and sets: all of them. Everything else: one. */
  gold: readonly string[];
  scoring: Scoring;
  /** Answers that make a right one wrong where they stand beside it (`contains`). */
  wrong?: readonly string[];
  /** Lines that hold the answer. */
  evidence: readonly LineRange[];
  /** What figures may be split by: depth of a needle, connectivity. */
  by?: Readonly<Record<string, string | number>>;
}

/** Files that are compressed together, for one task, with questions about them. */
export interface EvalCorpus {
  /** Unique within its data set and draw. */
  id: string;
  /** Text by path, forward slashes. */
  files: ReadonlyMap<string, string>;
  /** What it is compressed for: a task, or the id of a built-in one. */
  task: Task | string;
  questions: readonly EvalQuestion[];
}

/** A file with its chunks, of a folder whose code is asked about. */
export interface CodeFile {
  path: string;
  text: string;
  chunks: readonly Chunk[];
  /** Names called in each chunk, by the parser; in the order of the chunks. */
  calls: readonly ReadonlySet<string>[];
}

/** What a data set is made from. Equal requests make equal bytes. */
export interface MakeRequest {
  seed: string;
  /** 1, 2, …; 0 is the development split, which no figure counts. */
  draw: number;
  /** Questions of this draw, over all its corpora. */
  questions: number;
  /** Tokens of a corpus, about; each data set has its own default. */
  tokens?: number | undefined;
  /** How many corpora of different kinds, where a data set has levels: all of them, or a few. */
  breadth: 'few' | 'core' | 'all';
  /** Tokens of a text by the model's tokenizer. */
  count: (text: string) => number;
  /** Code to ask about. */
  code: readonly CodeFile[];
}

export interface DataSet {
  name: string;
  /** One line for `--list`. */
  about: string;
  /** Is it made from the folder that is asked about? */
  needsCode?: boolean;
  make(request: MakeRequest): EvalCorpus[];
}
