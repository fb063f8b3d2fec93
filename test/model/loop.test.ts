import fc from 'fast-check';
import { expect, test } from 'vitest';
import { generate } from '../../src/engine/model/generate.ts';
import { isLooping } from '../../src/engine/model/loop.ts';
import { priorities } from '../../src/engine/model/runQueue.ts';
import { openTiny } from './fixtures.ts';

const token = fc.nat(8191);
const period = fc.uniqueArray(token, { minLength: 1, maxLength: 24 });
const times = (part: readonly number[], length: number): number[] =>
  Array.from({ length }, (_, i) => part[i % part.length]!);

test('a loop of up to 24 tokens is seen once 32 tokens and four rounds are there, wherever in a round, and not before', () => {
  fc.assert(
    fc.property(fc.array(token), period, fc.nat(23), (before, part, more) => {
      const needed = Math.max(32, 4 * part.length);
      // What stands before must not be a part of the loop itself.
      const start = [...before, 9000];
      expect(isLooping([...start, ...times(part, needed + more)])).toBe(true);
      expect(isLooping([...start, ...times(part, needed - 1)])).toBe(false);
    }),
  );
});

test('what has no repetition is none, and a loop that was left is none', () => {
  fc.assert(
    fc.property(fc.uniqueArray(token, { minLength: 0, maxLength: 200 }), period, (tokens, part) => {
      expect(isLooping(tokens)).toBe(false);
      expect(isLooping([...times(part, 120), 9000])).toBe(false);
    }),
  );
});

test('an answer ends in its loop where that shall be noticed', async () => {
  const decoder = await openTiny('llama-fp32');
  const said = async (stopLoops: boolean) => {
    const lane = decoder.lane(priorities.answer, 256);
    await lane.append(decoder.tokenizer.encodeText('function open'));
    const sampling = { temperature: 0, topP: 1 };
    return generate(lane, decoder.tokenizer, { maxTokens: 200, endTokens: new Set(), sampling, stopLoops });
  };
  const [whole, ended] = [await said(false), await said(true)];
  expect([whole.stopped, whole.tokens.length]).toEqual(['length', 200]);
  // A small random network soon says the same over and over.
  expect(ended.stopped).toBe('loop');
  expect(ended.tokens).toEqual(whole.tokens.slice(0, ended.tokens.length));
  expect([isLooping(ended.tokens), isLooping(ended.tokens.slice(0, -1))]).toEqual([true, false]);
  await decoder.dispose();
});
