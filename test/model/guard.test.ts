import * as ort from 'onnxruntime-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { KvCache } from '../../src/engine/model/kvCache.ts';
import { readModelFolder } from '../../src/engine/model/layout.ts';
import { openGraph, openSession, type OpenedGraph } from '../../src/engine/model/openSession.ts';
import { isGuardError, StepRunner, type KvTransfer } from '../../src/engine/model/stepRunner.ts';
import { modelFolder } from './fixtures.ts';

let opened: OpenedGraph;
const runners = new Map<KvTransfer, StepRunner>();
const sessions: ort.InferenceSession[] = [];

beforeAll(async () => {
  const model = await readModelFolder(modelFolder('qwen2-fp32'));
  opened = await openGraph(model);
  for (const transfer of ['in-place-guarded', 'in-place', 'copy'] as const) {
    const session = await openSession(ort, model, opened.bytes(transfer === 'in-place-guarded'), 'cpu', 1);
    sessions.push(session);
    runners.set(transfer, new StepRunner(ort, session, opened.graph, transfer));
  }
});
afterAll(async () => {
  for (const runner of runners.values()) await runner.release();
});

const cache = (): KvCache => {
  const { attention, kvHeads, headSize, kvType } = opened.graph;
  return new KvCache({ layers: attention.length, kvHeads, headSize, type: kvType }, 80);
};
const tokens = Array.from({ length: 24 }, (_, i) => (i * 31 + 5) % 500);

test('the binding still throws exactly the error that the guard relies on', async () => {
  const [guarded] = sessions;
  const { graph } = opened;
  const empty = new ort.Tensor('float32', new Float32Array(0), [1, graph.kvHeads, 0, graph.headSize]);
  const feeds: Record<string, ort.Tensor> = {
    input_ids: new ort.Tensor('int64', BigInt64Array.of(5n), [1, 1]),
    attention_mask: new ort.Tensor('int64', BigInt64Array.of(1n), [1, 1]),
    crib_score_on: new ort.Tensor('bool', Uint8Array.of(0), []),
    crib_score_kind: new ort.Tensor('int64', BigInt64Array.of(0n), []),
    crib_score_start: new ort.Tensor('int64', BigInt64Array.of(0n), [1]),
    crib_score_end: new ort.Tensor('int64', BigInt64Array.of(0n), [1]),
    crib_short: new ort.Tensor('int32', new Int32Array(graph.attention.length), [graph.attention.length]),
  };
  for (const layer of graph.attention) feeds[layer.pastKey] = feeds[layer.pastValue] = empty;
  const error = await guarded!.run(feeds).then(
    () => undefined,
    (e: unknown) => e,
  );
  expect(isGuardError(error)).toBe(true);
});

test('all three ways to hand over keys and values compute the same', async () => {
  const results = [];
  for (const runner of runners.values()) {
    const kv = cache();
    const logits = new Float32Array(opened.graph.vocabulary);
    await runner.run(kv, tokens, logits);
    const prefill = logits.slice();
    const sums = await runner.run(kv, [7, 8, 9], logits, { kind: 'sums', start: 0, end: 20 });
    results.push([prefill, logits, ...sums!, kv.keys.map((k) => [...k.subarray(0, 27 * 32)])]);
  }
  expect(results[1]).toEqual(results[0]);
  expect(results[2]).toEqual(results[0]);
});

test('other errors are not taken for the guard', async () => {
  const kv = cache();
  const logits = new Float32Array(opened.graph.vocabulary);
  await expect(runners.get('in-place-guarded')!.run(kv, [100_000], logits)).rejects.toThrow();
  expect(isGuardError(new Error('something else'))).toBe(false);
});
