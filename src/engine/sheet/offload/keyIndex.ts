/** Shape of keys that are indexed: what all segments have in common. */
export interface IndexShape {
  layers: number;
  kvHeads: number;
  headSize: number;
  /** Radians per position of the rotary embedding, [headSize / 2]. */
  frequencies: Float64Array;
}

/**
 * What stays in memory of the keys of all positions while keys and values lie on disk: something that the question's
 * queries can be scored with. Segments are added in order; each one's keys stand at positions 0, 1, …
 */
export interface KeyIndex {
  /** Bytes that a segment of so many tokens will take: known before anything is read. */
  bytesOf(tokens: number): number;
  /** @param keys of a segment, per layer [kvHeads, tokens, headSize] */
  add(keys: readonly Float32Array[], tokens: number): void;
  /** Nearly the keys of a segment and head, [tokens, headSize], at positions 0, 1, … */
  keys(segment: number, layer: number, head: number): Float32Array;
}
