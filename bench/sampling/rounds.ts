import { setTimeout as sleep } from 'node:timers/promises';
import { cpuTimes, otherShare, waitForQuiet } from './quiet.ts';

/** One side of a comparison. */
export interface Arm {
  name: string;
  /**
   * Does the work once. Timed from outside, unless it returns milliseconds of its own: then only those count, and
   * `cpuMs` is processor time of the benchmark's child processes.
   */
  run: () => Promise<{ ms: number; cpuMs?: number } | undefined>;
  /** Untimed; before every sample. */
  prepare?: () => Promise<void> | void;
  /** Work per sample where one run is too short for the clock; the sample is their mean. Default 1. */
  batch?: number;
}

export interface RoundOptions {
  /** Rounds to take; each gives one sample of every arm, in the order of the arms. */
  rounds: number;
  /** No further round begins after this time, once `minRounds` are there. */
  budgetMs: number;
  minRounds?: number;
  /** Samples during which others took more than this share of one processor are taken again. */
  maxOther?: number;
  /** How often a disturbed sample is taken again before it stays and its round counts as disturbed. */
  retries?: number;
  /**
   * Pause before every sample, for arms with threads of their own: those of onnxruntime spin for some 40 ms after a run
   * (measured), and would take a processor from whoever comes next.
   */
  settleMs?: number;
  /** Longest wait for a quiet machine before a sample is taken again. */
  quietMs?: number;
}

export interface Rounds {
  /** Milliseconds per run, per arm name; samples with equal index were taken in the same round. */
  samples: Record<string, number[]>;
  /** Samples thrown away because the machine was busy. */
  rejected: number;
  /** Too few of the rounds were undisturbed, so disturbed ones are in. */
  noisy: boolean;
}

/** Takes samples in turns, A B A B …: what changes slowly on the machine then meets all sides alike. */
export async function interleave(arms: readonly Arm[], options: RoundOptions): Promise<Rounds> {
  const { rounds, budgetMs, minRounds = 2, maxOther = 0.15, retries = 3, quietMs = 5_000, settleMs = 0 } = options;
  const taken: { quiet: boolean; ms: number[] }[] = [];
  let rejected = 0;
  const started = performance.now();
  for (let round = 0; round < rounds; round++) {
    if (round >= minRounds && performance.now() - started > budgetMs) break;
    const ms: number[] = [];
    let quiet = true;
    for (const arm of arms) {
      for (let attempt = 0; ; attempt++) {
        const sample = await take(arm, settleMs);
        const disturbed = sample.other > maxOther;
        if (disturbed) rejected++;
        const late = performance.now() - started > budgetMs;
        if (!disturbed || attempt >= retries || late) {
          ms.push(sample.ms);
          quiet &&= !disturbed;
          break;
        }
        await waitForQuiet(maxOther, quietMs);
      }
    }
    taken.push({ quiet, ms });
  }
  const { used, noisy } = usableRounds(taken);
  const samples = Object.fromEntries(arms.map((arm, i) => [arm.name, used.map((t) => t.ms[i]!)]));
  return { samples, rejected, noisy };
}

/**
 * The undisturbed rounds where they are at least half of all, and never a single one out of several: then all of them,
 * marked as noisy.
 */
export function usableRounds<T extends { quiet: boolean }>(
  taken: readonly T[],
): { used: readonly T[]; noisy: boolean } {
  const quiet = taken.filter((t) => t.quiet);
  const noisy = quiet.length < Math.max(taken.length / 2, Math.min(2, taken.length));
  return { used: noisy ? taken : quiet, noisy };
}

async function take({ run, prepare, batch = 1 }: Arm, settleMs: number): Promise<{ ms: number; other: number }> {
  await prepare?.();
  if (settleMs > 0) await sleep(settleMs);
  const [before, from] = [cpuTimes(), performance.now()];
  let [ms, cpuMs] = [0, 0];
  for (let i = 0; i < batch; i++) {
    const started = performance.now();
    const own = await run();
    ms += own?.ms ?? performance.now() - started;
    cpuMs += own?.cpuMs ?? 0;
  }
  const after = cpuTimes();
  const other = before && after ? otherShare(before, after, performance.now() - from, cpuMs) : 0;
  return { ms: ms / batch, other };
}
