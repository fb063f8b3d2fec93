import { CribsheetError, throwIfCancelled } from '../../common/errors.ts';
import type { KvCache } from './kvCache.ts';
import type { Priority, RunQueue } from './runQueue.ts';
import type { StepPlan } from './stepPlan.ts';
import type { LayerSums, StepRunner } from './stepRunner.ts';

export interface AppendOptions {
  signal?: AbortSignal | undefined;
  /** Report attention sums of the appended tokens over this many leading positions. */
  scoreContext?: number;
  /** Called after each step with the tokens done so far. */
  onStep?: (done: number) => void;
}

/**
 * One conversation with the decoder: its own keys, values and logits. Several lanes share one session; their steps
 * are serialised by the queue and never see each other's state.
 */
export class Lane {
  readonly kv: KvCache;
  /** Logits of the last appended token, [vocabulary]. */
  readonly logits: Float32Array;
  /** Milliseconds that steps of this lane have waited for other lanes. */
  queuedMs = 0;
  private readonly runner: StepRunner;
  private readonly queue: RunQueue;
  private readonly plan: StepPlan;
  private readonly priority: Priority;
  private readonly maxPositions: number;

  constructor(parts: {
    kv: KvCache;
    vocabulary: number;
    runner: StepRunner;
    queue: RunQueue;
    plan: StepPlan;
    priority: Priority;
    maxPositions: number;
  }) {
    this.kv = parts.kv;
    this.logits = new Float32Array(parts.vocabulary);
    this.runner = parts.runner;
    this.queue = parts.queue;
    this.plan = parts.plan;
    this.priority = parts.priority;
    this.maxPositions = parts.maxPositions;
  }

  /** Positions that can still be appended. */
  get room(): number {
    return this.maxPositions - this.kv.length;
  }

  /**
   * Appends tokens in steps of bounded time. When cancelled, the positions of finished steps stay: truncate.
   * @returns attention sums per layer, [kvHeads, scoreContext], where asked for
   */
  async append(tokens: readonly number[], options: AppendOptions = {}): Promise<LayerSums | undefined> {
    const { signal, scoreContext = 0, onStep } = options;
    if (tokens.length > this.room) {
      throw new CribsheetError(
        'question-too-long',
        `${tokens.length} tokens do not fit: ${this.room} of the model's ${this.maxPositions} positions are free.`,
        'Shorten the question, use a smaller sheet, or choose a model with a longer window.',
      );
    }
    let sums: LayerSums | undefined;
    for (let done = 0; done < tokens.length;) {
      throwIfCancelled(signal);
      const step = tokens.slice(done, done + this.plan.size(tokens.length - done));
      const asked = performance.now();
      const part = await this.queue.run(
        this.priority,
        async () => {
          const started = performance.now();
          this.queuedMs += started - asked;
          const result = await this.runner.run(this.kv, step, this.logits, scoreContext);
          this.plan.observe(step.length, performance.now() - started);
          return result;
        },
        signal,
      );
      if (part && sums) addInto(sums, part);
      else sums = part;
      done += step.length;
      onStep?.(done);
    }
    return sums;
  }
}

function addInto(sums: LayerSums, part: LayerSums): void {
  part.forEach((layer, l) => {
    const into = sums[l]!;
    for (let i = 0; i < layer.length; i++) into[i]! += layer[i]!;
  });
}
