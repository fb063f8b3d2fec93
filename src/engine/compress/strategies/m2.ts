import type { StrategyName } from '../../../common/names.ts';
import type { Task } from '../../../common/task.ts';
import { competing } from '../budgets.ts';
import { everyHead, keepBest, ofHead, withSinks } from '../scores.ts';
import type { KeptPositions, Need, Probe, ProbeView, Scores, Strategy } from '../strategy.ts';
import { requireProjection } from '../requirements.ts';
import { notesProbe } from './m1.ts';

const SINKS = 4;

/** What M2 is made of; the defaults are M2, other values are its ablations. */
export interface M2Options {
  /** How the rows and query heads of a group become one number. */
  aggregate: 'max' | 'rms';
  /** By how much a token that the structural prior marks fully counts more: a factor 1 + this. */
  structure: number;
  /** Each layer is sure of this share of an equal budget; 1 gives all layers the same. */
  guarantee: number;
  /** Most that a layer gets, as a multiple of an equal budget. */
  peak: number;
}

export const m2Defaults: M2Options = { aggregate: 'max', structure: 1, guarantee: 0.5, peak: 2 };

/**
 * M2 = M1 with
 * – the largest weight (or root mean square) over rows and heads in place of the mean, clamped from below by its mean
 *   over positions: one row that needs a position is enough (DefensiveKV, ICLR 2026);
 * – ‖W_O V‖ in place of ‖V‖ (CriticalKV, arXiv 2502.03805);
 * – a structural prior from the parse tree (the idea of CodeComp, arXiv 2604.10235);
 * – layers that compete for the budget (AdaKV, arXiv 2407.11550; Attention Matching, arXiv 2602.16284, finds unequal
 *   budgets to matter most), by each score's share of its layer. Heads of a layer get the same number.
 */
export class TaskValues implements Strategy {
  readonly name: StrategyName;
  readonly source: string = 'CacheNotes + DefensiveKV + CriticalKV + CodeComp + AdaKV (see m2.ts)';
  readonly needs: readonly Need[] = ['stats', 'kv', 'outputNorms', 'structure'];
  readonly writesNotes = true;
  readonly peak: number;
  private readonly options: M2Options;

  constructor(name: StrategyName = 'm2', options: Partial<M2Options> = {}) {
    this.name = name;
    this.options = { ...m2Defaults, ...options };
    this.peak = this.options.peak;
  }

  readonly prepare = requireProjection;

  probe(task: Task, notes?: string): Probe {
    return notesProbe(task, notes);
  }

  score(view: ProbeView): Scores {
    const { aggregate, structure } = this.options;
    const prior = view.structure;
    return everyHead(view, (layer, head) => {
      const statistic = ofHead(aggregate === 'max' ? view.maxima : view.squares, view, layer, head);
      const rows = (view.rows ?? 1) * (view.heads / view.kvHeads);
      const looked = Float64Array.from(statistic, (x) => (aggregate === 'max' ? x : Math.sqrt(x / rows)));
      const floor = looked.reduce((sum, x) => sum + x, 0) / looked.length;
      const norms = view.outputNorms!(layer, head);
      return looked.map((x, i) => Math.max(x, floor) * norms[i]! * (1 + structure * (prior?.[i] ?? 0)));
    });
  }

  select(view: ProbeView, keep: number): KeptPositions {
    const { guarantee, peak } = this.options;
    const scores = this.score(view);
    const shares = scores.map((heads) => {
      let total = 0;
      for (const head of heads) for (const x of head) total += x;
      return heads.map((head) => Float64Array.from(head, (x) => x / Math.max(total, Number.MIN_VALUE)));
    });
    const counts = competing(shares, keep, { guarantee, peak });
    return keepBest(withSinks(scores, SINKS, keep), counts);
  }
}
