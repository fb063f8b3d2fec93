import type * as Ort from 'onnxruntime-node';
import { CribsheetError } from '../../common/errors.ts';
import type { Device } from '../../common/names.ts';
import { isGuardError, StepRunner } from './stepRunner.ts';
import { GUARD } from './graph/rewrite.ts';
import { KvCache } from './kvCache.ts';
import type { ModelFolder } from './layout.ts';
import { openSession, type OpenedGraph } from './openSession.ts';

export interface DeviceReport {
  /** Where the decoder runs. */
  device: Exclude<Device, 'auto'>;
  /** The device agreed with the CPU on this model, on this machine. The CPU is the reference. */
  verified: boolean;
  /** What the self-test found. */
  reason: string;
  /** Most tokens of one step for which the device agreed with the CPU; absent where there is no such bound. */
  maxStepTokens?: number;
}

/**
 * Prompt lengths of the self-test, longest first. Software Vulkan computes attention wrongly from 32 rows on and
 * rightly below: a device that passes only the short one is used in short steps.
 */
const TEST_LENGTHS = [64, 16] as const;
/**
 * Largest difference in logits, as a share of the largest logit, that still counts as agreement. The CPU rounds
 * activations to int8 before it multiplies them with quantised weights, other providers do not.
 */
const TEST_TOLERANCE = { exact: 0.02, quantised: 0.08 } as const;

/**
 * Opens the session on a device. `auto` is the CPU: no other provider is used before it has passed the self-test on
 * the installed model, and then only when asked for by name.
 * @throws CribsheetError `device-unavailable` when a named device does not start or does not agree with the CPU
 */
export async function chooseDevice(
  ort: typeof Ort,
  model: ModelFolder,
  opened: OpenedGraph,
  device: Device,
  threads: number,
): Promise<{ runner: StepRunner; report: DeviceReport }> {
  const cpu = await openCpu(ort, model, opened, threads);
  if (device === 'auto' || device === 'cpu') {
    return { runner: cpu, report: { device: 'cpu', verified: true, reason: 'reference' } };
  }
  try {
    // The binding drops a provider that it does not have, with no more than a line on the console.
    if (!ort.listSupportedBackends().some((b) => b.name === device)) {
      throw unavailable(`The device ${device} is not part of onnxruntime on this platform.`);
    }
    const session = await openSession(ort, model, opened.bytes(false), device, threads);
    const runner = new StepRunner(ort, session, opened.graph, 'copy');
    let difference = Infinity;
    for (const length of TEST_LENGTHS) {
      difference = await selfTest(cpu, runner, opened, length).catch(async (cause: unknown) => {
        await runner.release();
        const why = cause instanceof Error ? cause.message.split('\n')[0]!.slice(0, 300) : String(cause);
        throw unavailable(`The device ${device} cannot run this model: ${why}`);
      });
      if (!(difference <= TEST_TOLERANCE[opened.quantised ? 'quantised' : 'exact'])) continue;
      const reason = `self-test passed, difference ${difference.toExponential(1)}`;
      const bound = length === TEST_LENGTHS[0] ? {} : { maxStepTokens: length };
      return { runner, report: { device, verified: true, reason, ...bound } };
    }
    await runner.release();
    throw unavailable(
      `The device ${device} computes other results than the CPU on this model (difference ${difference.toPrecision(2)}).`,
    );
  } finally {
    await cpu.release();
  }
}

function unavailable(message: string): CribsheetError {
  return new CribsheetError('device-unavailable', message, 'Use --device cpu.');
}

/** The CPU session with the sequence guard, or without it where the binding no longer behaves as the guard needs. */
async function openCpu(ort: typeof Ort, model: ModelFolder, opened: OpenedGraph, threads: number): Promise<StepRunner> {
  const guarded = await openSession(ort, model, opened.bytes(true), 'cpu', threads);
  const runner = new StepRunner(ort, guarded, opened.graph, 'in-place-guarded');
  if (guarded.outputNames[0] === GUARD && (await guardHolds(runner, opened))) return runner;
  await runner.release();
  const plain = await openSession(ort, model, opened.bytes(false), 'cpu', threads);
  return new StepRunner(ort, plain, opened.graph, 'in-place');
}

/** One token through the guarded session: the results must stand in our buffers. */
async function guardHolds(runner: StepRunner, opened: OpenedGraph): Promise<boolean> {
  const logits = new Float32Array(opened.graph.vocabulary).fill(Number.NaN);
  try {
    await runner.run(smallCache(opened), [0], logits);
  } catch (error) {
    if (isGuardError(error)) return false;
    throw error;
  }
  return logits.every((x) => Number.isFinite(x));
}

/** Largest relative difference in logits and in attention sums between two runners over a prefill and a decode step. */
async function selfTest(
  reference: StepRunner,
  candidate: StepRunner,
  opened: OpenedGraph,
  length: number,
): Promise<number> {
  const tokens = Array.from({ length }, (_, i) => (i * 37 + 11) % opened.graph.vocabulary);
  const results: Float32Array[][] = [];
  for (const runner of [reference, candidate]) {
    const logits = new Float32Array(opened.graph.vocabulary);
    const kv = smallCache(opened);
    await runner.run(kv, tokens, logits);
    const prefill = logits.slice();
    const sums = await runner.run(kv, [tokens[3]!], logits, { kind: 'sums', start: 0, end: length });
    results.push([prefill, logits, ...(sums ?? [])]);
  }
  const [a, b] = results as [Float32Array[], Float32Array[]];
  return Math.max(...a.map((x, i) => relativeDifference(x, b[i]!)));
}

function relativeDifference(a: Float32Array, b: Float32Array): number {
  let [difference, largest] = [0, 1e-6];
  for (let i = 0; i < a.length; i++) {
    difference = Math.max(difference, Math.abs(a[i]! - b[i]!));
    largest = Math.max(largest, Math.abs(a[i]!));
    if (!Number.isFinite(b[i]!)) return Infinity;
  }
  return difference / largest;
}

function smallCache({ graph }: OpenedGraph): KvCache {
  const { attention, kvHeads, headSize, kvType } = graph;
  return new KvCache({ layers: attention.length, kvHeads, headSize, type: kvType }, TEST_LENGTHS[0] + 8);
}
