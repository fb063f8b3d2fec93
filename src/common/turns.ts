import { unlessAborted } from './aborted.ts';

/** Lets callers through one at a time, in order of arrival. Who is cancelled while waiting leaves at once. */
export class Turns {
  private last: Promise<unknown> = Promise.resolve();

  /** Runs `work` when everyone before has ended. @throws CribsheetError `cancelled` while waiting; what `work` throws */
  async take<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const before = this.last;
    let finish = (): void => undefined;
    const mine = new Promise<void>((resolve) => (finish = resolve));
    this.last = before.then(() => mine);
    try {
      await unlessAborted(before, signal);
      return await work();
    } finally {
      finish();
    }
  }
}
