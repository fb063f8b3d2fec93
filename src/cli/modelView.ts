import { openGraph } from '../engine/model/openSession.ts';
import type { Decoder } from '../engine/model/decoder.ts';
import { readModelFolder } from '../engine/model/layout.ts';
import { parseProfile } from '../engine/model/profile.ts';
import { priorities } from '../engine/model/runQueue.ts';

/** What Node, onnxruntime and the parsers take besides weights, keys and values; measured, in bytes. */
const BASE_BYTES = 150_000_000;
/** Text of the self-test. */
const TEST_TEXT = 'export function addNumbers(a: number, b: number): number { return a + b; }';
const TEST_ANSWER_TOKENS = 8;

export interface ModelNeeds {
  /** Positions of one context. */
  window: number;
  weightBytes: number;
  /** Memory of a process that answers from a full sheet, about, in bytes. */
  memoryBytes: number;
}

/** What a model will need, read from its graph without loading it. @throws CribsheetError as `Decoder.open` */
export async function modelNeeds(folder: string): Promise<ModelNeeds> {
  const model = await readModelFolder(folder);
  const { sheetTokens, answerTokens, segmentTokens } = parseProfile(model.profile, 'model');
  const { graph, weightBytes } = await openGraph(model);
  const window = Math.min(graph.maxPositions, model.contextLength);
  const perPosition =
    graph.attention.length * graph.kvHeads * graph.headSize * 2 * (graph.kvType === 'float16' ? 2 : 4);
  const positions = Math.min(window, sheetTokens) + answerTokens + segmentTokens;
  return { window, weightBytes, memoryBytes: BASE_BYTES + weightBytes + positions * perPosition };
}

export interface SelfTest {
  passed: boolean;
  /** What is wrong, or what was found. */
  finding: string;
  prefillTokensPerSecond: number;
  decodeTokensPerSecond: number;
}

/** Text to tokens and back, a prefill, a few new tokens: do they come out as numbers and text? */
export async function selfTest(decoder: Decoder, signal: AbortSignal): Promise<SelfTest> {
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
