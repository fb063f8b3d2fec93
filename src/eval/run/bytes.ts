import { keptCount } from '../../engine/compress/select.ts';
import type { Segment } from '../../engine/corpus/types.ts';
import type { Decoder } from '../../engine/model/decoder.ts';

/** What a context takes in memory while questions are asked, in bytes. Its sum is the unit of every comparison. */
export interface ContextBytes {
  keys: number;
  values: number;
  /** Where each kept position comes from: int32 for each layer and KV head. Raw text needs none. */
  provenance: number;
  /** What is added to the logit of a kept key, where a strategy sets it: float32 for each head. */
  bias: number;
  /** Keys and values of what stands before the source. */
  preamble: number;
  /** What is kept of the positions that lie on disk, to choose among them; where an arm fetches from there. */
  index?: number;
}

/** Nothing is kept in memory. */
export const noBytes: ContextBytes = { keys: 0, values: 0, provenance: 0, bias: 0, preamble: 0 };

export const totalBytes = ({ keys, values, provenance, bias, preamble, index = 0 }: ContextBytes): number =>
  keys + values + provenance + bias + preamble + index;

/** @param positions of the source on average over all heads of all layers, the preamble not among them */
export function contextBytes(decoder: Decoder, positions: number, kept: boolean, biased = false): ContextBytes {
  const { attention, kvHeads, headSize, kvType } = decoder.graph;
  const heads = attention.length * kvHeads;
  const half = heads * headSize * (kvType === 'float32' ? 4 : 2);
  return {
    keys: positions * half,
    values: positions * half,
    provenance: kept ? positions * heads * 4 : 0,
    bias: biased ? positions * heads * 4 : 0,
    preamble: decoder.chat.preamble().length * 2 * half,
  };
}

/** Positions of a sheet's source at a ratio, where all of it fits. */
export function sheetPositions(segments: readonly Segment[], ratio: number): number {
  return segments.reduce((sum, s) => sum + keptCount(s.tokens, ratio), 0);
}

/** Tokens of raw text that take no more bytes than a sheet of the corpus at this ratio: the budget of equal bytes. */
export function equalTokens(decoder: Decoder, segments: readonly Segment[], ratio: number): number {
  const sheet = totalBytes(contextBytes(decoder, sheetPositions(segments, ratio), true));
  const empty = totalBytes(contextBytes(decoder, 0, false));
  const one = totalBytes(contextBytes(decoder, 1, false)) - empty;
  return Math.floor((sheet - empty) / one);
}
