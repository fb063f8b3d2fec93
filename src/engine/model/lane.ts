import { CribsheetError, throwIfCancelled } from '../../common/errors.ts';
import type { ScoreKind } from './graph/scorer.ts';
import type { KvCache } from './kvCache.ts';
import type { Priority, RunQueue } from './runQueue.ts';
import type { StepPlan } from './stepPlan.ts';
import { Observer, type LayerSums, type Observation, type Scoring } from './observation.ts';
import type { StepRunner } from './stepRunner.ts';

export interface AppendOptions {
  signal?: AbortSignal | undefined;
  /** Report attention sums of the appended tokens over this many leading positions. */
  scoreContext?: number;
  /** Called after each step with the tokens done so far. */
  onStep?: (done: number) => void;
}

export interface ObserveOptions {
  signal?: AbortSignal | undefined;
  kind: ScoreKind;
  /** Key columns to report on: from `start` up to `end`, or up to the appended tokens themselves where it is absent. */
  start: number;
  end?: number;
}

/**
 * One conversation with the decoder: its own keys, values and logits. Several lanes share one session; their steps
 * are serialised by the queue and never see each other's state.
 */
export class Lane {
  readonly kv: KvCache;
  /** Query heads of a layer of this lane's graph. */
  readonly heads: number;
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
    heads: number;
  }) {
    this.kv = parts.kv;
    this.logits = new Float32Array(parts.vocabulary);
    this.runner = parts.runner;
    this.queue = parts.queue;
    this.plan = parts.plan;
    this.priority = parts.priority;
    this.maxPositions = parts.maxPositions;
    this.heads = parts.heads;
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
    const { scoreContext = 0 } = options;
    if (scoreContext === 0) {
      await this.steps(tokens, options);
      return undefined;
    }
    return (await this.observe(tokens, { ...options, kind: 'sums', start: 0, end: scoreContext })).sums;
  }

  /** Appends tokens and reports what their queries looked at. */
  async observe(
    tokens: readonly number[],
    options: ObserveOptions & Pick<AppendOptions, 'onStep'>,
  ): Promise<Observation> {
    const { kind, start, end } = options;
    const { heads } = this;
    const { layers, kvHeads, headSize } = this.kv.shape;
    const observer = new Observer(
      { layers, heads, kvHeads, headSize },
      kind,
      (end ?? this.kv.length + tokens.length) - start,
    );
    await this.steps(tokens, options, (rows) => {
      const scoring = { kind, start, end: end ?? this.kv.length + rows };
      return { scoring, report: (scores) => observer.add(scores, rows, scoring.end - start) };
    });
    return observer.result();
  }

  /** @param observed what a step of so many tokens is to report, and who receives it */
  private async steps(
    tokens: readonly number[],
    { signal, onStep }: Pick<AppendOptions, 'signal' | 'onStep'>,
    observed?: (rows: number) => { scoring: Scoring; report: (scores: Float32Array[]) => void },
  ): Promise<void> {
    if (tokens.length > this.room) {
      throw new CribsheetError(
        'question-too-long',
        `${tokens.length} tokens do not fit: ${this.room} of the model's ${this.maxPositions} positions are free.`,
        'Shorten the question, use a smaller sheet, or choose a model with a longer window.',
      );
    }
    for (let done = 0; done < tokens.length;) {
      throwIfCancelled(signal);
      const step = tokens.slice(done, done + this.plan.size(tokens.length - done));
      const asked = performance.now();
      await this.queue.run(
        this.priority,
        async () => {
          const started = performance.now();
          this.queuedMs += started - asked;
          const wanted = observed?.(step.length);
          const scores = await this.runner.run(this.kv, step, this.logits, wanted?.scoring);
          this.plan.observe(step.length, performance.now() - started);
          if (scores) wanted?.report(scores);
        },
        signal,
      );
      done += step.length;
      onStep?.(done);
    }
  }
}
