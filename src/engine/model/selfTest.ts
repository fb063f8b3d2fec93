import type { SelfTest } from '../../common/protocol.ts';
import type { Decoder } from './decoder.ts';
import { priorities } from './runQueue.ts';

const TEST_TEXT = 'export function addNumbers(a: number, b: number): number { return a + b; }';
const TEST_ANSWER_TOKENS = 8;

/** Text to tokens and back, a prefill, a few new tokens: do they come out as numbers and text? */
export async function selfTest(decoder: Decoder, signal?: AbortSignal): Promise<SelfTest> {
  const { tokenizer } = decoder;
  const ids = tokenizer.encodeText(TEST_TEXT);
  const roundTrip = tokenizer.decode(ids).trim() === TEST_TEXT;
  const lane = decoder.lane(priorities.answer, ids.length + TEST_ANSWER_TOKENS);
  const started = performance.now();
  await lane.append(ids, { signal });
  const prefilled = performance.now();
  let finite = allFinite(lane.logits);
  for (let i = 0; i < TEST_ANSWER_TOKENS; i++) {
    await lane.append([largest(lane.logits)], { signal });
    finite &&= allFinite(lane.logits);
  }
  const decodeMs = performance.now() - prefilled;
  const faults = [
    ...(roundTrip ? [] : ['the tokenizer does not give back the text that it was given']),
    ...(finite ? [] : ['the model computes values that are no numbers']),
  ];
  return {
    passed: faults.length === 0,
    finding: faults.join('; ') || 'text to tokens and back, prefill and decoding work',
    prefillTokensPerSecond: (1_000 * ids.length) / (prefilled - started),
    decodeTokensPerSecond: (1_000 * TEST_ANSWER_TOKENS) / decodeMs,
  };
}

const allFinite = (logits: Float32Array): boolean => logits.every((x) => Number.isFinite(x));

function largest(logits: Float32Array): number {
  let best = 0;
  for (let i = 1; i < logits.length; i++) if (logits[i]! > logits[best]!) best = i;
  return best;
}
