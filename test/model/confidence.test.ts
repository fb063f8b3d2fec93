import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { ConfidenceSum, logProbability } from '../../src/engine/model/confidence.ts';
import { generate } from '../../src/engine/model/generate.ts';
import { priorities } from '../../src/engine/model/runQueue.ts';
import { SmallWorkspaces } from '../engine/smallWorkspace.ts';

const small = new SmallWorkspaces();
afterAll(() => small.dispose());

/** log(exp(x_t) / Σ exp(x_i)), straight from the definition; holds for logits of moderate size. */
function reference(logits: Float32Array, token: number): number {
  const weights = Array.from(logits, (logit) => Math.exp(logit));
  return Math.log(weights[token]! / weights.reduce((sum, weight) => sum + weight, 0));
}

const logits = fc
  .array(fc.float({ min: -50, max: 50, noNaN: true }), { minLength: 1, maxLength: 300 })
  .map((values) => Float32Array.from(values));

describe('the probability of a token', () => {
  test('is that of the softmax', () => {
    fc.assert(
      fc.property(logits, fc.nat(), (values, n) => {
        const token = n % values.length;
        expect(logProbability(values, token)).toBeCloseTo(reference(values, token), 9);
      }),
    );
  });

  test('of all tokens sums to 1, and a shift of all logits changes nothing', () => {
    fc.assert(
      fc.property(logits, fc.integer({ min: -64, max: 64 }), (values, shift) => {
        // Eighths: adding a small whole number to them is exact in single precision.
        const exact = values.map((value) => Math.round(value * 8) / 8);
        const logs = Array.from(exact, (_, token) => logProbability(exact, token));
        expect(logs.reduce((sum, log) => sum + Math.exp(log), 0)).toBeCloseTo(1, 9);
        const shifted = exact.map((value) => value + shift);
        logs.forEach((log, token) => {
          expect(logProbability(shifted, token)).toBeCloseTo(log, 9);
        });
      }),
    );
  });

  test('neither overflows nor vanishes', () => {
    expect(logProbability(Float32Array.of(3e38, 0, -3e38), 0)).toBe(0);
    expect(logProbability(Float32Array.of(1_000, 999), 1)).toBeCloseTo(-1.313261687518, 9);
    expect(logProbability(Float32Array.of(-1_000, -1_000, -1_000, -1_000), 2)).toBeCloseTo(Math.log(0.25), 12);
  });
});

test('of an answer: geometric mean and the least; of none, nothing', () => {
  const sum = new ConfidenceSum();
  expect(sum.confidence).toBeUndefined();
  const half = Float32Array.of(2, 2);
  const quarter = Float32Array.of(1, 1, 1, 1);
  for (const values of [half, quarter, half]) sum.add(values, 0);
  expect(sum.confidence!.mean).toBeCloseTo(Math.cbrt(1 / 16), 12);
  expect(sum.confidence!.least).toBeCloseTo(1 / 4, 12);
});

describe('of a generated answer', () => {
  const prompt = 'export function openHarbour(depth: number): Harbour {';

  /** The answer's tokens again, one by one after the same prompt, and the confidence that follows from their logits. */
  async function replay(tokens: readonly number[], end: number | undefined) {
    const decoder = await small.decoder('qwen3-fp32');
    const lane = decoder.lane(priorities.answer, 256);
    await lane.append(decoder.tokenizer.encodeText(prompt));
    const logs: number[] = [];
    for (const token of tokens) {
      logs.push(reference(lane.logits, token));
      await lane.append([token]);
    }
    if (end !== undefined) logs.push(reference(lane.logits, end));
    return { mean: Math.exp(logs.reduce((a, b) => a + b, 0) / logs.length), least: Math.exp(Math.min(...logs)) };
  }

  test.each([1, 12])(
    'it is what its %i tokens were chosen with, the sampling temperature left aside',
    async (maxTokens) => {
      const decoder = await small.decoder('qwen3-fp32');
      const lane = decoder.lane(priorities.answer, 256);
      await lane.append(decoder.tokenizer.encodeText(prompt));
      let state = 7;
      const said = await generate(lane, decoder.tokenizer, {
        maxTokens,
        endTokens: new Set(),
        sampling: { temperature: 2, topP: 1 },
        random: () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647,
      });
      expect(said.tokens).toHaveLength(maxTokens);
      const expected = await replay(said.tokens, undefined);
      expect(said.confidence!.mean).toBeCloseTo(expected.mean, 6);
      expect(said.confidence!.least).toBeCloseTo(expected.least, 6);
    },
  );

  test('its end counts where the model ended it', async () => {
    const decoder = await small.decoder('qwen3-fp32');
    const lane = decoder.lane(priorities.answer, 256);
    const options = { maxTokens: 8, sampling: { temperature: 0, topP: 1 } };
    await lane.append(decoder.tokenizer.encodeText(prompt));
    const { tokens } = await generate(lane, decoder.tokenizer, { ...options, endTokens: new Set() });
    const end = tokens.find((token, i) => i > 2 && tokens.indexOf(token) === i)!;
    lane.kv.truncate(0);
    await lane.append(decoder.tokenizer.encodeText(prompt));
    const said = await generate(lane, decoder.tokenizer, { ...options, endTokens: new Set([end]) });
    expect(said).toMatchObject({ stopped: 'end', tokens: tokens.slice(0, tokens.indexOf(end)) });
    const expected = await replay(said.tokens, end);
    expect(said.confidence!.mean).toBeCloseTo(expected.mean, 6);
    expect(said.confidence!.least).toBeCloseTo(expected.least, 6);
  });
});
