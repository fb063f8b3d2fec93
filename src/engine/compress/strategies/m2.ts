import type { Task } from '../../../common/task.ts';
import type { Decoder } from '../../model/decoder.ts';
import { competing, uniform } from '../budgets.ts';
import { measuredHeads, measuredLayers } from '../measuredShares.ts';
import { everyHead, keepBest, ofHead, withSinks } from '../scores.ts';
import type { KeptPositions, Need, Probe, ProbeView, Scores, Strategy } from '../strategy.ts';
import { requireMeasured, requireProjection } from '../requirements.ts';
import { notesProbe } from './m1.ts';

const SINKS = 4;

/** What M2 is made of; the defaults are M2, other values are its ablations. */
export interface M2Options {
  /** How the rows and query heads of a group become one number. */
  aggregate: 'max' | 'rms';
  /** By how much a token that the structural prior marks fully counts more: a factor 1 + this. */
  structure: number;
  /**
   * Who shares the budget, and by what. `equal`: every head of every layer gets the same. `competing`: layers, by the
   * scores of the segment. `layers`, `heads`: by what was measured of the model. `auto`: `heads` where that has been
   * done, else `competing`.
   */
  budgets: 'auto' | 'equal' | 'competing' | 'layers' | 'heads';
  /** Each head or layer is sure of this share of an equal budget; 1 gives all the same. */
  guarantee: number;
  /** Most that it gets, as a multiple of an equal budget. */
  peak: number;
}

export const m2Defaults: M2Options = { aggregate: 'max', structure: 1, budgets: 'auto', guarantee: 0.5, peak: 2 };

/**
 * M2 = M1 with
 * – the largest weight (or root mean square) over rows and heads in place of the mean, clamped from below by its mean
 *   over positions: one row that needs a position is enough (DefensiveKV, ICLR 2026);
 * – ‖W_O V‖ in place of ‖V‖ (CriticalKV, arXiv 2502.03805);
 * – a structural prior from the parse tree (the idea of CodeComp, arXiv 2604.10235);
 * – unequal budgets (Attention Matching, arXiv 2602.16284, finds them to matter most): for every head of every layer by
 *   what was measured of the model; where that has not been done, layers compete (AdaKV, arXiv 2407.11550) by each
 *   score's share of its layer, and heads of a layer get the same number.
 */
export class TaskValues implements Strategy {
  readonly name: Strategy['name'];
  readonly source: string = 'CacheNotes + DefensiveKV + CriticalKV + CodeComp + AdaKV (see m2.ts)';
  readonly needs: readonly Need[] = ['stats', 'kv', 'outputNorms', 'structure'];
  readonly writesNotes = true;
  readonly usesMeasured: boolean;
  readonly peak: number;
  private readonly options: M2Options;

  constructor(name: Strategy['name'] = 'm2', options: Partial<M2Options> = {}) {
    this.name = name;
    this.options = { ...m2Defaults, ...options };
    const { budgets, peak } = this.options;
    this.peak = budgets === 'equal' ? 1 : peak;
    this.usesMeasured = budgets !== 'equal' && budgets !== 'competing';
  }

  /** @throws CribsheetError `model-unsupported`, naming the strategy */
  async prepare(decoder: Decoder): Promise<void> {
    const { budgets } = this.options;
    if (budgets === 'layers' || budgets === 'heads') requireMeasured(this, decoder);
    await requireProjection(this, decoder);
  }

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
    const scores = this.score(view);
    const counts = this.counts(view, scores, keep);
    return keepBest(withSinks(scores, SINKS, keep), counts);
  }

  private counts(view: ProbeView, scores: Scores, keep: number): (number | number[])[] {
    const { budgets, guarantee, peak } = this.options;
    const { measured, tokens, layers } = view;
    if (budgets === 'equal') return uniform(layers, keep);
    if (measured && budgets !== 'competing') {
      const bounds = { tokens, keep, guarantee, peak };
      return budgets === 'layers' ? measuredLayers(measured, bounds) : measuredHeads(measured, bounds);
    }
    const shares = scores.map((heads) => {
      let total = 0;
      for (const head of heads) for (const x of head) total += x;
      return heads.map((head) => Float64Array.from(head, (x) => x / Math.max(total, Number.MIN_VALUE)));
    });
    return competing(shares, keep, { guarantee, peak });
  }
}
