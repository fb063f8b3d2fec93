import type { StrategyName } from '../../common/names.ts';
import type { Task } from '../../common/task.ts';
import type { ChatTurn } from '../model/chat.ts';
import type { Decoder } from '../model/decoder.ts';
import type { MeasuredBudgets } from '../model/measured.ts';
import type { Observation } from '../model/observation.ts';
import type { SegmentKv } from './segmentKv.ts';

/** Kept positions per layer and KV head, each sorted ascending. Every head of every layer may keep another number. */
export type KeptPositions = Int32Array[][];

/** A number for every position, per layer and KV head. */
export type Scores = (Float32Array | Float64Array)[][];

/**
 * What a strategy judges by beyond attention sums; nothing of it is computed for strategies that do not ask.
 * `stats`, `moments`, `raw`: see `scoreKinds`. `kv`: keys and values of the segment. `outputNorms`: ‖W_O V‖ of every
 * position. `structure`: what the parse tree says of every token.
 */
export type Need = 'stats' | 'moments' | 'raw' | 'kv' | 'outputNorms' | 'structure';

/**
 * Whose attention is looked at. `task`: a text run after the segment, the task's instruction and examples, or notes
 * that the model wrote for it. `repeat`: an instruction, then the segment once more. `tail`: the segment's own last
 * tokens, which then score only what stands before them. `own`: all tokens of the segment but the first `skip`.
 */
export type Probe =
  | { rows: 'task'; instruction: string; examples: readonly ChatTurn[] }
  | { rows: 'repeat'; instruction: string }
  | { rows: 'tail'; count: number }
  | { rows: 'own'; skip: number };

/** What a strategy sees of one segment. Positions count from the segment's first token. */
export interface ProbeView extends Partial<Observation> {
  layers: number;
  kvHeads: number;
  /** Query heads. */
  heads: number;
  /** Positions to choose from. `columns` of them have been looked at by the probe: fewer under `tail`. */
  tokens: number;
  /** Numbers in [0, 1), seeded by the segment: equal input, equal choice. */
  random: () => number;
  kv?: SegmentKv;
  /** ‖W_O V‖ of every position, root mean square over the query heads of a KV head. */
  outputNorms?: (layer: number, head: number) => Float64Array;
  /** 0–1 a token: how much a reader of code looks for it (signatures, names, calls, returns, imports). */
  structure?: Float32Array;
  /** What was measured of the model, where that has been done; for strategies that use it. */
  measured?: MeasuredBudgets;
}

/** What is changed after the choice, per layer; undefined: as it is. */
export interface Refit {
  /** The heads one after the other, each [count of the head, headSize] */
  values?: (Float32Array | undefined)[];
  /** What is added to the logit of every kept key, the heads one after the other. A sheet with it is read by a second session. */
  bias?: Float32Array[];
}

/** Turns what a probe saw into kept positions. A new strategy is one file that exports one of these. */
export interface Strategy {
  /** What it is called in block keys and refusals. For evaluation only: `fs-q`, which knows the question, and variants. */
  readonly name: StrategyName | 'fs-q' | `${StrategyName}/${string}`;
  /** Paper, equation or repository. */
  readonly source: string;
  readonly needs?: readonly Need[];
  /** The model writes notes for the task, once per sheet; they take the place of the examples. */
  readonly writesNotes?: boolean;
  /** Shares budgets out by what was measured of the model, where that has been done. */
  readonly usesMeasured?: boolean;
  /** Most positions of one head, as a multiple of an equal share; 1 where all heads of all layers keep the same number. */
  readonly peak?: number;
  /** Nothing is dropped, and a sheet of it is not read into memory as a whole: neither ratio nor window bounds it. */
  readonly staysOnDisk?: boolean;
  /**
   * Measures what is needed of the model, once, before any work.
   * @throws CribsheetError `model-unsupported`, naming the strategy, where it cannot run on this model
   */
  prepare?(decoder: Decoder, signal?: AbortSignal): Promise<void>;
  /** The probe for a task; undefined for strategies that need none. */
  probe(task: Task, notes?: string): Probe | undefined;
  /** Chooses positions: `keep` of `view.tokens` in every head, on average over the layers. */
  select(view: ProbeView, keep: number): KeptPositions;
  /** Fits values to what was kept. */
  refit?(view: ProbeView, kept: KeptPositions): Refit;
}

/** One index set for a whole layer, or one for each KV head. */
export type Granularity = 'layer' | 'head';
