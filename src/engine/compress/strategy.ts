import type { StrategyName } from '../../common/names.ts';
import type { Task } from '../../common/task.ts';
import type { ChatTurn } from '../model/chat.ts';
import type { LayerSums } from '../model/stepRunner.ts';

/** Kept positions per layer and KV head, each sorted ascending; the same number in every head of a layer. */
export type KeptPositions = Int32Array[][];

/** What a probe run leaves behind for a strategy to judge by. */
export interface ProbeView {
  layers: number;
  kvHeads: number;
  /** Positions to choose from. */
  tokens: number;
  /** Attention that the probe's rows paid to each position, summed over rows and the query heads of each KV head: per layer [kvHeads, tokens]. Absent where the strategy asks for no probe. */
  sums?: LayerSums;
  /** Numbers in [0, 1), seeded by the segment: equal input, equal choice. */
  random: () => number;
}

/** What is run after the segment to find out what the task will look at. */
export interface Probe {
  instruction: string;
  examples: ChatTurn[];
}

/** Turns probe attention into kept positions. A new strategy is one file that exports one of these. */
export interface Strategy {
  readonly name: StrategyName;
  /** Paper, equation or repository. */
  readonly source: string;
  /** The probe for a task; undefined for strategies that need none. */
  probe(task: Task): Probe | undefined;
  /** Chooses `keep` of `view.tokens` positions in every head. */
  select(view: ProbeView, keep: number): KeptPositions;
}

/** One index set for a whole layer, or one for each KV head. */
export type Granularity = 'layer' | 'head';
