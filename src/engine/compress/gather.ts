import { readVector, writeVector, type KvArray, type KvCache } from '../model/kvCache.ts';
import { Rotation } from '../model/rope.ts';
import type { KeptPositions, Refit } from './strategy.ts';

/**
 * Keys and values of kept positions: per layer [kvHeads, count, headSize], keys rotated to positions 0…count-1. Where
 * the heads of a layer keep different numbers, every KV head is a layer of its own, layers × kvHeads of them with one
 * head each, in the order of `splitHeads`.
 */
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

/** Do heads of one layer keep different numbers of positions? */
function hasOwnHeads(kept: KeptPositions): boolean {
  return kept.some((heads) => heads.some((positions) => positions.length !== heads[0]!.length));
}

/** Kept positions in the layers of `KeptKv`: each head a layer of its own where heads differ. */
export function layersOf(kept: KeptPositions): KeptPositions {
  return hasOwnHeads(kept) ? kept.flat().map((positions) => [positions]) : kept;
}

/**
 * Copies kept positions out of a cache and moves each key from its old position to its rank: FINCH's re-rotation
 * (arXiv 2408.00167, section 4), in fp32 with fp64 angles. `offset` is the position in the cache of index 0 of `kept`.
 */
export function gatherKept(
  cache: KvCache,
  offset: number,
  kept: KeptPositions,
  frequencies: Float64Array,
  refit: Refit = {},
): KeptKv {
  const { headSize, type } = cache.shape;
  const make = (size: number): KvArray => (type === 'float32' ? new Float32Array(size) : new Uint16Array(size));
  const vector = new Float32Array(headSize);
  const rotation = new Rotation(frequencies);
  // The heads of a layer one after the other, whatever each keeps.
  const whole = kept.map((heads, layer) => {
    const count = heads.reduce((sum, positions) => sum + positions.length, 0);
    const [keys, values] = [make(count * headSize), make(count * headSize)];
    let to = 0;
    heads.forEach((positions, head) => {
      positions.forEach((position, rank) => {
        const from = cache.offset(layer, head, offset + position);
        readVector(cache.keys[layer]!, from, vector);
        rotation.apply(vector, rank - (offset + position));
        writeVector(vector, keys, to);
        values.set(cache.values[layer]!.subarray(from, from + headSize) as KvArray, to);
        to += headSize;
      });
    });
    const fitted = refit.values?.[layer];
    if (fitted) writeVector(fitted, values, 0);
    return { keys, values, bias: refit.bias?.[layer] };
  });
  const counts = layersOf(kept).map((heads) => heads[0]?.length ?? 0);
  const parts = <T extends KvArray>(of: (layer: (typeof whole)[number]) => T, width: number): T[] =>
    hasOwnHeads(kept)
      ? whole.flatMap((layer, l) =>
          cut(
            of(layer),
            kept[l]!.map((positions) => positions.length * width),
          ),
        )
      : whole.map(of);
  return {
    kept: Math.max(0, ...counts),
    counts,
    keys: parts((layer) => layer.keys, headSize),
    values: parts((layer) => layer.values, headSize),
    ...(refit.bias ? { bias: parts((layer) => layer.bias!, 1) } : {}),
  };
}

/** Consecutive parts of an array. */
function cut<T extends KvArray>(from: T, sizes: readonly number[]): T[] {
  let at = 0;
  return sizes.map((size) => from.subarray(at, (at += size)) as T);
}

/**
 * The same with every KV head as a layer of its own, for a cache of such; what is so already stays.
 * @param layers of the cache that it is for
 */
export function withOwnHeads(block: KeptKv, layers: number): KeptKv {
  const heads = layers / block.counts.length;
  if (heads <= 1) return block;
  const parts = <T extends KvArray>(from: readonly T[]): T[] =>
    from.flatMap((layer) => cut(layer, Array<number>(heads).fill(layer.length / heads)));
  return {
    kept: block.kept,
    counts: block.counts.flatMap((count) => Array<number>(heads).fill(count)),
    keys: parts(block.keys),
    values: parts(block.values),
    ...(block.bias ? { bias: parts(block.bias) } : {}),
  };
}

/**
 * Appends kept keys and values to a cache; keys stored at 0…count-1 move on by the layer's length, all by one angle.
 */
export function appendKept(cache: KvCache, given: KeptKv, frequencies: Float64Array): void {
  const { kvHeads, headSize, layers } = cache.shape;
  const block = withOwnHeads(given, layers);
  if (block.counts.length !== layers) throw new Error('heads of their own in a cache without them');
  cache.reserveEach(block.counts.map((count, layer) => cache.lengthOf(layer) + count));
  const vector = new Float32Array(headSize);
  const rotation = new Rotation(frequencies);
  for (let layer = 0; layer < layers; layer++) {
    const start = cache.lengthOf(layer);
    const count = block.counts[layer]!;
    for (let head = 0; head < kvHeads; head++) {
      const bias = block.bias?.[layer]!.subarray(head * count, (head + 1) * count);
      if (bias) cache.setBias(layer, head, start, bias);
      for (let rank = 0; rank < count; rank++) {
        const from = (head * count + rank) * headSize;
        const to = cache.offset(layer, head, start + rank);
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
