import os from 'node:os';
import { logNotification } from '../common/protocol.ts';

/** Longest wait for an orderly end, in milliseconds; a step of the decoder takes a quarter of a second. */
const GRACE_MS = 5_000;

/** What an orderly end needs. */
export interface Ending {
  close: () => Promise<void>;
  log: (message: string) => void;
}

/**
 * Ends the process: after `shutdown`, when the parent is gone, on a signal, on a bug. Whatever the reason, jobs are
 * cancelled and files closed first, and nothing can keep a process alive that nobody talks to.
 */
export class Lifecycle {
  private ending: Ending | undefined;
  private ended = false;

  /** Starts to listen; from here on an orphan ends itself. */
  watch(ending: Ending): void {
    this.ending = ending;
    process.once('disconnect', () => void this.end(0));
    for (const name of ['SIGTERM', 'SIGINT'] as const) {
      process.once(name, () => void this.end(128 + os.constants.signals[name]));
    }
    process.on('uncaughtException', (error) => {
      ending.log(`The worker stops: ${error.stack ?? error.message}`);
      void this.end(1);
    });
    // Forked, but the parent was gone before anyone listened.
    if (!process.connected) void this.end(0);
  }

  /** Everything is closed; the response to `shutdown` is about to be sent. */
  finish(): void {
    setImmediate(() => {
      leave(0);
    });
  }

  private async end(code: number): Promise<void> {
    if (this.ended) return;
    this.ended = true;
    setTimeout(() => process.exit(code || 1), GRACE_MS).unref();
    try {
      await this.ending?.close();
    } catch (error) {
      this.ending?.log(`Closing failed: ${String(error)}`);
    }
    leave(code);
  }
}

/** Exits once everything sent so far has left: messages go out in order, so the last one tells. */
function leave(code: number): void {
  const last = { jsonrpc: '2.0', method: logNotification.method, params: { level: 'info', message: 'Worker ends.' } };
  if (!process.connected || !process.send) process.exit(code);
  process.send(last, undefined, undefined, () => process.exit(code));
}
