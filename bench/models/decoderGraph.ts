import { DataType, int64Constant, MS_DOMAIN } from '../../src/engine/model/graph/onnx.ts';
import { halfToFloat } from '../../src/engine/model/half.ts';
import { OnnxWriter } from './onnxWriter.ts';
import { BLOCK, packForOnnx, quantize } from './quantize.ts';
import type { Precision, Shape } from './shapes.ts';
import { layerMatrices, type Weights } from './weights.ts';

const EPSILON = 1e-6;

/**
 * Writes a decoder in the form that the onnxruntime-genai builder gives Qwen2: GroupQueryAttention with rotary tables
 * inside, fp32 keys and values, MatMul or MatMulNBits (blocks of 32, accuracy level 4: 8-bit activations).
 */
export function writeDecoder(file: string, weights: Weights, precision: Precision): void {
  const { shape } = weights;
  const { layers, hidden, heads, kvHeads, headSize, vocabulary } = shape;
  const w = new OnnxWriter(file);
  const product = matrixProduct(w, weights, precision);
  const cacheDims = (length: string) => ['batch_size', kvHeads, length, headSize];

  w.input('input_ids', DataType.int64, ['batch_size', 'sequence_length']);
  w.input('attention_mask', DataType.int64, ['batch_size', 'total_sequence_length']);
  rotaryTables(w, shape);
  lengths(w);
  w.floats('embedding', [vocabulary, hidden], weights.embedding());
  const norm = (name: string): string => w.floats(`${name}.weight`, [hidden], weights.norm(name));
  let residual = w.add('Gather', ['embedding', 'input_ids'], 'embedded', { axis: 0 });
  let normed = w.add('SimplifiedLayerNormalization', [residual, norm('layers.0.attn_norm')], 'layers.0.normed', {
    axis: -1,
    epsilon: { float: EPSILON },
    stash_type: 1,
  });
  /** Adds to the residual stream and normalises the sum. */
  const skipNorm = (added: string, weight: string, name: string): [string, string] => {
    const outputs = [`${name}.normed`, '', '', `${name}.residual`];
    w.add('SkipSimplifiedLayerNormalization', [residual, added, weight], outputs, epsilon(), MS_DOMAIN);
    return [outputs[0]!, outputs[3]!];
  };

  for (let l = 0; l < layers; l++) {
    const p = `layers.${l}`;
    const m = Object.fromEntries(layerMatrices(shape).map((x) => [x.onnx, x]));
    const apply = (x: string, name: string): string =>
      product(x, `${p}.${name}`, m[name]!.rows, m[name]!.columns, `${p}.${name}.out`);
    const biased = (name: string): string => {
      const bias = w.floats(`${p}.${name}.bias`, [m[name]!.rows], weights.bias(`${p}.${name}.bias`, m[name]!.rows));
      return w.add('Add', [apply(normed, name), bias], `${p}.${name}.biased`);
    };
    const [pastKey, pastValue] = ['key', 'value'].map((kind) => {
      w.input(`past_key_values.${l}.${kind}`, DataType.float32, cacheDims('past_sequence_length'));
      return `past_key_values.${l}.${kind}`;
    }) as [string, string];
    const attention = w.add(
      'GroupQueryAttention',
      [biased('q_proj'), biased('k_proj'), biased('v_proj'), pastKey, pastValue, 'past_lengths', 'total', 'cos', 'sin'],
      [`${p}.attention`, `present.${l}.key`, `present.${l}.value`],
      { num_heads: heads, kv_num_heads: kvHeads, do_rotary: 1, scale: { float: 1 / Math.sqrt(headSize) } },
      MS_DOMAIN,
    );
    [normed, residual] = skipNorm(apply(attention, 'o_proj'), norm(`${p}.ffn_norm`), `${p}.ffn`);
    const gate = apply(normed, 'gate_proj');
    const silu = w.add('Mul', [gate, w.add('Sigmoid', [gate], `${p}.sigmoid`)], `${p}.silu`);
    const gated = w.add('Mul', [silu, apply(normed, 'up_proj')], `${p}.gated`);
    const nextNorm = l + 1 < layers ? `layers.${l + 1}.attn_norm` : 'output_norm';
    [normed, residual] = skipNorm(apply(gated, 'down_proj'), norm(nextNorm), `${p}.next`);
  }
  product(normed, 'output', vocabulary, hidden, 'logits');
  w.output('logits', DataType.float32, ['batch_size', 'sequence_length', vocabulary]);
  for (let l = 0; l < layers; l++)
    for (const kind of ['key', 'value'])
      w.output(`present.${l}.${kind}`, DataType.float32, cacheDims('total_sequence_length'));
  w.finish();
}

const epsilon = (): { epsilon: { float: number } } => ({ epsilon: { float: EPSILON } });

/** y = x · Wᵀ with W [rows, columns] from the seeded weights. */
function matrixProduct(w: OnnxWriter, weights: Weights, precision: Precision) {
  return (x: string, name: string, rows: number, columns: number, output: string): string => {
    const matrix = weights.matrix(name, rows, columns);
    if (precision === 'fp32') {
      const weight = w.floats(`${name}.weight`, [columns, rows], transposed(matrix, rows, columns));
      return w.add('MatMul', [x, weight], output);
    }
    const bits = precision === 'int8' ? 8 : 4;
    const quantized = quantize(matrix, bits);
    const blocks = columns / BLOCK;
    const codes = w.bytes(`${name}.codes`, [rows, blocks, (BLOCK * bits) / 8], packForOnnx(quantized));
    const scales = w.floats(`${name}.scales`, [rows * blocks], Float32Array.from(quantized.scales, halfToFloat));
    const attributes = { K: columns, N: rows, bits, block_size: BLOCK, accuracy_level: 4 };
    return w.add('MatMulNBits', [x, codes, scales], output, attributes, MS_DOMAIN);
  };
}

function transposed(matrix: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(matrix.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[c * rows + r] = matrix[r * columns + c]!;
  return out;
}

function rotaryTables(w: OnnxWriter, { headSize, positions, ropeTheta }: Shape): void {
  const half = headSize / 2;
  const table = (of: (angle: number) => number): Float32Array =>
    Float32Array.from({ length: positions * half }, (_, i) =>
      of(Math.floor(i / half) * ropeTheta ** ((-2 * (i % half)) / headSize)),
    );
  w.floats('cos', [positions, half], table(Math.cos));
  w.floats('sin', [positions, half], table(Math.sin));
}

/** What GroupQueryAttention wants to know, from the attention mask: last position of each row, and all positions. */
function lengths(w: OnnxWriter): void {
  const one = w.constant(int64Constant('one', [1]));
  const second = w.constant(int64Constant('second', [1], []));
  const sum = w.add('ReduceSum', ['attention_mask', one], 'mask_sum', { keepdims: 0 });
  w.add('Cast', [w.add('Sub', [sum, one], 'mask_last')], 'past_lengths', { to: DataType.int32 });
  const shape = w.add('Shape', ['attention_mask'], 'mask_shape');
  w.add('Cast', [w.add('Gather', [shape, second], 'mask_total', { axis: 0 })], 'total', { to: DataType.int32 });
}
