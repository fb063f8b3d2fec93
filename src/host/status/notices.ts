import type { ErrorRecord } from '../../common/errors.ts';
import type { SupervisorState } from '../worker/supervisor.ts';

/**
 * What to tell of the worker's life: one message when it has died, one when it goes on without a model, one when it
 * cannot be started. What follows from the same cause is silent.
 */
export class WorkerNotices {
  private last: SupervisorState['kind'] = 'stopped';
  private told = false;

  /** @returns what to show now; undefined where nothing new is to be said */
  next({ kind, error, deaths }: SupervisorState): { error: ErrorRecord; level: 'error' | 'warning' } | undefined {
    const before = this.last;
    this.last = kind;
    if (kind === 'ready') this.told = false;
    if (kind === before || !error) return undefined;
    if (kind === 'failed') return { error, level: 'error' };
    if (kind === 'no-model') return deaths > 0 ? { error, level: 'warning' } : undefined;
    if (kind !== 'waiting' || this.told) return undefined;
    this.told = true;
    return { error, level: 'warning' };
  }
}
