import { CribsheetError, throwIfCancelled } from '../../../common/errors.ts';
import { encodeSegment } from '../../compress/encode.ts';
import { gatherKept, type KeptKv } from '../../compress/gather.ts';
import { observeSegment } from '../../compress/observe.ts';
import type { KeptPositions } from '../../compress/strategy.ts';
import type { Segment } from '../../corpus/types.ts';
import type { Decoder } from '../../model/decoder.ts';
import { halfToFloat } from '../../model/half.ts';
import { writeVector, type KvArray } from '../../model/kvCache.ts';
import type { LayerSums } from '../../model/observation.ts';
import { Rotation } from '../../model/rope.ts';
import { priorities } from '../../model/runQueue.ts';
import { blockKey, decodeBlock, encodeBlock, type Block, type BlockInputs } from '../block.ts';
import { decodeSafetensors } from '../safetensors.ts';
import type { BlockStore } from '../store.ts';

/** Vectors of one position that lie apart by no more than this are read in one go: a page is read anyway. */
const GAP_BYTES = 4_096;
const HALF_BYTES = 2;
/** Stands for the strategy in the key of a block that keeps everything. */
const EVERYTHING = 'everything';

/** One segment as it is written: what an index is made of. */
export interface FullSegment {
  tokens: number;
  /** Rendered line of each token. */
  lineOf: Int32Array;
  /** Per layer [kvHeads, tokens, headSize], at positions 0, 1, … */
  keys: Float32Array[];
  /** Attention that each position gets from its own segment, per layer [kvHeads, tokens]; where it was asked for. */
  received?: LayerSums;
}

export interface FullStoreRequest {
  decoder: Decoder;
  store: BlockStore;
  segments: readonly Segment[];
  /** Observe what each position receives of its own segment's attention. */
  received?: boolean;
  /** Called once for each segment, in order. */
  onSegment: (segment: FullSegment) => void;
  signal?: AbortSignal | undefined;
}

interface StoredSegment {
  key: string;
  tokens: number;
  /** Per layer: where keys and values [kvHeads, tokens, headSize] begin in the file. */
  keysAt: number[];
  valuesAt: number[];
}

/**
 * Keys and values of all positions of all segments on disk, as blocks at ratio 1 in half precision, of which any
 * positions can be fetched without reading the rest. Segments are prefilled one by one after the preamble, as for a
 * sheet, and so do not see each other.
 */
export class FullStore {
  /** Tokens of each segment. */
  readonly segments: readonly number[];
  /** Bytes of all blocks on disk. */
  readonly bytes: number;
  private readonly decoder: Decoder;
  private readonly store: BlockStore;
  private readonly stored: readonly StoredSegment[];

  private constructor(decoder: Decoder, store: BlockStore, stored: readonly StoredSegment[], bytes: number) {
    this.decoder = decoder;
    this.store = store;
    this.stored = stored;
    this.bytes = bytes;
    this.segments = stored.map((s) => s.tokens);
  }

  /** @throws CribsheetError `store-unwritable`, `store-full`, `cancelled` */
  static async write(request: FullStoreRequest): Promise<FullStore> {
    const { decoder, store, segments, received = false, onSegment, signal } = request;
    const { headSize, kvHeads } = decoder.graph;
    const preamble = decoder.chat.preamble();
    const longest = segments.reduce((most, s) => Math.max(most, s.tokens), 0);
    const lane = decoder.lane(priorities.compress, preamble.length + longest + 16);
    await lane.append(preamble, { signal });
    const stored: StoredSegment[] = [];
    let bytes = 0;
    for (const segment of segments) {
      lane.kv.truncate(preamble.length);
      const { ids, lineOf } = encodeSegment(decoder.tokenizer, segment, decoder.profile.fileMark);
      const probe = received ? ({ rows: 'own', skip: 0 } as const) : undefined;
      const seen = await observeSegment({ decoder, lane, ids, probe, needs: [], random: Math.random, signal });
      const all = Int32Array.from(ids, (_, i) => i);
      const positions = decoder.graph.attention.map(() => Array.from({ length: kvHeads }, () => all));
      const kv = gatherKept(lane.kv, preamble.length, positions, decoder.frequencies);
      const inputs = inputsOf(decoder, segment);
      const key = blockKey(inputs);
      const block = encodeBlock({ ...kv, tokens: ids.length, positions, lineOf }, headSize, inputs);
      await store.write(key, block);
      bytes += block.length;
      stored.push({ key, tokens: ids.length, ...placesOf(block, positions.length) });
      const { sums } = seen;
      onSegment({ tokens: ids.length, lineOf, keys: kv.keys.map(floatsOf), ...(sums ? { received: sums } : {}) });
    }
    return new FullStore(decoder, store, stored, bytes);
  }

  /**
   * Blocks at ratio 1 in half precision that are there already, in the order of their segments.
   * @returns undefined where one of them is missing, damaged or another kind of block
   * @throws CribsheetError `cancelled`
   */
  static async open({
    decoder,
    store,
    keys,
    onSegment,
    signal,
  }: Pick<FullStoreRequest, 'decoder' | 'store' | 'onSegment' | 'signal'> & { keys: readonly string[] }): Promise<
    FullStore | undefined
  > {
    const stored: StoredSegment[] = [];
    let bytes = 0;
    for (const key of keys) {
      throwIfCancelled(signal);
      const encoded = await store.read(key);
      const block = encoded && decodeBlock(encoded, 'float16');
      if (!encoded || !block || !isWhole(block)) return undefined;
      const { tokens, lineOf } = block;
      bytes += encoded.length;
      stored.push({ key, tokens, ...placesOf(encoded, block.counts.length) });
      onSegment({ tokens, lineOf, keys: block.keys.map(floatsOf) });
    }
    return new FullStore(decoder, store, stored, bytes);
  }

  /**
   * Reads chosen positions from disk, and nothing else: per layer and KV head, keys moved to consecutive positions.
   * @param chosen positions counted over all segments, ascending, the same number in every head of a layer
   * @throws CribsheetError `sheet-missing` where a block is gone
   */
  async fetch(chosen: KeptPositions): Promise<KeptKv> {
    const { headSize, kvType } = this.decoder.graph;
    const counts = chosen.map((heads) => heads[0]?.length ?? 0);
    const make = (heads: readonly Int32Array[]): KvArray => {
      const size = heads.reduce((sum, positions) => sum + positions.length, 0) * headSize;
      return kvType === 'float32' ? new Float32Array(size) : new Uint16Array(size);
    };
    const kv = { kept: Math.max(0, ...counts), counts, keys: chosen.map(make), values: chosen.map(make) };
    let first = 0;
    for (const segment of this.stored) {
      await this.fetchFrom(segment, first, chosen, kv);
      first += segment.tokens;
    }
    return kv;
  }

  private async fetchFrom(segment: StoredSegment, first: number, chosen: KeptPositions, into: KeptKv): Promise<void> {
    const { headSize } = this.decoder.graph;
    const size = headSize * HALF_BYTES;
    const rotation = new Rotation(this.decoder.frequencies);
    const vector = new Float32Array(headSize);
    const wanted: Wanted[] = [];
    chosen.forEach((heads, layer) => {
      heads.forEach((positions, head) => {
        for (let rank = lowerBound(positions, first); rank < positions.length; rank++) {
          const position = positions[rank]! - first;
          if (position >= segment.tokens) break;
          const at = (head * segment.tokens + position) * size;
          const target = (head * positions.length + rank) * headSize;
          wanted.push(
            {
              offset: segment.keysAt[layer]! + at,
              take: (bits) => {
                bits.forEach((x, i) => (vector[i] = halfToFloat(x)));
                rotation.apply(vector, rank - position);
                writeVector(vector, into.keys[layer]!, target);
              },
            },
            {
              offset: segment.valuesAt[layer]! + at,
              take: (bits) => {
                bits.forEach((x, i) => (vector[i] = halfToFloat(x)));
                writeVector(vector, into.values[layer]!, target);
              },
            },
          );
        }
      });
    });
    if (wanted.length === 0) return;
    const runs = joined(wanted, size);
    const parts = await this.store.readParts(
      segment.key,
      runs.map(({ offset, length }) => ({ offset, length })),
    );
    if (!parts) {
      throw new CribsheetError(
        'sheet-missing',
        'Keys and values that a question asks for are no longer on disk.',
        'Run the command again: what is missing is computed.',
      );
    }
    runs.forEach((run, i) => {
      for (const { offset, take } of run.wanted) {
        const from = offset - run.offset;
        take(new Uint16Array(parts[i]!.slice(from, from + size).buffer));
      }
    });
  }
}

interface Wanted {
  offset: number;
  take: (bits: Uint16Array) => void;
}

/** Vectors of `size` bytes in runs that are worth one read each. */
function joined(wanted: readonly Wanted[], size: number): { offset: number; length: number; wanted: Wanted[] }[] {
  const runs: { offset: number; length: number; wanted: Wanted[] }[] = [];
  for (const one of [...wanted].sort((a, b) => a.offset - b.offset)) {
    const run = runs.at(-1);
    if (run && one.offset - (run.offset + run.length) <= GAP_BYTES) {
      run.length = one.offset + size - run.offset;
      run.wanted.push(one);
    } else runs.push({ offset: one.offset, length: size, wanted: [one] });
  }
  return runs;
}

/** Index of the first element that is not below `value`; ascending. */
function lowerBound(sorted: Int32Array, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function inputsOf(decoder: Decoder, { id }: Segment): BlockInputs {
  const { fingerprint: model } = decoder;
  return { model, preamble: decoder.chat.preamble(), probe: [], strategy: EVERYTHING, ratio: 1, segment: id };
}

/** Where keys and values begin in a block's bytes. */
function placesOf(block: Uint8Array, layers: number): Pick<StoredSegment, 'keysAt' | 'valuesAt'> {
  const { tensors } = decodeSafetensors(block);
  const places = (name: string): number[] =>
    Array.from({ length: layers }, (_, l) => tensors.get(`layers.${l}.${name}`)!.data.byteOffset - block.byteOffset);
  return { keysAt: places('key'), valuesAt: places('value') };
}

/** Is every position of the segment in every head of every layer? */
function isWhole({ counts, tokens }: Block): boolean {
  return counts.every((count) => count === tokens);
}

function floatsOf(data: KvArray): Float32Array {
  return data instanceof Float32Array ? data : Float32Array.from(data, halfToFloat);
}
