import { topPositions } from '../select.ts';
import { candidateCount, matchMass, pursueKeys } from '../matchMass.ts';
import type { KeptPositions, Need, ProbeView, Refit, Strategy } from '../strategy.ts';
import { m2Defaults, TaskValues, type M2Options } from './m2.ts';

/**
 * M4 = M3 with a bias for every kept key (Attention Matching, arXiv 2602.16284), and with `pursuit` the keys
 * themselves chosen by matching pursuit among M2's best. A sheet of it is read by a second session of the model, on
 * the CPU.
 */
export class MatchedMass extends TaskValues implements Strategy {
  override readonly source: string = 'M2 + Attention Matching, arXiv 2602.16284 (values and bias)';
  override readonly needs: readonly Need[] = ['raw', 'kv', 'outputNorms', 'structure'];
  private readonly pursuit: boolean;

  constructor({ pursuit = false, ...options }: Partial<M2Options> & { pursuit?: boolean } = m2Defaults) {
    super('m4', options);
    this.pursuit = pursuit;
  }

  override select(view: ProbeView, keep: number): KeptPositions {
    const kept = super.select(view, keep);
    if (!this.pursuit) return kept;
    const scores = this.score(view);
    return kept.map((heads, layer) =>
      heads.map(({ length }, head) => {
        const candidates = topPositions(scores[layer]![head]!, Math.min(view.tokens, candidateCount(length)));
        return pursueKeys(view, layer, head, candidates, length);
      }),
    );
  }

  refit(view: ProbeView, kept: KeptPositions): Refit {
    return matchMass(view, kept);
  }
}
