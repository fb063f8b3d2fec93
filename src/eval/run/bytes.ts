import { keptCount } from '../../engine/compress/select.ts';
import type { Segment } from '../../engine/corpus/types.ts';
import type { Decoder } from '../../engine/model/decoder.ts';

/** What a context takes in memory while questions are asked, in bytes. Its sum is the unit of every comparison. */
export interface ContextBytes {
  keys: number;
  values: number;
  /** Where each kept position comes from: int32 for each layer and KV head. Raw text needs none. */
  provenance: number;
  /** Keys and values of what stands before the source. */
  preamble: number;
}

export const totalBytes = ({ keys, values, provenance, preamble }: ContextBytes): number =>
  keys + values + provenance + preamble;

/** @param positions of the source on average over the layers, the preamble not among them */
export function contextBytes(decoder: Decoder, positions: number, kept: boolean): ContextBytes {
  const { attention, kvHeads, headSize, kvType } = decoder.graph;
  const heads = attention.length * kvHeads;
  const half = heads * headSize * (kvType === 'float32' ? 4 : 2);
  return {
    keys: positions * half,
    values: positions * half,
    provenance: kept ? positions * heads * 4 : 0,
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
