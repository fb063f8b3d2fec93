import { dequantise, groupCount, kivi, quantise, type Quantised } from '../groupQuantise.ts';
import type { IndexShape, KeyIndex } from './keyIndex.ts';

const BITS = 2;

/**
 * Every key in 2 bits: the index of YAKV (KV cache offloading for context-intensive tasks, arXiv 2604.08426), which
 * found that neither landmarks nor low-rank keys find the places of long extractions. YAKV takes a grid of 256 vectors of
 * four elements (HIGGS); here it is KIVI's minimum and maximum over 32 positions of a channel (arXiv 2402.02750), as
 * blocks are stored with. With scales and zeros that is 3 bits an element.
 */
export class TwoBitIndex implements KeyIndex {
  private readonly shape: IndexShape;
  /** [segment][layer · kvHeads + head] */
  private readonly segments: { tokens: number; heads: Quantised[] }[] = [];

  constructor(shape: IndexShape) {
    this.shape = shape;
  }

  bytesOf(tokens: number): number {
    const { layers, kvHeads, headSize } = this.shape;
    // Two halves a group: scale and zero.
    const head = Math.ceil((tokens * headSize * BITS) / 8) + 4 * groupCount(this.of(tokens), kivi.keys);
    return layers * kvHeads * head;
  }

  add(keys: readonly Float32Array[], tokens: number): void {
    const { kvHeads, headSize } = this.shape;
    const heads = keys.flatMap((layer) =>
      Array.from({ length: kvHeads }, (_, h) => {
        const own = layer.subarray(h * tokens * headSize, (h + 1) * tokens * headSize);
        return quantise(own, this.of(tokens), kivi.keys, BITS);
      }),
    );
    this.segments.push({ tokens, heads });
  }

  keys(segment: number, layer: number, head: number): Float32Array {
    const { tokens, heads } = this.segments[segment]!;
    return dequantise(heads[layer * this.shape.kvHeads + head]!, this.of(tokens), kivi.keys, BITS);
  }

  private of(tokens: number): Parameters<typeof quantise>[1] {
    return { heads: 1, count: tokens, size: this.shape.headSize };
  }
}
