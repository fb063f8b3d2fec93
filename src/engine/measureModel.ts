import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { throwIfCancelled } from '../common/errors.ts';
import { measuredRatios, measureSample, type MeasureSample } from './compress/measure.ts';
import { retrievalHeads } from './compress/retrievalHeads.ts';
import type { MeasuredStore } from './measuredStore.ts';
import type { Decoder } from './model/decoder.ts';
import { measuredBudgets, retrievalKinds, type MeasuredBudgets, type RetrievalHeads } from './model/measured.ts';
import { priorities } from './model/runQueue.ts';

interface MeasureOptions {
  signal?: AbortSignal | undefined;
  /** Steps done and in all: questions, and kinds of retrieval heads. */
  onProgress?: ((done: number, total: number) => void) | undefined;
}

/** What a run has got to: sums over the first `done` samples. */
interface Part {
  /** Hash of the samples: with others it begins anew. */
  samples: string;
  done: number;
  /** [layers][kvHeads][ratios] */
  sums: number[][][];
}

/**
 * Measures a model and keeps the result in the store. Every finished question survives a cancel or a kill: the next run
 * goes on behind it and comes to the same numbers.
 * @throws CribsheetError `cancelled`, `store-unwritable`
 */
export async function measureModel(
  decoder: Decoder,
  samples: readonly MeasureSample[],
  store: MeasuredStore,
  { signal, onProgress }: MeasureOptions = {},
): Promise<{ table: MeasuredBudgets; resumed: number }> {
  const model = decoder.fingerprint;
  const total = samples.length + retrievalKinds.length;
  const part = startedPart(await store.readPart(model), hashOf(samples), decoder);
  const resumed = part.done;
  const longest = samples.reduce((most, { segment }) => Math.max(most, segment.tokens), 0);
  const lane = decoder.steadyLane(priorities.compress, decoder.chat.preamble().length + longest + 256);
  onProgress?.(part.done, total);
  for (const sample of samples.slice(part.done)) {
    throwIfCancelled(signal);
    // Fits and sums take no step of the decoder, which would give others their turn.
    await setImmediate();
    const errors = await measureSample(decoder, lane, sample, signal);
    part.sums = part.sums.map((layer, l) => layer.map((head, h) => head.map((sum, r) => sum + errors[l]![h]![r]!)));
    part.done++;
    await store.writePart(model, part);
    onProgress?.(part.done, total);
  }
  const retrieval: Partial<Record<string, RetrievalHeads>> = {};
  for (const [i, kind] of retrievalKinds.entries()) {
    retrieval[kind] = await retrievalHeads(decoder, signal, kind);
    onProgress?.(samples.length + i + 1, total);
  }
  const table = measuredBudgets({
    model,
    samples: samples.length,
    ratios: [...measuredRatios],
    errors: part.sums.map((layer) => layer.map((head) => head.map((sum) => sum / Math.max(1, samples.length)))),
    retrieval: retrieval as MeasuredBudgets['retrieval'],
  });
  await store.write(table);
  return { table, resumed };
}

function hashOf(samples: readonly MeasureSample[]): string {
  const parts = samples.map(({ segment, task, question, answer }) => [segment.id, task.id, question, answer]);
  return createHash('sha256')
    .update(JSON.stringify([measuredRatios, parts]))
    .digest('hex');
}

function startedPart(found: unknown, samples: string, { graph }: Decoder): Part {
  const part = found as Partial<Part> | undefined;
  if (part?.samples === samples && typeof part.done === 'number' && Array.isArray(part.sums)) return part as Part;
  const { attention, kvHeads } = graph;
  const sums = attention.map(() => Array.from({ length: kvHeads }, () => measuredRatios.map(() => 0)));
  return { samples, done: 0, sums };
}
