import { readVector, writeVector, type KvArray, type KvCache } from '../model/kvCache.ts';
import { Rotation } from '../model/rope.ts';
import type { KeptPositions } from './strategy.ts';

/** Keys and values of kept positions: per layer [kvHeads, count, headSize], keys rotated to positions 0…count-1. */
export interface KeptKv {
  /** Positions of the fullest layer. */
  kept: number;
  /** Positions of each layer, the same number in each of its heads. */
  counts: number[];
  keys: KvArray[];
  values: KvArray[];
  /** What is added to the logit of every key, per layer [kvHeads, count]; absent where there is none. */
  bias?: Float32Array[];
}

/**
 * Copies kept positions out of a cache and moves each key from its old position to its rank: FINCH's re-rotation
 * (arXiv 2408.00167, section 4), in fp32 with fp64 angles. `offset` is the position in the cache of index 0 of `kept`.
 */
export function gatherKept(cache: KvCache, offset: number, kept: KeptPositions, frequencies: Float64Array): KeptKv {
  const { kvHeads, headSize, type } = cache.shape;
  const counts = kept.map((heads) => heads[0]?.length ?? 0);
  const make = (count: number): KvArray => {
    const size = kvHeads * count * headSize;
    return type === 'float32' ? new Float32Array(size) : new Uint16Array(size);
  };
  const vector = new Float32Array(headSize);
  const rotation = new Rotation(frequencies);
  const keys: KvArray[] = [];
  const values: KvArray[] = [];
  kept.forEach((heads, layer) => {
    const count = counts[layer]!;
    const [key, value] = [make(count), make(count)];
    heads.forEach((positions, head) => {
      positions.forEach((position, rank) => {
        const from = cache.offset(head, offset + position);
        const to = (head * count + rank) * headSize;
        readVector(cache.keys[layer]!, from, vector);
        rotation.apply(vector, rank - (offset + position));
        writeVector(vector, key, to);
        value.set(cache.values[layer]!.subarray(from, from + headSize) as KvArray, to);
      });
    });
    keys.push(key);
    values.push(value);
  });
  return { kept: Math.max(0, ...counts), counts, keys, values };
}

/**
 * Appends kept keys and values to a cache; keys stored at 0…count-1 move on by the layer's length, all by one angle.
 */
export function appendKept(cache: KvCache, block: KeptKv, frequencies: Float64Array): void {
  const { kvHeads, headSize } = cache.shape;
  cache.reserve(cache.length + block.kept);
  const vector = new Float32Array(headSize);
  const rotation = new Rotation(frequencies);
  for (let layer = 0; layer < cache.shape.layers; layer++) {
    const start = cache.lengthOf(layer);
    const count = block.counts[layer]!;
    for (let head = 0; head < kvHeads; head++) {
      const bias = block.bias?.[layer]!.subarray(head * count, (head + 1) * count);
      if (bias) cache.setBias(layer, head, start, bias);
      for (let rank = 0; rank < count; rank++) {
        const from = (head * count + rank) * headSize;
        const to = cache.offset(head, start + rank);
        readVector(block.keys[layer]!, from, vector);
        rotation.apply(vector, start);
        writeVector(vector, cache.keys[layer]!, to);
        readVector(block.values[layer]!, from, vector);
        writeVector(vector, cache.values[layer]!, to);
      }
    }
  }
  cache.grow(block.counts);
}
