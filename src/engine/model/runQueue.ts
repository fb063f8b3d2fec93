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

  /** Runs `step` once it is the most urgent one; equal urgency in order of arrival. */
  async run<T>(priority: Priority, step: () => Promise<T>): Promise<T> {
    await new Promise<void>((start) => {
      this.waiting.push({ priority, start });
      this.next();
    });
    try {
      return await step();
    } finally {
      await new Promise((resolve) => setImmediate(resolve));
      this.busy = false;
      this.next();
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
