import { readVector, type KvCache } from '../model/kvCache.ts';

/** Keys and values of one segment while they stand in a lane's cache, read as floats when asked for. */
export class SegmentKv {
  private readonly cache: KvCache;
  /** Position of the segment's first token. */
  readonly offset: number;
  readonly tokens: number;
  /** Radians per position of the rotary embedding, [headSize / 2]. */
  readonly frequencies: Float64Array;

  /** Factor of q·k before the softmax. */
  readonly scale: number;

  constructor(cache: KvCache, offset: number, tokens: number, rotary: { frequencies: Float64Array; scale: number }) {
    this.cache = cache;
    this.offset = offset;
    this.tokens = tokens;
    this.frequencies = rotary.frequencies;
    this.scale = rotary.scale;
  }

  get headSize(): number {
    return this.cache.shape.headSize;
  }

  /** [tokens, headSize], rotated to where the tokens stand. */
  keys(layer: number, head: number): Float32Array {
    return this.read(this.cache.keys, layer, head);
  }

  /** [tokens, headSize] */
  values(layer: number, head: number): Float32Array {
    return this.read(this.cache.values, layer, head);
  }

  /** ‖V‖ of every token. */
  valueNorms(layer: number, head: number): Float64Array {
    const values = this.values(layer, head);
    const size = this.headSize;
    return Float64Array.from({ length: this.tokens }, (_, t) => {
      let squares = 0;
      for (let i = t * size; i < (t + 1) * size; i++) squares += values[i]! ** 2;
      return Math.sqrt(squares);
    });
  }

  private read(from: KvCache['keys'], layer: number, head: number): Float32Array {
    const out = new Float32Array(this.tokens * this.headSize);
    readVector(from[layer]!, this.cache.offset(layer, head, this.offset), out);
    return out;
  }
}
