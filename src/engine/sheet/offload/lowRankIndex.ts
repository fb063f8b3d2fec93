import { symmetricEigen } from '../../compress/eigen.ts';
import { gramOf } from '../../compress/solve.ts';
import { floatToHalf, halfToFloat } from '../../model/half.ts';
import { Rotation } from '../../model/rope.ts';
import type { IndexShape, KeyIndex } from './keyIndex.ts';

/** Of the head size: then a key takes as many bytes as in the 2-bit index with its scales. */
const RANK_SHARE = 3 / 16;

interface Head {
  /** [rank, headSize] and [tokens, rank], halves. */
  basis: Uint16Array;
  coefficients: Uint16Array;
}

/**
 * Keys before rotation as a product of few dimensions, by singular value decomposition of each segment and head: what
 * ShadowKV keeps of its keys (arXiv 2410.21465, section 3: keys before RoPE are of low rank), here as the index itself.
 * ShadowKV decomposes all heads of a prompt together, at rank 160 of 1,024.
 */
export class LowRankIndex implements KeyIndex {
  readonly rank: number;
  private readonly shape: IndexShape;
  /** [segment][layer · kvHeads + head] */
  private readonly segments: { tokens: number; heads: Head[] }[] = [];
  private readonly rotation: Rotation;

  /** @param rank dimensions that are kept; absent: as many as make the bytes of the 2-bit index */
  constructor(shape: IndexShape, rank = Math.max(1, Math.floor(shape.headSize * RANK_SHARE))) {
    this.shape = shape;
    this.rank = Math.min(rank, shape.headSize);
    this.rotation = new Rotation(shape.frequencies);
  }

  bytesOf(tokens: number): number {
    const { layers, kvHeads, headSize } = this.shape;
    return layers * kvHeads * this.rank * (headSize + tokens) * 2;
  }

  add(keys: readonly Float32Array[], tokens: number): void {
    const { kvHeads, headSize } = this.shape;
    const heads = keys.flatMap((layer) =>
      Array.from({ length: kvHeads }, (_, h) =>
        this.decompose(layer.slice(h * tokens * headSize, (h + 1) * tokens * headSize), tokens),
      ),
    );
    this.segments.push({ tokens, heads });
  }

  keys(segment: number, layer: number, head: number): Float32Array {
    const { headSize } = this.shape;
    const { rank } = this;
    const { tokens, heads } = this.segments[segment]!;
    const { basis, coefficients } = heads[layer * this.shape.kvHeads + head]!;
    const floats = Float32Array.from(basis, halfToFloat);
    const out = new Float32Array(tokens * headSize);
    for (let t = 0; t < tokens; t++) {
      const key = out.subarray(t * headSize, (t + 1) * headSize);
      for (let r = 0; r < rank; r++) {
        const weight = halfToFloat(coefficients[t * rank + r]!);
        for (let i = 0; i < headSize; i++) key[i]! += weight * floats[r * headSize + i]!;
      }
      this.rotation.apply(key, t);
    }
    return out;
  }

  /** @param keys [tokens, headSize], at positions 0, 1, …; turned back in place */
  private decompose(keys: Float32Array, tokens: number): Head {
    const { rank } = this;
    const { headSize } = this.shape;
    for (let t = 0; t < tokens; t++) this.rotation.apply(keys.subarray(t * headSize, (t + 1) * headSize), -t);
    const gram = gramOf({ rows: tokens, columns: headSize, data: Float64Array.from(keys) });
    // Right singular vectors of the keys are eigenvectors of their Gram matrix.
    const { vectors } = symmetricEigen(gram, headSize);
    const coefficients = new Uint16Array(tokens * rank);
    for (let t = 0; t < tokens; t++) {
      for (let r = 0; r < rank; r++) {
        let dot = 0;
        for (let i = 0; i < headSize; i++) dot += keys[t * headSize + i]! * vectors[r * headSize + i]!;
        coefficients[t * rank + r] = floatToHalf(dot);
      }
    }
    return { basis: Uint16Array.from(vectors.subarray(0, rank * headSize), floatToHalf), coefficients };
  }
}
