import { unlessAborted } from '../../common/aborted.ts';

/** One piece of work that several wait for: it is cancelled when nobody waits any more. */
export class SharedRun<T> {
  private readonly controller = new AbortController();
  private readonly result: Promise<T>;
  private waiting = 0;

  constructor(work: (signal: AbortSignal) => Promise<T>) {
    this.result = work(this.controller.signal);
    // Who waits hears of a failure; when nobody does, nobody has to.
    this.result.catch(() => undefined);
  }

  /** It was cancelled, though it may not have ended yet: who comes now needs another one. */
  get isStopped(): boolean {
    return this.controller.signal.aborted;
  }

  /** Cancels it for all who wait. */
  stop(): void {
    this.controller.abort();
  }

  /** @throws CribsheetError `cancelled` as soon as `signal` is aborted; what the work throws */
  async wait(signal?: AbortSignal): Promise<T> {
    this.waiting++;
    try {
      return await unlessAborted(this.result, signal);
    } finally {
      if (--this.waiting === 0) this.controller.abort();
    }
  }
}
