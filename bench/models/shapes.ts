/** A Qwen2-shaped decoder: grouped-query attention with biases on q, k and v, SwiGLU, RMS norms, untied output. */
export interface Shape {
  name: ShapeName;
  layers: number;
  hidden: number;
  heads: number;
  kvHeads: number;
  headSize: number;
  feedForward: number;
  vocabulary: number;
  ropeTheta: number;
  /** Rows of the rotary tables. */
  positions: number;
}

export type ShapeName = 'tiny' | 'small20m' | 'qwen05b';

/** Room for a corpus of 32,768 tokens, the question and its answer. */
const positions = 40_960;

export const shapes: Record<ShapeName, Shape> = {
  /** For tests: generated in a fraction of a second. Its timings mean nothing. */
  tiny: {
    name: 'tiny',
    layers: 2,
    hidden: 64,
    heads: 4,
    kvHeads: 2,
    headSize: 16,
    feedForward: 128,
    vocabulary: 8_192,
    ropeTheta: 1e4,
    positions,
  },
  /** 19 million parameters: the size of a model that comes with an extension. */
  small20m: {
    name: 'small20m',
    layers: 8,
    hidden: 384,
    heads: 6,
    kvHeads: 2,
    headSize: 64,
    feedForward: 1_024,
    vocabulary: 8_192,
    ropeTheta: 1e4,
    positions,
  },
  /** The shape of Qwen2.5-0.5B, the smallest of the models that people install (its output tied there, not here). */
  qwen05b: {
    name: 'qwen05b',
    layers: 24,
    hidden: 896,
    heads: 14,
    kvHeads: 2,
    headSize: 64,
    feedForward: 4_864,
    vocabulary: 151_936,
    ropeTheta: 1e6,
    positions,
  },
};

export const precisions = ['fp32', 'int8', 'int4'] as const;
export type Precision = (typeof precisions)[number];

/** The GGUF type that holds the same numbers as a precision of the ONNX model. */
export const ggufTypes = { fp32: 'f32', int8: 'q8_0', int4: 'q4_0' } as const satisfies Record<Precision, string>;
export type GgufType = (typeof ggufTypes)[Precision];
