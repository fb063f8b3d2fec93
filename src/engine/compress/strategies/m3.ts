import { refitValues } from '../refit.ts';
import type { KeptPositions, Need, ProbeView, Refit, Strategy } from '../strategy.ts';
import { m2Defaults, TaskValues, type M2Options } from './m2.ts';

/**
 * M3 = M2, and the values of what is kept are fitted so that the probe's attention outputs come out as with the whole
 * segment (Attention Matching, arXiv 2602.16284, section 3, without its bias). A head's new values are used only where
 * they lower the error on probe rows that they were not fitted to.
 */
export class RefittedValues extends TaskValues implements Strategy {
  override readonly source: string = 'M2 + Attention Matching, arXiv 2602.16284 (values)';
  override readonly needs: readonly Need[] = ['raw', 'kv', 'outputNorms', 'structure'];

  constructor(options: Partial<M2Options> = m2Defaults) {
    super('m3', options);
  }

  refit(view: ProbeView, kept: KeptPositions): Refit {
    return { values: refitValues(view, kept).map((layer) => layer.values) };
  }
}
