import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds of processor time: of the whole machine, and of this process. */
export interface CpuTimes {
  machine: number;
  own: number;
}

/** Clock ticks of /proc/stat are 10 ms on every Linux that Node runs on. */
const TICK_MS = 10;
/** /proc/stat counts in ticks, and this process has housekeeping threads: less than this says nothing. */
const NOISE_MS = 20;

/**
 * Processor time so far, or undefined where the system does not tell what other processes take (then nothing is
 * rejected, and the report says so). Time stolen by a hypervisor counts as other work.
 */
export function cpuTimes(): CpuTimes | undefined {
  if (process.platform !== 'linux') return undefined;
  // cpu user nice system idle iowait irq softirq steal …
  const [user, nice, system, , , irq, softirq, steal] = readFileSync('/proc/stat', 'utf8')
    .split('\n', 1)[0]!
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  const ticks = [user, nice, system, irq, softirq, steal].reduce<number>((sum, t) => sum + (t ?? 0), 0);
  const { user: ownUser, system: ownSystem } = process.cpuUsage();
  return { machine: ticks * TICK_MS, own: (ownUser + ownSystem) / 1000 };
}

/**
 * Share of one processor that other processes took between two readings, in the same `wallMs`.
 * @param alsoOurs milliseconds of processor time that a child process of the benchmark took
 */
export function otherShare(before: CpuTimes, after: CpuTimes, wallMs: number, alsoOurs = 0): number {
  const other = after.machine - before.machine - (after.own - before.own) - alsoOurs - NOISE_MS;
  return Math.max(0, other) / wallMs;
}

/** Waits until other processes take less than `share` of one processor, at most `maxMs`. */
export async function waitForQuiet(share: number, maxMs: number): Promise<void> {
  const started = performance.now();
  while (performance.now() - started < maxMs) {
    const [before, from] = [cpuTimes(), performance.now()];
    await sleep(300);
    const after = cpuTimes();
    if (!before || !after || otherShare(before, after, performance.now() - from) < share) return;
  }
}
