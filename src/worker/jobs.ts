import type { CancellationToken } from 'vscode-jsonrpc';
import { abortOnCancel } from '../common/cancellation.ts';
import type { JobKind, JobProgress, JobStatus } from '../common/protocol.ts';

export interface JobDescription {
  kind: JobKind;
  root?: string;
  /** What may not run twice at once; see `Jobs.has`. */
  key?: string;
  task?: string;
}

export interface Job {
  readonly signal: AbortSignal;
  /** Shown by `status` until the next one. */
  progress: JobProgress | undefined;
}

interface Entry extends Job {
  id: number;
  description: JobDescription;
  startedAt: number;
  controller: AbortController;
  done: Promise<unknown>;
}

/** Everything long that is under way: who asked can cancel it, `status` shows it, and shutdown ends it. */
export class Jobs {
  private readonly running = new Map<number, Entry>();
  private nextId = 1;

  /** Runs `work` as a job that ends when the token is cancelled or all jobs are. */
  async run<T>(description: JobDescription, token: CancellationToken, work: (job: Job) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    const release = abortOnCancel(token, controller);
    const entry: Entry = {
      id: this.nextId++,
      description,
      startedAt: performance.now(),
      controller,
      signal: controller.signal,
      progress: undefined,
      done: Promise.resolve(),
    };
    this.running.set(entry.id, entry);
    const result = work(entry);
    entry.done = result;
    try {
      return await result;
    } finally {
      release();
      this.running.delete(entry.id);
    }
  }

  /** Is a job with this key under way? */
  has(key: string): boolean {
    return [...this.running.values()].some((entry) => entry.description.key === key);
  }

  list(): JobStatus[] {
    return [...this.running.values()].map(({ id, description, startedAt, signal, progress }) => ({
      id,
      kind: description.kind,
      ...(description.root === undefined ? {} : { root: description.root }),
      ...(description.task === undefined ? {} : { task: description.task }),
      ageMs: performance.now() - startedAt,
      cancelling: signal.aborted,
      ...(progress ? { progress } : {}),
    }));
  }

  /** Cancels every job and waits until they have ended, well or not. */
  async cancelAll(): Promise<void> {
    const entries = [...this.running.values()];
    for (const { controller } of entries) controller.abort();
    await Promise.allSettled(entries.map((entry) => entry.done));
  }
}
