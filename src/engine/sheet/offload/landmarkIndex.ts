import { floatToHalf, halfToFloat } from '../../model/half.ts';
import type { IndexShape, KeyIndex } from './keyIndex.ts';

/** Positions that share a landmark, as in ShadowKV. */
export const LANDMARK_TOKENS = 8;

/**
 * The mean of the (rotated) keys of every eight positions, in half precision: ShadowKV's landmarks (arXiv 2410.21465,
 * section 4). A chunk is scored as one. ShadowKV keeps chunks that their mean describes badly in memory besides; that is
 * left out here, and so is its low-rank copy of all keys (`LowRankIndex` has that idea alone).
 */
export class LandmarkIndex implements KeyIndex {
  private readonly shape: IndexShape;
  /** [segment][layer], [kvHeads, chunks, headSize] as halves */
  private readonly segments: { tokens: number; layers: Uint16Array[] }[] = [];

  constructor(shape: IndexShape) {
    this.shape = shape;
  }

  bytesOf(tokens: number): number {
    const { layers, kvHeads, headSize } = this.shape;
    return layers * kvHeads * Math.ceil(tokens / LANDMARK_TOKENS) * headSize * 2;
  }

  add(keys: readonly Float32Array[], tokens: number): void {
    const { kvHeads, headSize } = this.shape;
    const chunks = Math.ceil(tokens / LANDMARK_TOKENS);
    const layers = keys.map((layer) => {
      const means = new Float64Array(kvHeads * chunks * headSize);
      for (let h = 0; h < kvHeads; h++) {
        for (let t = 0; t < tokens; t++) {
          const chunk = Math.floor(t / LANDMARK_TOKENS);
          const size = Math.min(LANDMARK_TOKENS, tokens - chunk * LANDMARK_TOKENS);
          for (let i = 0; i < headSize; i++)
            means[(h * chunks + chunk) * headSize + i]! += layer[(h * tokens + t) * headSize + i]! / size;
        }
      }
      return Uint16Array.from(means, floatToHalf);
    });
    this.segments.push({ tokens, layers });
  }

  keys(segment: number, layer: number, head: number): Float32Array {
    const { headSize } = this.shape;
    const { tokens, layers } = this.segments[segment]!;
    const chunks = Math.ceil(tokens / LANDMARK_TOKENS);
    const out = new Float32Array(tokens * headSize);
    for (let t = 0; t < tokens; t++) {
      const from = (head * chunks + Math.floor(t / LANDMARK_TOKENS)) * headSize;
      for (let i = 0; i < headSize; i++) out[t * headSize + i] = halfToFloat(layers[layer]![from + i]!);
    }
    return out;
  }
}
