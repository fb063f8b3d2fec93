import { createHash } from 'node:crypto';
import { storages, type Storage } from '../../common/names.ts';
import type { KeptKv } from '../compress/gather.ts';
import type { KeptPositions } from '../compress/strategy.ts';
import type { KvArray } from '../model/kvCache.ts';
import type { KvType } from '../model/graph/inspect.ts';
import { decodeSafetensors, encodeSafetensors, type NamedTensor, type TensorInfo } from './safetensors.ts';
import { bytesOf, packVectors, unpackVectors } from './vectors.ts';

/** Raise it when blocks made before must not be used any more. */
const BLOCK_VERSION = 3;

/** A stored segment: kept keys and values, and which tokens they are. Nothing in it depends on where the text stands. */
export interface Block extends KeptKv {
  /** Source tokens of the segment. */
  tokens: number;
  /** Kept token indices, [layers][kvHeads][count of the layer]; each head a layer where heads differ (`KeptKv`). */
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
  /** How keys and values are written; absent: fp16. */
  storage?: Storage;
  /** What was measured of the model and decided its budgets (`MeasuredBudgets.id`). */
  measured?: string;
}

/** Content address of a block: 64 hex characters. */
export function blockKey(inputs: BlockInputs): string {
  const { model, preamble, probe, strategy, ratio, segment, storage = 'f16', measured } = inputs;
  const parts = [BLOCK_VERSION, model, preamble, probe, strategy, ratio, segment, storage];
  const text = JSON.stringify(measured === undefined ? parts : [...parts, measured]);
  return createHash('sha256').update(text).digest('hex');
}

/** Serialises to safetensors: keys and values [kvHeads, count, headSize] per layer, int32 provenance. */
export function encodeBlock(block: Block, headSize: number, inputs: BlockInputs): Uint8Array {
  const heads = block.positions[0]?.length ?? 0;
  const { model, strategy, ratio, segment, storage = 'f16' } = inputs;
  const tensors = block.counts.flatMap((count, l): NamedTensor[] => {
    const shape = { heads, count, size: headSize };
    const positions = Int32Array.from(block.positions[l]!.flatMap((p) => [...p]));
    const bias = block.bias?.[l];
    return [
      ...packVectors(`layers.${l}.key`, block.keys[l]!, shape, storage, 'keys'),
      ...packVectors(`layers.${l}.value`, block.values[l]!, shape, storage, 'values'),
      { name: `layers.${l}.positions`, dtype: 'I32', shape: [heads, count], data: bytesOf(positions) },
      ...(bias
        ? [{ name: `layers.${l}.bias`, dtype: 'F32' as const, shape: [heads, count], data: bytesOf(bias) }]
        : []),
    ];
  });
  const lineOf = { name: 'line_of', dtype: 'I32' as const, shape: [block.tokens], data: bytesOf(block.lineOf) };
  const metadata = { version: String(BLOCK_VERSION), model, strategy, ratio: String(ratio), segment, storage };
  return encodeSafetensors([...tensors, lineOf], metadata);
}

/** @returns undefined where the bytes are no block of this version and shape: the caller treats it as absent */
export function decodeBlock(bytes: Uint8Array, type: KvType): Block | undefined {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const lineOf = tensors.get('line_of');
  const storage = storages.find((name) => name === metadata['storage']);
  if (metadata['version'] !== String(BLOCK_VERSION) || !storage || lineOf?.dtype !== 'I32') return undefined;
  const layers = [...tensors.keys()].filter((name) => name.endsWith('.key')).length;
  const read = Array.from({ length: layers }, (_, l) => decodeLayer(tensors, l, storage, type));
  const whole = read.filter((layer) => layer !== undefined);
  if (layers === 0 || whole.length < layers) return undefined;
  const biases = whole.map((layer) => layer.bias).filter((bias) => bias !== undefined);
  if (biases.length > 0 && biases.length < layers) return undefined;
  const counts = whole.map((layer) => layer.positions[0]?.length ?? 0);
  return {
    tokens: lineOf.shape[0] ?? 0,
    kept: Math.max(...counts),
    counts,
    keys: whole.map((layer) => layer.key),
    values: whole.map((layer) => layer.value),
    positions: whole.map((layer) => layer.positions),
    lineOf: int32(lineOf.data),
    ...(biases.length > 0 ? { bias: biases } : {}),
  };
}

interface Layer {
  key: KvArray;
  value: KvArray;
  positions: Int32Array[];
  bias: Float32Array | undefined;
}

function decodeLayer(
  tensors: ReadonlyMap<string, TensorInfo>,
  l: number,
  storage: Storage,
  type: KvType,
): Layer | undefined {
  const kept = tensors.get(`layers.${l}.positions`);
  if (kept?.dtype !== 'I32') return undefined;
  const [heads = 0, count = 0] = kept.shape;
  const key = unpackVectors(tensors, `layers.${l}.key`, { heads, count }, storage, 'keys', type);
  const value = unpackVectors(tensors, `layers.${l}.value`, { heads, count }, storage, 'values', type);
  const bias = tensors.get(`layers.${l}.bias`);
  if (bias && (bias.dtype !== 'F32' || bias.shape[0] !== heads || bias.shape[1] !== count)) return undefined;
  if (!key || !value) return undefined;
  const flat = int32(kept.data);
  return {
    key,
    value,
    positions: Array.from({ length: heads }, (_, h) => flat.subarray(h * count, (h + 1) * count)),
    bias: bias && new Float32Array(bias.data.slice().buffer),
  };
}

/** Typed views need aligned offsets, which slices of a file do not promise. */
function int32(data: Uint8Array): Int32Array {
  return new Int32Array(data.slice().buffer);
}
