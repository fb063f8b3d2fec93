import type { Stopped } from '../../common/answers.ts';
import { throwIfCancelled, CribsheetError } from '../../common/errors.ts';
import { ConfidenceSum, type Confidence } from './confidence.ts';
import type { Lane } from './lane.ts';
import { isLooping } from './loop.ts';
import { sample, type Sampling } from './sampling.ts';
import type { LayerSums } from './observation.ts';
import { TextStream } from './textStream.ts';
import type { Tokenizer } from './tokenizer.ts';

export interface GenerateOptions {
  maxTokens: number;
  endTokens: ReadonlySet<number>;
  sampling: Sampling;
  /** Numbers in [0, 1) for sampling; greedy needs none. */
  random?: () => number;
  signal?: AbortSignal | undefined;
  /** End where the model says the same over and over (`isLooping`). */
  stopLoops?: boolean;
  /** Attention of every answer token over this many leading positions is handed to `onAttention`. */
  scoreContext?: number;
  onAttention?: (sums: LayerSums) => void;
  /** Receives text as it becomes final. */
  onText?: (text: string) => void;
}

export interface Generated {
  text: string;
  tokens: number[];
  stopped: Stopped;
  /** Missing where there was no room for a single token. */
  confidence?: Confidence;
}

/** Decodes from the lane's logits until an end token, the limit, a loop (where it shall be noticed) or a cancel. What was said before a cancel is kept. */
export async function generate(lane: Lane, tokenizer: Tokenizer, options: GenerateOptions): Promise<Generated> {
  const { maxTokens, endTokens, sampling, signal, scoreContext = 0 } = options;
  const stream = new TextStream(tokenizer);
  const tokens: number[] = [];
  const sum = new ConfidenceSum();
  const finish = (stopped: Generated['stopped']): Generated => {
    const rest = stream.end();
    if (rest) options.onText?.(rest);
    const { confidence } = sum;
    return { text: stream.text, tokens, stopped, ...(confidence ? { confidence } : {}) };
  };
  for (;;) {
    const token = sample(lane.logits, sampling, options.random ?? Math.random);
    const isEnd = endTokens.has(token);
    if (!isEnd && (tokens.length >= maxTokens || lane.room < 1)) return finish('length');
    sum.add(lane.logits, token);
    if (isEnd) return finish('end');
    tokens.push(token);
    const text = stream.push(token);
    if (text) options.onText?.(text);
    if (options.stopLoops && isLooping(tokens)) return finish('loop');
    try {
      throwIfCancelled(signal);
      const sums = await lane.append([token], { signal, scoreContext });
      if (sums) options.onAttention?.(sums);
    } catch (error) {
      if (CribsheetError.is(error, 'cancelled')) return finish('cancel');
      throw error;
    }
  }
}
