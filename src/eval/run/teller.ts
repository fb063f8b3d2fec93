import type { Stopped } from '../../common/answers.ts';
import type { Decoder } from '../../engine/model/decoder.ts';
import { generate } from '../../engine/model/generate.ts';
import type { Lane } from '../../engine/model/lane.ts';

/** Gold answers are scored up to this many tokens: each costs a step of the decoder. */
const MOST_GOLD_TOKENS = 64;
/** An answer may be this much longer than the gold one: rambling on costs time and says nothing. */
const ROOM = { factor: 2, tokens: 24 } as const;

/** One answer, and how likely the gold one was. */
export interface Told {
  said: string;
  stopped: Stopped;
  /** Tokens of question and answer. */
  question: number;
  answer: number;
  /** Sum of the negative log-probabilities of the gold answer's tokens, and how many there are; its end is one. */
  gold?: { nll: number; tokens: number };
  /** Milliseconds until the first token of the answer is known, and until the last. */
  ttftMs: number;
  totalMs: number;
}

export interface TellOptions {
  /** The right answer: how long an answer may be follows from it. */
  gold: string;
  /** Measure how likely the gold answer is. */
  perplexity: boolean;
  signal?: AbortSignal | undefined;
  /** When the question came, where retrieval belongs to the answer. */
  begun?: number;
}

/** Asks after a context that stands on a lane, and leaves the lane as it was. Greedy. */
export async function tell(decoder: Decoder, lane: Lane, question: string, options: TellOptions): Promise<Told> {
  const { gold, perplexity, signal, begun = performance.now() } = options;
  const before = lane.kv.length;
  const { tokenizer, endTokens } = decoder;
  try {
    const ids = decoder.chat.question(question);
    await lane.append(ids, { signal });
    const ttftMs = performance.now() - begun;
    const asked = lane.kv.length;
    const first = lane.logits.slice();
    const goldIds = tokenizer.encodeText(gold);
    const { text, tokens, stopped } = await generate(lane, tokenizer, {
      maxTokens: Math.ceil(ROOM.factor * goldIds.length) + ROOM.tokens,
      endTokens,
      sampling: { temperature: 0, topP: 1 },
      stopLoops: true,
      signal,
    });
    const totalMs = performance.now() - begun;
    const told = { said: text.trim(), stopped, question: ids.length, answer: tokens.length, ttftMs, totalMs };
    if (!perplexity || stopped === 'cancel') return told;
    lane.kv.truncate(asked);
    return { ...told, gold: await goldLikelihood(lane, goldIds, first, endTokens, signal) };
  } finally {
    lane.kv.truncate(before);
  }
}

/** @param logits those after the question; the lane stands there too */
async function goldLikelihood(
  lane: Lane,
  ids: readonly number[],
  logits: Float32Array,
  endTokens: ReadonlySet<number>,
  signal: AbortSignal | undefined,
): Promise<{ nll: number; tokens: number }> {
  const scored = ids.slice(0, MOST_GOLD_TOKENS);
  let nll = 0;
  let current = logits;
  for (const [i, id] of scored.entries()) {
    nll -= logProbability(current, [id]);
    if (lane.room < 1) return { nll, tokens: i + 1 };
    await lane.append([id], { signal });
    current = lane.logits;
  }
  if (scored.length < ids.length) return { nll, tokens: scored.length };
  return { nll: nll - logProbability(current, endTokens), tokens: scored.length + 1 };
}

/** Logarithm of the probability of any of `ids`. */
function logProbability(logits: Float32Array, ids: Iterable<number>): number {
  let most = -Infinity;
  for (const value of logits) most = Math.max(most, value);
  let [all, some] = [0, 0];
  for (const value of logits) all += Math.exp(value - most);
  for (const id of ids) some += Math.exp((logits[id] ?? -Infinity) - most);
  return Math.log(some / all);
}
