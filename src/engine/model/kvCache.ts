import { halfToFloat, floatToHalf } from './half.ts';
import type { KvType } from './graph/inspect.ts';

export type KvArray = Float32Array | Uint16Array;

export interface KvShape {
  layers: number;
  kvHeads: number;
  headSize: number;
  type: KvType;
}

/**
 * Keys and values of one lane. One buffer per layer and kind, shape [kvHeads, capacity, headSize], which is past and
 * present of attention at once. `length` positions are filled in the fullest layers, the same number in every head;
 * a layer to which a compressed block gave fewer is `short` of that and goes on from its own length. Keys are stored
 * rotated to their position (that is what GroupQueryAttention writes and reads).
 */
export class KvCache {
  readonly shape: KvShape;
  capacity: number;
  length = 0;
  /** By how many positions each layer is behind `length`. */
  readonly short: Int32Array;
  private shortUpTo = 0;
  keys: KvArray[];
  values: KvArray[];
  /** What is added to the logit of a key, per layer [kvHeads, capacity]; absent where no key has a bias. */
  bias: Float32Array[] | undefined;

  constructor(shape: KvShape, capacity: number) {
    this.shape = shape;
    this.capacity = capacity;
    this.short = new Int32Array(shape.layers);
    this.keys = this.allocate(capacity);
    this.values = this.allocate(capacity);
  }

  get bytes(): number {
    return [...this.keys, ...this.values].reduce((sum, a) => sum + a.byteLength, 0);
  }

  /** Makes room for `positions` in all, keeping what is there. Grows by half so that appending stays cheap. */
  reserve(positions: number): void {
    if (positions <= this.capacity) return;
    const capacity = Math.max(positions, Math.ceil(this.capacity * 1.5));
    const { kvHeads, headSize } = this.shape;
    const grow = (old: KvArray[]): KvArray[] => {
      const fresh = this.allocate(capacity);
      old.forEach((from, layer) => {
        for (let head = 0; head < kvHeads; head++) {
          const start = head * this.capacity * headSize;
          fresh[layer]!.set(from.subarray(start, start + this.length * headSize), head * capacity * headSize);
        }
      });
      return fresh;
    };
    this.bias = this.bias?.map((old) => {
      const fresh = new Float32Array(kvHeads * capacity);
      for (let head = 0; head < kvHeads; head++) {
        const start = head * this.capacity;
        fresh.set(old.subarray(start, start + this.length), head * capacity);
      }
      return fresh;
    });
    this.keys = grow(this.keys);
    this.values = grow(this.values);
    this.capacity = capacity;
  }

  /** Forgets every position from `length` on. Costs nothing: later runs overwrite. */
  truncate(length: number): void {
    if (length > this.length) throw new RangeError(`cannot truncate ${this.length} positions to ${length}`);
    if (length === 0) {
      this.short.fill(0);
      this.bias = undefined;
    } else if (length < this.shortUpTo) throw new RangeError(`cannot truncate into a block of unequal layers`);
    if (length < this.shortUpTo) this.shortUpTo = 0;
    this.length = length;
  }

  /** Positions that are filled in a layer. */
  lengthOf(layer: number): number {
    return this.length - this.short[layer]!;
  }

  /** Sets the biases of positions from `start` on in one head. */
  setBias(layer: number, head: number, start: number, bias: Float32Array): void {
    const { layers, kvHeads } = this.shape;
    this.bias ??= Array.from({ length: layers }, () => new Float32Array(kvHeads * this.capacity));
    this.bias[layer]!.set(bias, head * this.capacity + start);
  }

  /** Counts new positions, `counts[layer]` in each layer; call it after they have been written. */
  grow(counts: readonly number[]): void {
    const most = Math.max(0, ...counts);
    counts.forEach((count, layer) => (this.short[layer]! += most - count));
    this.length += most;
    if (this.short.some((s) => s > 0)) this.shortUpTo = this.length;
  }

  /** Index of the first element of (head, position) in a layer's buffer. */
  offset(head: number, position: number): number {
    return (head * this.capacity + position) * this.shape.headSize;
  }

  private allocate(capacity: number): KvArray[] {
    const { layers, kvHeads, headSize, type } = this.shape;
    const size = kvHeads * capacity * headSize;
    return Array.from({ length: layers }, () => (type === 'float32' ? new Float32Array(size) : new Uint16Array(size)));
  }
}

/** Reads one vector as floats, whatever the storage type. */
export function readVector(source: KvArray, offset: number, target: Float32Array): void {
  if (source instanceof Float32Array) target.set(source.subarray(offset, offset + target.length));
  else for (let i = 0; i < target.length; i++) target[i] = halfToFloat(source[offset + i]!);
}

export function writeVector(source: Float32Array, target: KvArray, offset: number): void {
  if (target instanceof Float32Array) target.set(source, offset);
  else for (let i = 0; i < source.length; i++) target[offset + i] = floatToHalf(source[i]!);
}
