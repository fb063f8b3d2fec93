import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Decoder } from '../../src/engine/model/decoder.ts';
import { generate } from '../../src/engine/model/generate.ts';
import { priorities } from '../../src/engine/model/runQueue.ts';
import { maxDifference, openTiny, reference } from './fixtures.ts';

interface Reference {
  prompt: string;
  ids: number[];
  positions: number[];
  logits: number[][];
  greedy: { ids: number[]; text: string };
}

/** Tolerances of docs/models.md: fp32 against transformers; the others against onnxruntime on the very same export. */
const cases = [
  ['llama-fp32', 1e-4],
  ['qwen2-fp32', 1e-4],
  ['qwen3-fp32', 1e-4],
  ['llama-int8', 2e-2],
  ['qwen3-int4', 2e-2],
  ['qwen2-fp16', 2e-2],
] as const;

describe.each(cases)('%s', (name, tolerance) => {
  const ref = reference<Reference>(name);
  let decoder: Decoder;
  beforeAll(async () => {
    decoder = await openTiny(name);
  });
  afterAll(() => decoder.dispose());

  test('the prompt has the same tokens as in Python', () => {
    expect(decoder.tokenizer.encodeTemplate(ref.prompt)).toEqual(ref.ids);
  });

  test('logits are those of the reference at every recorded position', async () => {
    const lane = decoder.lane(priorities.answer, 64);
    for (const [i, position] of ref.positions.entries()) {
      lane.kv.truncate(0);
      await lane.append(ref.ids.slice(0, position + 1));
      expect(maxDifference(lane.logits, ref.logits[i]!)).toBeLessThan(tolerance);
    }
  });

  test('64 greedy tokens are those of the reference', async () => {
    const lane = decoder.lane(priorities.answer, 4);
    await lane.append(ref.ids);
    for (const id of ref.greedy.ids) {
      // Quantised activations are rounded differently from processor to processor: what is a tie there may fall either way.
      expect(Math.max(...lane.logits) - lane.logits[id]!).toBeLessThan(tolerance);
      await lane.append([id]);
    }
  });
});

test.each(['llama-fp32', 'qwen2-fp32', 'qwen3-fp32'])('%s generates the 64 tokens of the reference', async (name) => {
  const ref = reference<Reference>(name);
  const decoder = await openTiny(name);
  const lane = decoder.lane(priorities.answer, 4);
  await lane.append(ref.ids);
  const options = { maxTokens: 64, endTokens: new Set<number>(), sampling: { temperature: 0, topP: 1 } };
  const said = await generate(lane, decoder.tokenizer, options);
  expect(said.tokens).toEqual(ref.greedy.ids);
  await decoder.dispose();
});

test('one shot, steps and single tokens agree', async () => {
  const { ids } = reference<Reference>('llama-fp32');
  const results: Float32Array[] = [];
  for (const stepTokens of [256, 16, 7, 1]) {
    const decoder = await openTiny('llama-fp32', { stepTokens });
    const lane = decoder.lane(priorities.answer, 1);
    await lane.append(ids);
    results.push(lane.logits.slice());
    await decoder.dispose();
  }
  for (const other of results.slice(1)) expect(maxDifference(results[0]!, other)).toBeLessThan(2e-5);
});

test('interleaved lanes are bit-equal to lanes run alone', async () => {
  const decoder = await openTiny('qwen3-fp32', { stepTokens: 8 });
  const a = Array.from({ length: 40 }, (_, i) => (i * 13 + 7) % 500);
  const b = Array.from({ length: 56 }, (_, i) => (i * 29 + 3) % 500);
  const alone = [];
  for (const ids of [a, b]) {
    const lane = decoder.lane(priorities.answer, 64);
    await lane.append(ids);
    alone.push(lane.logits.slice());
  }
  const lanes = [decoder.lane(priorities.answer, 64), decoder.lane(priorities.compress, 3)];
  await Promise.all([lanes[0]!.append(a), lanes[1]!.append(b)]);
  expect(lanes.map((l) => l.logits)).toEqual(alone);
  await decoder.dispose();
});
