import { pyramid, uniform } from '../budgets.ts';
import { everyHead, keepBest, ofHead, padded, pooled } from '../scores.ts';
import type { KeptPositions, Probe, ProbeView, Scores, Strategy } from '../strategy.ts';

/**
 * SnapKV (arXiv 2404.14469), as kvpress 0.5 implements it: the mean attention of a segment's last `window` tokens, a
 * moving average over `kernel` positions, one set for each KV head; the window itself stays. Where the window is more
 * than half of what may be kept, only the last of it stays: kvpress would then keep nothing else.
 * PyramidKV (arXiv 2406.02069) is the same score under budgets that fall from layer to layer.
 */
export class SnapKv implements Strategy {
  readonly name: 'snapkv' | 'pyramidkv';
  readonly source: string;
  readonly peak: number;
  private readonly window: number;
  private readonly kernel: number;
  private readonly beta: number;

  constructor(name: 'snapkv' | 'pyramidkv', { window = 64, kernel = 5, beta = 20 } = {}) {
    this.name = name;
    this.source = name === 'snapkv' ? 'arXiv 2404.14469' : 'arXiv 2406.02069';
    this.peak = name === 'snapkv' ? 1 : 2;
    this.window = window;
    this.kernel = kernel;
    this.beta = beta;
  }

  probe(): Probe {
    return { rows: 'tail', count: this.window };
  }

  /** Mean over window rows and query heads of a group, pooled; infinite for the part of the window that stays. */
  score(view: ProbeView, keep: number): Scores {
    const { kernel } = this;
    const { tokens, columns = tokens, rows = 1 } = view;
    const share = 1 / (rows * (view.heads / view.kvHeads));
    const stays = Math.min(tokens - columns, Math.floor(keep / 2));
    return everyHead(view, (layer, head) => {
      const mean = ofHead(view.sums, view, layer, head).map((s) => s * share);
      const scores = padded(pooled(mean, kernel), tokens, -1);
      return scores.fill(Number.POSITIVE_INFINITY, tokens - stays);
    });
  }

  select(view: ProbeView, keep: number): KeptPositions {
    const { beta } = this;
    const { layers, tokens, columns = tokens } = view;
    // A share of a segment is rarely as long as the window, which is the original's least budget: here it is one.
    const shape = { window: tokens - columns, beta: Math.min(beta, keep), floor: 1 };
    const pyramidal = (): number[] => pyramid(layers, tokens, keep, shape);
    return keepBest(this.score(view, keep), this.name === 'snapkv' ? uniform(layers, keep) : pyramidal());
  }
}
