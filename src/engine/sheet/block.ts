import { createHash } from 'node:crypto';
import type { KeptKv } from '../compress/gather.ts';
import type { KeptPositions } from '../compress/strategy.ts';
import { floatToHalf, halvesToFloats } from '../model/half.ts';
import type { KvArray } from '../model/kvCache.ts';
import type { KvType } from '../model/graph/inspect.ts';
import { decodeSafetensors, encodeSafetensors } from './safetensors.ts';

/** Raise it when blocks made before must not be used any more. */
const BLOCK_VERSION = 1;
const MAX_HALF = 65_504;

/** A stored segment: kept keys and values, and which tokens they are. Nothing in it depends on where the text stands. */
export interface Block extends KeptKv {
  /** Source tokens of the segment. */
  tokens: number;
  /** Kept token indices, [layers][kvHeads][kept]. */
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

/** Serialises to safetensors: fp16 keys and values [kvHeads, kept, headSize] per layer, int32 provenance. */
export function encodeBlock(block: Block, headSize: number, inputs: BlockInputs): Uint8Array {
  const layers = block.keys.length;
  const kvHeads = block.positions[0]?.length ?? 0;
  const shape = [kvHeads, block.kept, headSize];
  const half = (name: string, data: KvArray) => ({ name, dtype: 'F16' as const, shape, data: bytesOf(toHalves(data)) });
  const positions = Int32Array.from(block.positions.flat().flatMap((p) => [...p]));
  const tensors = [
    ...block.keys.map((data, l) => half(`layers.${l}.key`, data)),
    ...block.values.map((data, l) => half(`layers.${l}.value`, data)),
    { name: 'positions', dtype: 'I32' as const, shape: [layers, kvHeads, block.kept], data: bytesOf(positions) },
    { name: 'line_of', dtype: 'I32' as const, shape: [block.tokens], data: bytesOf(block.lineOf) },
  ];
  const { model, strategy, ratio, segment } = inputs;
  return encodeSafetensors(tensors, { version: String(BLOCK_VERSION), model, strategy, ratio: String(ratio), segment });
}

/** @returns undefined where the bytes are no block of this version and shape: the caller treats it as absent */
export function decodeBlock(bytes: Uint8Array, type: KvType): Block | undefined {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const positions = tensors.get('positions');
  const lineOf = tensors.get('line_of');
  if (metadata['version'] !== String(BLOCK_VERSION)) return undefined;
  if (positions?.dtype !== 'I32' || lineOf?.dtype !== 'I32') return undefined;
  const [layers = 0, kvHeads = 0, kept = 0] = positions.shape;
  const flat = int32(positions.data);
  const read = (kind: string): KvArray[] | undefined => {
    const all = Array.from({ length: layers }, (_, l) => tensors.get(`layers.${l}.${kind}`));
    if (all.some((t) => t?.dtype !== 'F16' || t.shape[0] !== kvHeads || t.shape[1] !== kept)) return undefined;
    return all.map((t) => fromHalves(uint16(t!.data), type));
  };
  const [keys, values] = [read('key'), read('value')];
  if (!keys || !values) return undefined;
  return {
    tokens: lineOf.shape[0] ?? 0,
    kept,
    keys,
    values,
    lineOf: int32(lineOf.data),
    positions: Array.from({ length: layers }, (_, l) =>
      Array.from({ length: kvHeads }, (_, h) => flat.subarray((l * kvHeads + h) * kept, (l * kvHeads + h + 1) * kept)),
    ),
  };
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

const bytesOf = (a: Uint16Array | Int32Array): Uint8Array => new Uint8Array(a.buffer, a.byteOffset, a.byteLength);

/** Typed views need aligned offsets, which slices of a file do not promise. */
function int32(data: Uint8Array): Int32Array {
  return new Int32Array(data.slice().buffer);
}

function uint16(data: Uint8Array): Uint16Array {
  return new Uint16Array(data.slice().buffer);
}
