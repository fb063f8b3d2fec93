import { afterAll, describe, expect, test } from 'vitest';
import type { Decoder } from '../../src/engine/model/decoder.ts';
import { priorities } from '../../src/engine/model/runQueue.ts';
import { openTiny, reference } from './fixtures.ts';

const opened: Decoder[] = [];
afterAll(async () => {
  for (const decoder of opened) await decoder.dispose();
});

/** -ln p by the model's usual session: one token a step, softmax over its logits. */
async function oneByOne(decoder: Decoder, before: readonly number[], ids: readonly number[]): Promise<number[]> {
  const lane = decoder.lane(priorities.answer, 256);
  if (before.length > 0) await lane.append(before);
  const found: number[] = [];
  for (const [i, id] of ids.entries()) {
    if (before.length + i === 0) found.push(Infinity);
    else {
      const all = Array.from(lane.logits, (x) => Math.exp(x));
      found.push(-Math.log(all[id]! / all.reduce((a, b) => a + b, 0)));
    }
    await lane.append([id]);
  }
  return found;
}

describe.each([
  ['llama-fp32', 1e-3],
  ['qwen2-fp32', 1e-3],
  ['qwen3-fp32', 1e-3],
  ['qwen2-fp16', 5e-2],
  ['qwen3-int4', 2e-1],
])('%s', (name, tolerance) => {
  test('says of every token what its usual session says, over the seams of steps too', async () => {
    const decoder = await openTiny(name);
    opened.push(decoder);
    const { corpus } = reference<{ corpus: number[] }>(`strategies-${name.split('-')[0]!}`);
    // More than two steps of 64.
    const ids = [...corpus, ...corpus.toReversed(), ...corpus, ...corpus].slice(0, 150);
    for (const before of [[], corpus.slice(0, 5)]) {
      const ours = await decoder.surprisals(before, ids);
      const theirs = await oneByOne(decoder, before, ids);
      expect(ours.length).toBe(ids.length);
      const off = theirs.map((x, i) => (x === ours[i] ? 0 : Math.abs(x - ours[i]!)));
      expect(Math.max(...off)).toBeLessThan(tolerance);
    }
  });

  test('a text of one token and of none', async () => {
    const decoder = opened.at(-1)!;
    expect(await decoder.surprisals([], [3])).toEqual(Float32Array.of(Infinity));
    expect(await decoder.surprisals([5], [3])).toHaveLength(1);
    expect(await decoder.surprisals([5], [])).toHaveLength(0);
  });
});

test('a cancel ends the reading', async () => {
  const decoder = opened[0]!;
  const cut = decoder.surprisals([], [1, 2, 3], AbortSignal.abort());
  await expect(cut).rejects.toThrow(expect.objectContaining({ code: 'cancelled' }) as Error);
});
