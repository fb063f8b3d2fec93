import { constants } from 'node:os';

/** After a first Ctrl-C the work has this long to finish what it is writing, in milliseconds. */
const GRACE_MS = 900;

export interface Interrupt {
  signal: AbortSignal;
  /** Exit code of an interrupted run: 128 plus the number of the signal. */
  exitCode: () => number;
}

/**
 * Turns the first SIGINT (or SIGTERM) into an abort. Work that does not end within a second is left: whatever is
 * written takes its place by a rename, so nothing half done stays behind. A second signal ends the process at once.
 * @param onLeave says that the process goes
 */
export function listenForInterrupt(onLeave: () => Promise<unknown>): Interrupt {
  const controller = new AbortController();
  let exitCode = 128 + constants.signals.SIGINT;
  const interrupt = (name: NodeJS.Signals): void => {
    exitCode = 128 + constants.signals[name];
    if (controller.signal.aborted) process.exit(exitCode);
    controller.abort();
    setTimeout(() => {
      void onLeave().finally(() => process.exit(exitCode));
    }, GRACE_MS).unref();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  return { signal: controller.signal, exitCode: () => exitCode };
}
