import type { SegmentKv } from './segmentKv.ts';

/**
 * ‖W_O V‖ of every position of a segment, root mean square over the query heads of a KV head: what a position can
 * write into the model's state, which ‖V‖ alone does not tell (CriticalKV, arXiv 2502.03805, section 3, with the
 * Euclidean norm). O(tokens · headSize²).
 * @param grams of the model, per layer [kvHeads, headSize, headSize]
 */
export function outputNorms(
  kv: SegmentKv,
  grams: readonly Float32Array[],
  group: number,
): (layer: number, head: number) => Float64Array {
  const { headSize: size, tokens } = kv;
  return (layer, head) => {
    const values = kv.values(layer, head);
    const gram = grams[layer]!.subarray(head * size ** 2, (head + 1) * size ** 2);
    return Float64Array.from({ length: tokens }, (_, t) => {
      let squares = 0;
      for (let i = 0; i < size; i++) {
        let row = 0;
        for (let j = 0; j < size; j++) row += gram[i * size + j]! * values[t * size + j]!;
        squares += row * values[t * size + i]!;
      }
      return Math.sqrt(Math.max(0, squares) / group);
    });
  };
}
