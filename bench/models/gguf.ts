import { closeSync, openSync } from 'node:fs';
import { writeAll } from './onnxWriter.ts';
import { BLOCK, packForGguf, quantize } from './quantize.ts';
import type { GgufType } from './shapes.ts';
import { layerMatrices, type Weights } from './weights.ts';

/** Numbers of the format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md */
const VERSION = 3;
const ALIGNMENT = 32;
const Meta = { uint32: 4, int32: 5, float32: 6, string: 8, array: 9 } as const;
const tensorTypes = { f32: 0, q4_0: 2, q8_0: 8 } as const satisfies Record<GgufType, number>;
/** `general.file_type`: mostly f32, q4_0, q8_0. */
const fileTypes = { f32: 0, q4_0: 2, q8_0: 7 } as const satisfies Record<GgufType, number>;
const NORMAL_TOKEN = 1;
const CONTROL_TOKEN = 3;

interface GgufTensor {
  name: string;
  /** Fastest dimension first. */
  dims: number[];
  type: GgufType;
  values: () => Float32Array;
}

/** Writes the same weights as `writeDecoder` as a GGUF file for llama.cpp's `qwen2` architecture. */
export function writeGguf(file: string, weights: Weights, type: GgufType): void {
  const tensors = tensorsOf(weights, type);
  let offset = 0;
  const infos = tensors.map((t) => {
    const dims = [u32(t.dims.length), ...t.dims.map((d) => u64(d))];
    const info = Buffer.concat([text(t.name), ...dims, u32(tensorTypes[t.type]), u64(offset)]);
    offset += aligned(byteSize(t));
    return info;
  });
  const meta = metadata(weights, type);
  const head = [Buffer.from('GGUF'), u32(VERSION), u64(tensors.length), u64(meta.length), ...meta, ...infos];
  const out = openSync(file, 'w');
  try {
    writePadded(out, Buffer.concat(head));
    for (const tensor of tensors) writePadded(out, encode(tensor));
  } finally {
    closeSync(out);
  }
}

function tensorsOf(weights: Weights, type: GgufType): GgufTensor[] {
  const { shape } = weights;
  const { layers, hidden, vocabulary } = shape;
  const vector = (name: string, size: number, values: () => Float32Array): GgufTensor => ({
    name,
    dims: [size],
    type: 'f32',
    values,
  });
  // The embedding stays in full precision, as in the ONNX graph: a look-up costs nothing.
  const tensors: GgufTensor[] = [
    { name: 'token_embd.weight', dims: [hidden, vocabulary], type: 'f32', values: () => weights.embedding() },
    vector('output_norm.weight', hidden, () => weights.norm('output_norm')),
    { name: 'output.weight', dims: [hidden, vocabulary], type, values: () => weights.matrix('output', vocabulary, hidden) },
  ];
  for (let l = 0; l < layers; l++) {
    const [to, from] = [`blk.${l}`, `layers.${l}`];
    for (const norm of ['attn_norm', 'ffn_norm'])
      tensors.push(vector(`${to}.${norm}.weight`, hidden, () => weights.norm(`${from}.${norm}`)));
    for (const { onnx, gguf, rows, columns } of layerMatrices(shape)) {
      const values = (): Float32Array => weights.matrix(`${from}.${onnx}`, rows, columns);
      tensors.push({ name: `${to}.${gguf}.weight`, dims: [columns, rows], type, values });
      if (/attn_[qkv]/.test(gguf))
        tensors.push(vector(`${to}.${gguf}.bias`, rows, () => weights.bias(`${from}.${onnx}.bias`, rows)));
    }
  }
  return tensors;
}

function metadata({ shape }: Weights, type: GgufType): Buffer[] {
  const entry = (key: string, kind: number, value: Buffer): Buffer => Buffer.concat([text(key), u32(kind), value]);
  const number = (key: string, value: number): Buffer => entry(key, Meta.uint32, u32(value));
  const float = (key: string, value: number): Buffer => entry(key, Meta.float32, f32(value));
  const string = (key: string, value: string): Buffer => entry(key, Meta.string, text(value));
  const array = (key: string, kind: number, items: Buffer[]): Buffer =>
    entry(key, Meta.array, Buffer.concat([u32(kind), u64(items.length), ...items]));
  const ids = Array.from({ length: shape.vocabulary }, (_, i) => i);
  const last = shape.vocabulary - 1;
  return [
    string('general.architecture', 'qwen2'),
    string('general.name', `cribsheet-bench-${shape.name}`),
    number('general.file_type', fileTypes[type]),
    number('qwen2.block_count', shape.layers),
    number('qwen2.context_length', shape.positions),
    number('qwen2.embedding_length', shape.hidden),
    number('qwen2.feed_forward_length', shape.feedForward),
    number('qwen2.attention.head_count', shape.heads),
    number('qwen2.attention.head_count_kv', shape.kvHeads),
    float('qwen2.attention.layer_norm_rms_epsilon', 1e-6),
    float('qwen2.rope.freq_base', shape.ropeTheta),
    // The comparison feeds token ids: the vocabulary only has to have the right size.
    string('tokenizer.ggml.model', 'gpt2'),
    string('tokenizer.ggml.pre', 'qwen2'),
    array('tokenizer.ggml.tokens', Meta.string, ids.map((i) => text(i < 94 ? String.fromCharCode(33 + i) : `t${i}`))),
    array('tokenizer.ggml.token_type', Meta.int32, ids.map((i) => i32(i === last ? CONTROL_TOKEN : NORMAL_TOKEN))),
    array('tokenizer.ggml.merges', Meta.string, [text('! "')]),
    number('tokenizer.ggml.bos_token_id', last),
    number('tokenizer.ggml.eos_token_id', last),
  ];
}

function encode({ type, values }: GgufTensor): Uint8Array {
  const floats = values();
  if (type !== 'f32') return packForGguf(quantize(floats, type === 'q8_0' ? 8 : 4));
  return new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength);
}

function byteSize({ dims, type }: GgufTensor): number {
  const count = dims.reduce((a, b) => a * b, 1);
  return type === 'f32' ? count * 4 : (count / BLOCK) * (2 + (type === 'q8_0' ? BLOCK : BLOCK / 2));
}

const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

function writePadded(file: number, bytes: Uint8Array): void {
  writeAll(file, bytes);
  writeAll(file, new Uint8Array(aligned(bytes.length) - bytes.length));
}

function u32(value: number): Buffer {
  const b = Buffer.alloc(4);
  b.writeUInt32LE(value);
  return b;
}

function i32(value: number): Buffer {
  const b = Buffer.alloc(4);
  b.writeInt32LE(value);
  return b;
}

function f32(value: number): Buffer {
  const b = Buffer.alloc(4);
  b.writeFloatLE(value);
  return b;
}

function u64(value: number): Buffer {
  const b = Buffer.alloc(8);
  b.writeBigUInt64LE(BigInt(value));
  return b;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([u64(bytes.length), bytes]);
}
