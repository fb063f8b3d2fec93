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
 * Keys and values of one lane. One buffer per layer and kind, shape [kvHeads, capacity of the layer, headSize], which is
 * past and present of attention at once. `length` positions are filled in the fullest layers, the same number in every
 * head; a layer to which a compressed block gave fewer is `short` of that, goes on from its own length, and has a
 * smaller buffer. Keys are stored rotated to their position (that is what GroupQueryAttention writes and reads).
 */
export class KvCache {
  readonly shape: KvShape;
  length = 0;
  /** By how many positions each layer is behind `length`. */
  readonly short: Int32Array;
  private shortUpTo = 0;
  keys: KvArray[];
  values: KvArray[];
  /** What is added to the logit of a key, per layer [kvHeads, capacity]; absent where no key has a bias. */
  bias: Float32Array[] | undefined;
  private readonly capacities: number[];

  /** @param capacity positions that there is room for to begin with: in every layer, or in each */
  constructor(shape: KvShape, capacity: number | readonly number[]) {
    this.shape = shape;
    this.capacities = Array.from({ length: shape.layers }, (_, l) =>
      typeof capacity === 'number' ? capacity : capacity[l]!,
    );
    this.short = new Int32Array(shape.layers);
    this.keys = this.capacities.map((positions) => this.allocate(positions));
    this.values = this.capacities.map((positions) => this.allocate(positions));
  }

  /** Positions that a layer's buffer has room for. */
  capacityOf(layer: number): number {
    return this.capacities[layer]!;
  }

  get bytes(): number {
    return [...this.keys, ...this.values].reduce((sum, a) => sum + a.byteLength, 0);
  }

  /**
   * Makes room for `positions` in the fullest layer and as many less in the others as they are short of it, keeping what
   * is there. Grows by half so that appending stays cheap.
   */
  reserve(positions: number): void {
    this.reserveEach(Array.from(this.short, (short) => positions - short));
  }

  /** Makes room for so many positions in each layer. */
  reserveEach(positions: readonly number[]): void {
    positions.forEach((wanted, layer) => {
      const old = this.capacities[layer]!;
      if (wanted <= old) return;
      const capacity = Math.max(wanted, Math.ceil(old * 1.5));
      const { headSize } = this.shape;
      this.keys[layer] = this.moved(this.keys[layer]!, this.allocate(capacity), layer, old, capacity, headSize);
      this.values[layer] = this.moved(this.values[layer]!, this.allocate(capacity), layer, old, capacity, headSize);
      const bias = this.bias?.[layer];
      if (bias) {
        const wider = new Float32Array(this.shape.kvHeads * capacity);
        this.bias![layer] = this.moved(bias, wider, layer, old, capacity, 1);
      }
      this.capacities[layer] = capacity;
    });
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
    this.bias ??= Array.from({ length: layers }, (_, l) => new Float32Array(kvHeads * this.capacities[l]!));
    this.bias[layer]!.set(bias, head * this.capacities[layer]! + start);
  }

  /** Counts new positions, `counts[layer]` in each layer; call it after they have been written. */
  grow(counts: readonly number[]): void {
    const most = Math.max(0, ...counts);
    counts.forEach((count, layer) => (this.short[layer]! += most - count));
    this.length += most;
    if (this.short.some((s) => s > 0)) this.shortUpTo = this.length;
  }

  /** Index of the first element of (head, position) in a layer's buffer. */
  offset(layer: number, head: number, position: number): number {
    return (head * this.capacities[layer]! + position) * this.shape.headSize;
  }

  private allocate(capacity: number): KvArray {
    const { kvHeads, headSize, type } = this.shape;
    const size = kvHeads * capacity * headSize;
    return type === 'float32' ? new Float32Array(size) : new Uint16Array(size);
  }

  /** Copies what a layer has filled, `width` elements a position, into a buffer with another capacity. */
  private moved<T extends KvArray>(from: T, into: T, layer: number, old: number, capacity: number, width: number): T {
    for (let head = 0; head < this.shape.kvHeads; head++) {
      const start = head * old * width;
      into.set(from.subarray(start, start + this.lengthOf(layer) * width), head * capacity * width);
    }
    return into;
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
