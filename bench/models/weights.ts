import type { Shape } from './shapes.ts';

/**
 * Seeded random weights by name: the same name gives the same numbers at every call, so every format is written from
 * one set of weights without holding them all. Matrices are [rows = outputs, columns = inputs], as in GGUF.
 * Uniform with variance 1/inputs, which keeps activations at unit scale through the layers.
 */
export class Weights {
  readonly shape: Shape;
  private readonly seed: number;

  constructor(shape: Shape, seed = 1) {
    this.shape = shape;
    this.seed = seed;
  }

  matrix(name: string, rows: number, columns: number): Float32Array {
    return this.uniform(name, rows * columns, Math.sqrt(3 / columns));
  }

  /** Embedding rows at unit scale, [vocabulary, hidden]. */
  embedding(): Float32Array {
    const { vocabulary, hidden } = this.shape;
    return this.uniform('embedding', vocabulary * hidden, 1);
  }

  bias(name: string, size: number): Float32Array {
    return this.uniform(name, size, 0.1);
  }

  norm(name: string): Float32Array {
    return this.uniform(name, this.shape.hidden, 0.1).map((x) => 1 + x);
  }

  /** Numbers in [-amplitude, amplitude): xorshift32 (Marsaglia 2003) seeded by the name. */
  private uniform(name: string, size: number, amplitude: number): Float32Array {
    const out = new Float32Array(size);
    let state = hash(`${this.seed}:${this.shape.name}:${name}`) || 1;
    const scale = amplitude / 2 ** 31;
    for (let i = 0; i < size; i++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      out[i] = state * scale;
    }
    return out;
  }
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h;
}

/** The matrices of one layer with their names in both formats; `bias` where the layer adds one. */
export function layerMatrices(shape: Shape): { onnx: string; gguf: string; rows: number; columns: number }[] {
  const { hidden, heads, kvHeads, headSize, feedForward } = shape;
  return [
    { onnx: 'q_proj', gguf: 'attn_q', rows: heads * headSize, columns: hidden },
    { onnx: 'k_proj', gguf: 'attn_k', rows: kvHeads * headSize, columns: hidden },
    { onnx: 'v_proj', gguf: 'attn_v', rows: kvHeads * headSize, columns: hidden },
    { onnx: 'o_proj', gguf: 'attn_output', rows: hidden, columns: heads * headSize },
    { onnx: 'gate_proj', gguf: 'ffn_gate', rows: feedForward, columns: hidden },
    { onnx: 'up_proj', gguf: 'ffn_up', rows: feedForward, columns: hidden },
    { onnx: 'down_proj', gguf: 'ffn_down', rows: hidden, columns: feedForward },
  ];
}
