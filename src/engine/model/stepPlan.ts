import { limits } from '../../common/limits.ts';

/** Chooses how many tokens one step takes, so that it stays under `limits.stepMs` on this machine and model. */
export class StepPlan {
  private readonly fixed: number | undefined;
  private msPerToken: number | undefined;

  private readonly most: number;

  /**
   * @param fixed always this many tokens: for tests that compare bit for bit
   * @param most a device's own bound
   */
  constructor(fixed?: number, most: number = limits.maxStepTokens) {
    this.fixed = fixed;
    this.most = Math.min(most, limits.maxStepTokens);
  }

  /** Tokens of the next step when `left` are left. Powers of two: equal machines then cut at equal places. */
  size(left: number): number {
    if (this.fixed !== undefined) return Math.min(left, this.fixed);
    const { minStepTokens, stepMs } = limits;
    let size: number = this.msPerToken === undefined ? minStepTokens : this.most;
    while (size > minStepTokens && size * (this.msPerToken ?? 0) > stepMs) size /= 2;
    return Math.min(left, size);
  }

  /** Single tokens say nothing about the rate of a prefill. The slowest of late counts, for the machine is shared. */
  observe(tokens: number, ms: number): void {
    if (tokens < limits.minStepTokens) return;
    const rate = ms / tokens;
    this.msPerToken = this.msPerToken === undefined ? rate : Math.max(rate, 0.8 * this.msPerToken + 0.2 * rate);
  }
}
