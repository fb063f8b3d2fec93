import { createHash } from 'node:crypto';
import type { KeptKv } from '../compress/gather.ts';
import type { KeptPositions } from '../compress/strategy.ts';
import { floatToHalf, halvesToFloats } from '../model/half.ts';
import type { KvArray } from '../model/kvCache.ts';
import type { KvType } from '../model/graph/inspect.ts';
import { decodeSafetensors, encodeSafetensors } from './safetensors.ts';

/** Raise it when blocks made before must not be used any more. */
const BLOCK_VERSION = 2;
const MAX_HALF = 65_504;

/** A stored segment: kept keys and values, and which tokens they are. Nothing in it depends on where the text stands. */
export interface Block extends KeptKv {
  /** Source tokens of the segment. */
  tokens: number;
  /** Kept token indices, [layers][kvHeads][count of the layer]. */
  positions: KeptPositions;
  /** Per source token: index of its rendered line in the segment. */
  lineOf: Int32Array;
}

/** Everything that decides a block's content. Equal inputs, equal key; anything else is another block. */
export interface BlockInputs {
  model: string;
  preamble: readonly number[];
  probe: readonly number[];
  strategy: string;
  ratio: number;
  /** Id of the segment: a hash of its rendered text. */
  segment: string;
}

/** Content address of a block: 64 hex characters. */
export function blockKey(inputs: BlockInputs): string {
  const { model, preamble, probe, strategy, ratio, segment } = inputs;
  const text = JSON.stringify([BLOCK_VERSION, model, preamble, probe, strategy, ratio, segment]);
  return createHash('sha256').update(text).digest('hex');
}

/** Serialises to safetensors: fp16 keys and values [kvHeads, count, headSize] per layer, int32 provenance. */
export function encodeBlock(block: Block, headSize: number, inputs: BlockInputs): Uint8Array {
  const kvHeads = block.positions[0]?.length ?? 0;
  const half = (name: string, count: number, data: KvArray) => ({
    name,
    dtype: 'F16' as const,
    shape: [kvHeads, count, headSize],
    data: bytesOf(toHalves(data)),
  });
  const tensors = block.counts.flatMap((count, l) => [
    half(`layers.${l}.key`, count, block.keys[l]!),
    half(`layers.${l}.value`, count, block.values[l]!),
    {
      name: `layers.${l}.positions`,
      dtype: 'I32' as const,
      shape: [kvHeads, count],
      data: bytesOf(Int32Array.from(block.positions[l]!.flatMap((p) => [...p]))),
    },
    ...(block.bias
      ? [{ name: `layers.${l}.bias`, dtype: 'F32' as const, shape: [kvHeads, count], data: bytesOf(block.bias[l]!) }]
      : []),
  ]);
  const lineOf = { name: 'line_of', dtype: 'I32' as const, shape: [block.tokens], data: bytesOf(block.lineOf) };
  const { model, strategy, ratio, segment } = inputs;
  const metadata = { version: String(BLOCK_VERSION), model, strategy, ratio: String(ratio), segment };
  return encodeSafetensors([...tensors, lineOf], metadata);
}

/** @returns undefined where the bytes are no block of this version and shape: the caller treats it as absent */
export function decodeBlock(bytes: Uint8Array, type: KvType): Block | undefined {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const lineOf = tensors.get('line_of');
  if (metadata['version'] !== String(BLOCK_VERSION) || lineOf?.dtype !== 'I32') return undefined;
  const counts: number[] = [];
  const keys: KvArray[] = [];
  const values: KvArray[] = [];
  const positions: KeptPositions = [];
  const biases: Float32Array[] = [];
  for (let l = 0; tensors.has(`layers.${l}.positions`); l++) {
    const kept = tensors.get(`layers.${l}.positions`)!;
    const [kvHeads = 0, count = 0] = kept.shape;
    const [key, value] = [tensors.get(`layers.${l}.key`), tensors.get(`layers.${l}.value`)];
    if (kept.dtype !== 'I32') return undefined;
    for (const t of [key, value])
      if (t?.dtype !== 'F16' || t.shape[0] !== kvHeads || t.shape[1] !== count) return undefined;
    const bias = tensors.get(`layers.${l}.bias`);
    if (bias && (bias.dtype !== 'F32' || bias.shape[0] !== kvHeads || bias.shape[1] !== count)) return undefined;
    if (bias) biases.push(new Float32Array(bias.data.slice().buffer));
    const flat = int32(kept.data);
    counts.push(count);
    keys.push(fromHalves(uint16(key!.data), type));
    values.push(fromHalves(uint16(value!.data), type));
    positions.push(Array.from({ length: kvHeads }, (_, h) => flat.subarray(h * count, (h + 1) * count)));
  }
  const layers = [...tensors.keys()].filter((name) => name.endsWith('.key')).length;
  if (counts.length === 0 || counts.length !== layers) return undefined;
  if (biases.length > 0 && biases.length !== layers) return undefined;
  const bias = biases.length > 0 ? { bias: biases } : {};
  const kept = Math.max(...counts);
  return { tokens: lineOf.shape[0] ?? 0, kept, counts, keys, values, positions, lineOf: int32(lineOf.data), ...bias };
}

/** Values beyond half precision would become infinite and poison every answer: they are held at its largest value. */
function toHalves(data: KvArray): Uint16Array {
  if (data instanceof Uint16Array) return data;
  const out = new Uint16Array(data.length);
  for (let i = 0; i < data.length; i++) out[i] = floatToHalf(Math.max(-MAX_HALF, Math.min(MAX_HALF, data[i]!)));
  return out;
}

function fromHalves(data: Uint16Array, type: KvType): KvArray {
  if (type === 'float16') return data;
  const out = new Float32Array(data.length);
  halvesToFloats(data, out);
  return out;
}

const bytesOf = (a: Uint16Array | Int32Array | Float32Array): Uint8Array =>
  new Uint8Array(a.buffer, a.byteOffset, a.byteLength);

/** Typed views need aligned offsets, which slices of a file do not promise. */
function int32(data: Uint8Array): Int32Array {
  return new Int32Array(data.slice().buffer);
}

function uint16(data: Uint8Array): Uint16Array {
  return new Uint16Array(data.slice().buffer);
}
