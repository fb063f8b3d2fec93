import { cancelledError, throwIfCancelled } from '../../common/errors.ts';

/** Lanes in order of urgency: answers go before compression. */
export const priorities = { answer: 0, compress: 1 } as const;
export type Priority = (typeof priorities)[keyof typeof priorities];

interface Waiting {
  priority: Priority;
  start: () => void;
}

/**
 * Serialises decoder steps. `session.run` blocks the thread, so steps are short and between two of them the event
 * loop gets a turn: a cancel, a status request or a more urgent step gets in.
 */
export class RunQueue {
  private readonly waiting: Waiting[] = [];
  private busy = false;

  /**
   * Runs `step` once it is the most urgent one; equal urgency in order of arrival.
   * @throws CribsheetError `cancelled` as soon as `signal` is aborted while the step waits; what `step` throws
   */
  async run<T>(priority: Priority, step: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    await this.turn(priority, signal);
    try {
      return await step();
    } finally {
      // Not awaited: a lane that goes straight on has asked for its next step by then, so that compression does not
      // get a step between any two tokens of an answer.
      setImmediate(() => {
        this.busy = false;
        this.next();
      });
    }
  }

  private async turn(priority: Priority, signal: AbortSignal | undefined): Promise<void> {
    throwIfCancelled(signal);
    let leave = (): void => undefined;
    try {
      await new Promise<void>((start, reject) => {
        const waiting = { priority, start };
        this.waiting.push(waiting);
        leave = () => {
          const at = this.waiting.indexOf(waiting);
          if (at < 0) return;
          this.waiting.splice(at, 1);
          reject(cancelledError());
        };
        signal?.addEventListener('abort', leave, { once: true });
        this.next();
      });
    } finally {
      signal?.removeEventListener('abort', leave);
    }
  }

  private next(): void {
    if (this.busy) return;
    let best = -1;
    this.waiting.forEach((w, i) => {
      if (best < 0 || w.priority < this.waiting[best]!.priority) best = i;
    });
    if (best < 0) return;
    this.busy = true;
    this.waiting.splice(best, 1)[0]!.start();
  }
}
