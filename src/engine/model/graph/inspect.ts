import { CribsheetError } from '../../../common/errors.ts';
import { unusableAttention } from './attentionForm.ts';
import {
  DataType,
  dimsOf,
  elementTypeOf,
  floatAttribute,
  intAttribute,
  type Model,
  type Node,
  type Tensor,
} from './onnx.ts';

/** Number type of keys and values in memory. */
export type KvType = 'float32' | 'float16';

/** One attention layer as the graph names it. */
interface AttentionLayer {
  node: Node;
  pastKey: string;
  pastValue: string;
  presentKey: string;
  presentValue: string;
}

/** What the rest of the engine needs to know of a decoder. */
export interface DecoderGraph {
  attention: AttentionLayer[];
  heads: number;
  kvHeads: number;
  headSize: number;
  vocabulary: number;
  kvType: KvType;
  logitsType: KvType;
  /** Rows of the rotary tables: no position may reach this. */
  maxPositions: number;
  cosCache: Tensor;
  sinCache: Tensor;
  /** The graph asks for explicit positions. */
  hasPositionIds: boolean;
  /** Factor of q·k before the softmax. */
  attentionScale: number;
  /** Keys carry a bias (`addKeyBias`). */
  keyBias: boolean;
}

function unsupported(what: string): CribsheetError {
  return new CribsheetError(
    'model-unsupported',
    `This model cannot be used: ${what}.`,
    'Use an export of the onnxruntime-genai model builder or an onnx-community export with GroupQueryAttention (Llama, Qwen2, Qwen3).',
  );
}

/** Attention operators other than GroupQueryAttention, and state-space ones: named in the refusal. */
const foreignAttention =
  /^(Attention|MultiHeadAttention|PagedAttention|SparseAttention|DecoderMaskedMultiHeadAttention|LinearAttention|CausalConvWithState|Scan|LSTM|GRU)$/;

/**
 * Finds the attention layers of a decoder and checks that it has the form that Cribsheet can run.
 * @param configured head size of the model's configuration, where it names one
 * @throws CribsheetError `model-unsupported`, naming the operator or input that does not fit.
 */
export function inspectDecoder(model: Model, configured?: number): DecoderGraph {
  const graph = model.graph;
  if (!graph) throw unsupported('the file holds no graph');
  const nodes = graph.node ?? [];
  const layers = nodes.filter((n) => n.opType === 'GroupQueryAttention');
  const foreign = nodes.find((n) => foreignAttention.test(n.opType ?? ''));
  if (foreign) throw unsupported(`it uses the operator ${foreign.opType ?? '?'}`);
  const first = layers[0];
  if (!first) throw unsupported('it has no GroupQueryAttention operator');

  const inputs = new Map((graph.input ?? []).map((i) => [i.name ?? '', i]));
  const outputs = new Map((graph.output ?? []).map((o) => [o.name ?? '', o]));
  const initializers = new Map((graph.initializer ?? []).map((t) => [t.name ?? '', t]));
  const attention = layers.map((n): AttentionLayer => {
    const [pastKey, pastValue] = [n.input?.[3] ?? '', n.input?.[4] ?? ''];
    const [presentKey, presentValue] = [n.output?.[1] ?? '', n.output?.[2] ?? ''];
    for (const name of [pastKey, pastValue])
      if (!inputs.has(name)) throw unsupported(`the cache "${name}" is no input of the graph`);
    for (const name of [presentKey, presentValue])
      if (!outputs.has(name)) throw unsupported(`the cache "${name}" is no output of the graph`);
    return { node: n, pastKey, pastValue, presentKey, presentValue };
  });

  const known = new Set([
    'input_ids',
    'attention_mask',
    'position_ids',
    ...attention.flatMap((a) => [a.pastKey, a.pastValue]),
  ]);
  for (const name of inputs.keys()) {
    if (!known.has(name) && !initializers.has(name)) throw unsupported(`it needs the input "${name}"`);
  }
  for (const name of ['input_ids', 'attention_mask']) {
    if (!inputs.has(name)) throw unsupported(`it has no input "${name}"`);
  }
  for (const n of layers) {
    const why = unusableAttention(n, first);
    if (why !== undefined) throw unsupported(why);
  }

  const cosCache = initializers.get(first.input?.[7] ?? '');
  const sinCache = initializers.get(first.input?.[8] ?? '');
  if (!cosCache || !sinCache) throw unsupported('it has no rotary tables (cos_cache, sin_cache)');
  const [rows, half] = (cosCache.dims ?? []).map(Number);
  if (!rows || !half) throw unsupported('its rotary tables have no fixed shape');

  const logits = outputs.get('logits');
  const past = inputs.get(attention[0]?.pastKey ?? '');
  if (!logits || !past) throw unsupported('it has no output "logits"');
  // The KV shape is symbolic in real exports; the rotary table is not.
  const headSize = dimsOf(past)[3] ?? configured ?? 2 * half;
  if (headSize !== 2 * half) throw unsupported(`only ${2 * half} of ${headSize} values of a head are rotated`);
  const vocabulary = dimsOf(logits)[2];
  if (!vocabulary) throw unsupported('the size of its vocabulary is not fixed');
  return {
    attention,
    heads: intAttribute(first, 'num_heads', 0),
    kvHeads: intAttribute(first, 'kv_num_heads', 0),
    headSize,
    vocabulary,
    kvType: kvType(elementTypeOf(past)),
    logitsType: kvType(elementTypeOf(logits)),
    maxPositions: rows,
    cosCache,
    sinCache,
    hasPositionIds: inputs.has('position_ids'),
    attentionScale: floatAttribute(first, 'scale', 0) || 1 / Math.sqrt(headSize),
    keyBias: false,
  };
}

function kvType(elementType: number): KvType {
  if (elementType === DataType.float32) return 'float32';
  if (elementType === DataType.float16) return 'float16';
  throw unsupported(`element type ${elementType} of its cache`);
}
