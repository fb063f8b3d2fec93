import type { Storage } from '../../common/names.ts';
import type { KvType } from '../model/graph/inspect.ts';
import { floatToHalf, halvesToFloats } from '../model/half.ts';
import type { KvArray } from '../model/kvCache.ts';
import { dequantise, flexGen, groupCount, kivi, quantise, type Grouping } from './groupQuantise.ts';
import type { NamedTensor, TensorInfo } from './safetensors.ts';

const MAX_HALF = 65_504;

/** What the vectors are. */
type Kind = 'keys' | 'values';

/** Bits of a code, and what shares a scale. */
const formOf: Record<Exclude<Storage, 'f16'>, { bits: number; groups: Record<Kind, Grouping> }> = {
  int8: { bits: 8, groups: kivi },
  int4: { bits: 4, groups: kivi },
  flexgen4: { bits: 4, groups: flexGen },
  int2: { bits: 2, groups: kivi },
};

interface Shape {
  heads: number;
  count: number;
  size: number;
}

/** Keys or values [heads, count, size] of one layer as tensors of a block: fp16, or codes with scales and zeros. */
export function packVectors(name: string, data: KvArray, shape: Shape, storage: Storage, kind: Kind): NamedTensor[] {
  const { heads, count, size } = shape;
  if (storage === 'f16') {
    return [{ name, dtype: 'F16', shape: [heads, count, size], data: bytesOf(toHalves(data)) }];
  }
  const { bits, groups } = formOf[storage];
  const { codes, scales, zeros } = quantise(bounded(data), shape, groups[kind], bits);
  return [
    // Each row of codes is whole bytes: head sizes are multiples of four.
    { name, dtype: 'U8', shape: [heads, count, (size * bits) / 8], data: codes },
    { name: `${name}.scales`, dtype: 'F16', shape: [scales.length], data: bytesOf(scales) },
    { name: `${name}.zeros`, dtype: 'F16', shape: [zeros.length], data: bytesOf(zeros) },
  ];
}

/** @returns undefined where the tensors are not those of this shape and storage */
export function unpackVectors(
  tensors: ReadonlyMap<string, TensorInfo>,
  name: string,
  { heads, count }: Pick<Shape, 'heads' | 'count'>,
  storage: Storage,
  kind: Kind,
  type: KvType,
): KvArray | undefined {
  const found = tensors.get(name);
  if (found?.dtype !== (storage === 'f16' ? 'F16' : 'U8')) return undefined;
  if (found.shape[0] !== heads || found.shape[1] !== count) return undefined;
  if (storage === 'f16') return fromHalves(uint16(found.data), type);
  const { bits, groups: by } = formOf[storage];
  const shape = { heads, count, size: ((found.shape[2] ?? 0) * 8) / bits };
  const groups = groupCount(shape, by[kind]);
  const [scales, zeros] = [tensors.get(`${name}.scales`), tensors.get(`${name}.zeros`)];
  for (const t of [scales, zeros]) if (t?.dtype !== 'F16' || t.shape[0] !== groups) return undefined;
  const parts = { codes: found.data, scales: uint16(scales!.data), zeros: uint16(zeros!.data) };
  const floats = dequantise(parts, shape, by[kind], bits);
  return type === 'float32' ? floats : Uint16Array.from(floats, floatToHalf);
}

/** Values beyond half precision would become infinite and poison every answer: they are held at its largest value. */
function toHalves(data: KvArray): Uint16Array {
  if (data instanceof Uint16Array) return data;
  const out = new Uint16Array(data.length);
  for (let i = 0; i < data.length; i++) out[i] = floatToHalf(clamp(data[i]!));
  return out;
}

function bounded(data: KvArray): Float32Array {
  const out = new Float32Array(data.length);
  if (data instanceof Uint16Array) halvesToFloats(data, out);
  else out.set(data);
  return out.map(clamp);
}

const clamp = (x: number): number => Math.max(-MAX_HALF, Math.min(MAX_HALF, x));

function fromHalves(data: Uint16Array, type: KvType): KvArray {
  if (type === 'float16') return data;
  const out = new Float32Array(data.length);
  halvesToFloats(data, out);
  return out;
}

export const bytesOf = (a: Uint16Array | Int32Array | Float32Array): Uint8Array =>
  new Uint8Array(a.buffer, a.byteOffset, a.byteLength);

/** Typed views need aligned offsets, which slices of a file do not promise. */
function uint16(data: Uint8Array): Uint16Array {
  return new Uint16Array(data.slice().buffer);
}
