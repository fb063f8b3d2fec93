import { setImmediate } from 'node:timers/promises';
import { throwIfCancelled } from '../common/errors.ts';

/** Nothing else happens in the process for at most about so long, in milliseconds. */
const STEP_MS = 30;

/** Lets others in now and then during a long computation. */
export class Breath {
  private readonly signal: AbortSignal | undefined;
  private last = Number.NEGATIVE_INFINITY;

  constructor(signal?: AbortSignal) {
    this.signal = signal;
  }

  /** Costs little where it is not time yet: to be called every few milliseconds. @throws CribsheetError `cancelled` */
  async take(): Promise<void> {
    if (performance.now() - this.last < STEP_MS) return;
    throwIfCancelled(this.signal);
    await setImmediate();
    this.last = performance.now();
  }
}
