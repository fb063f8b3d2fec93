import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Decoder } from '../../src/engine/model/decoder.ts';
import * as ort from 'onnxruntime-node';
import { decodeModel, encodeModel } from '../../src/engine/model/graph/onnx.ts';
import { KvCache } from '../../src/engine/model/kvCache.ts';
import { Lane } from '../../src/engine/model/lane.ts';
import { readModelFolder } from '../../src/engine/model/layout.ts';
import { openGraph, openSession } from '../../src/engine/model/openSession.ts';
import { StepPlan } from '../../src/engine/model/stepPlan.ts';
import { StepRunner } from '../../src/engine/model/stepRunner.ts';
import type { Observation } from '../../src/engine/model/observation.ts';
import { priorities, RunQueue } from '../../src/engine/model/runQueue.ts';
import { maxDifference, modelFolder, openTiny, reference } from './fixtures.ts';

/** test/fixtures/README.md has the schema: a NumPy decoder in fp64. */
interface Layer {
  sums: number[][];
  maxima: number[][];
  squares: number[][];
  last: number[][];
  ownSums: number[][];
  querySums: number[][];
  queryProducts: number[][];
  queries: number[][][];
  outputs: number[][][];
  logMass: number[][];
  logTotal: number[][];
}
interface Reference {
  corpus: number[];
  task: number[];
  statistics: { layers: Layer[]; rawRows: number[] };
}

const headSize = 32;

describe.each(['llama', 'qwen2', 'qwen3'])('what the scorer reports on %s', (family) => {
  const ref = reference<Reference>(`strategies-${family}`);
  const { layers, rawRows } = ref.statistics;
  const context = ref.corpus.length;
  // Steps of seven tokens: reports of many runs must come together as those of one.
  const decoders: Decoder[] = [];
  beforeAll(async () => {
    for (const stepTokens of [256, 7]) decoders.push(await openTiny(`${family}-fp32`, { stepTokens }));
  });
  afterAll(async () => {
    for (const decoder of decoders) await decoder.dispose();
  });

  async function ofProbe(decoder: Decoder, kind: 'sums' | 'stats' | 'raw', start = 0): Promise<Observation> {
    const lane = decoder.lane(priorities.compress, 256);
    await lane.append(ref.corpus);
    return lane.observe(ref.task, { kind, start, end: context });
  }

  test('sums, largest weights, squares and the last row', async () => {
    for (const decoder of decoders) {
      for (const kind of ['stats', 'raw'] as const) {
        const seen = await ofProbe(decoder, kind);
        expect(seen).toMatchObject({ rows: ref.task.length, columns: context });
        layers.forEach((layer, l) => {
          for (const name of ['sums', 'maxima', 'squares', 'last'] as const)
            expect(maxDifference(seen[name]![l]!, layer[name].flat())).toBeLessThan(1e-4);
        });
      }
      const { sums, maxima } = await ofProbe(decoder, 'sums');
      layers.forEach((layer, l) => expect(maxDifference(sums![l]!, layer.sums.flat())).toBeLessThan(1e-4));
      expect(maxima).toBe(undefined);
    }
  });

  test('columns from a start on', async () => {
    for (const decoder of decoders) {
      const { sums, maxima, columns } = await ofProbe(decoder, 'stats', 10);
      expect(columns).toBe(context - 10);
      layers.forEach((layer, l) => {
        expect(
          maxDifference(
            sums![l]!,
            layer.sums.flatMap((head) => head.slice(10)),
          ),
        ).toBeLessThan(1e-4);
        expect(
          maxDifference(
            maxima![l]!,
            layer.maxima.flatMap((head) => head.slice(10)),
          ),
        ).toBeLessThan(1e-4);
      });
    }
  });

  test('queries, attention outputs and log sums of rows', async () => {
    for (const decoder of decoders) {
      const { raw, rows } = await ofProbe(decoder, 'raw');
      const at = (of: Float32Array, head: number, row: number, width: number): Float32Array =>
        of.subarray((head * rows + row) * width, (head * rows + row + 1) * width);
      layers.forEach((layer, l) => {
        layer.queries.forEach((_, head) => {
          rawRows.forEach((row, i) => {
            const pairs: [Float32Array, number[]][] = [
              [at(raw!.queries[l]!, head, row, headSize), layer.queries[head]![i]!],
              [at(raw!.outputs[l]!, head, row, headSize), layer.outputs[head]![i]!],
              [at(raw!.logMass[l]!, head, row, 1), [layer.logMass[head]![i]!]],
              [at(raw!.logTotal[l]!, head, row, 1), [layer.logTotal[head]![i]!]],
            ];
            for (const [ours, theirs] of pairs) expect(maxDifference(ours, theirs)).toBeLessThan(1e-4);
          });
        });
      });
    }
  });

  test('tokens that look at themselves', async () => {
    for (const decoder of decoders) {
      const lane = decoder.lane(priorities.compress, 256);
      const { sums } = await lane.observe(ref.corpus, { kind: 'sums', start: 0 });
      layers.forEach((layer, l) => expect(maxDifference(sums![l]!, layer.ownSums.flat())).toBeLessThan(2e-4));
    }
  });

  test('moments of queries before rotation', async () => {
    for (const decoder of decoders) {
      const lane = decoder.lane(priorities.compress, 256);
      await lane.append(ref.corpus.slice(0, 4));
      const { moments, rows } = await lane.observe(ref.corpus.slice(4), { kind: 'moments', start: 0 });
      expect(rows).toBe(context - 4);
      layers.forEach((layer, l) => {
        const relative = (a: ArrayLike<number>, b: number[]): number =>
          maxDifference(a, b) / Math.max(...b.map(Math.abs));
        expect(relative(moments!.sums[l]!, layer.querySums.flat())).toBeLessThan(1e-5);
        expect(relative(moments!.products[l]!.subarray(-(headSize ** 2)), layer.queryProducts.flat())).toBeLessThan(
          1e-5,
        );
      });
    }
  });
});

test('half-precision models report as single-precision ones do', async () => {
  const ref = reference<Reference>('strategies-qwen2');
  const [half, single] = [await openTiny('qwen2-fp16'), await openTiny('qwen2-fp32')];
  const seen: Observation[] = [];
  for (const decoder of [half, single]) {
    const lane = decoder.lane(priorities.compress, 256);
    await lane.append(ref.corpus);
    seen.push(await lane.observe(ref.task, { kind: 'raw', start: 0, end: ref.corpus.length }));
  }
  seen[0]!.maxima!.forEach((layer, l) => expect(maxDifference(layer, seen[1]!.maxima![l]!)).toBeLessThan(2e-2));
  seen[0]!.raw!.outputs.forEach((layer, l) =>
    expect(maxDifference(layer, seen[1]!.raw!.outputs[l]!)).toBeLessThan(5e-2),
  );
  await half.dispose();
  await single.dispose();
});

test('graphs of before opset 18, where reductions name their axes otherwise, report the same', async () => {
  const ref = reference<Reference>('strategies-qwen2');
  const model = await readModelFolder(modelFolder('qwen2-fp32'));
  const old = decodeModel(model.graphBytes);
  old.opsetImport = old.opsetImport!.map((o) => (o.domain ? o : { ...o, version: 17 }));
  const opened = await openGraph({ ...model, graphBytes: encodeModel(old) });
  const session = await openSession(ort, model, opened.bytes(false), 'cpu', 1);
  const { attention, kvHeads, headSize, kvType, heads, vocabulary, maxPositions } = opened.graph;
  const lane = new Lane({
    kv: new KvCache({ layers: attention.length, kvHeads, headSize, type: kvType }, 256),
    vocabulary,
    heads,
    maxPositions,
    runner: new StepRunner(ort, session, opened.graph, 'in-place'),
    queue: new RunQueue(),
    plan: new StepPlan(256),
    priority: priorities.compress,
  });
  await lane.append(ref.corpus);
  const seen = await lane.observe(ref.task, { kind: 'raw', start: 0, end: ref.corpus.length });
  ref.statistics.layers.forEach((layer, l) => {
    for (const name of ['sums', 'maxima', 'squares'] as const)
      expect(maxDifference(seen[name]![l]!, layer[name].flat())).toBeLessThan(1e-4);
  });
  await session.release();
});
