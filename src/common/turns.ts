import { cancelledError, throwIfCancelled } from './errors.ts';

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
      await orCancelled(before, signal);
      return await work();
    } finally {
      finish();
    }
  }
}

/** Waits for `work`, but no longer than until `signal` is aborted. @throws CribsheetError `cancelled` */
async function orCancelled(work: Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
  throwIfCancelled(signal);
  let stop = (): void => undefined;
  const cancelled = new Promise<never>((_, reject) => {
    stop = () => {
      reject(cancelledError());
    };
  });
  signal?.addEventListener('abort', stop, { once: true });
  try {
    await Promise.race([work, cancelled]);
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}
