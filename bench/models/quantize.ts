import { floatToHalf, halfToFloat } from '../../src/engine/model/half.ts';

/** Values that share a scale, in both formats. */
export const BLOCK = 32;

/** A quantised matrix: value = (code - zero) · scale of its block of 32. */
export interface Quantized {
  bits: 4 | 8;
  /** Unsigned codes, one a byte; zero is 2^(bits-1). */
  codes: Uint8Array;
  /** Scales as half-precision bits: what GGUF stores, and what ONNX gets as floats, so that both hold equal numbers. */
  scales: Uint16Array;
}

/**
 * Symmetric quantisation in blocks of 32 as GGUF does it (ggml: `quantize_row_q8_0_ref`, `quantize_row_q4_0_ref`):
 * 8 bits with scale max|x|/127, 4 bits with scale m/-8 where m is the value of largest magnitude with its sign.
 */
export function quantize(values: Float32Array, bits: 4 | 8): Quantized {
  const blocks = values.length / BLOCK;
  const codes = new Uint8Array(values.length);
  const scales = new Uint16Array(blocks);
  const zero = 2 ** (bits - 1);
  const highest = 2 ** bits - 1;
  for (let b = 0; b < blocks; b++) {
    let extreme = 0;
    for (let i = b * BLOCK; i < (b + 1) * BLOCK; i++) {
      if (Math.abs(values[i]!) > Math.abs(extreme)) extreme = values[i]!;
    }
    const half = floatToHalf(bits === 8 ? Math.abs(extreme) / 127 : extreme / -8);
    scales[b] = half;
    const scale = halfToFloat(half);
    const inverse = scale === 0 ? 0 : 1 / scale;
    for (let i = b * BLOCK; i < (b + 1) * BLOCK; i++) {
      codes[i] = Math.max(0, Math.min(highest, Math.round(values[i]! * inverse) + zero));
    }
  }
  return { bits, codes, scales };
}

/** Back to floats. */
export function dequantize({ bits, codes, scales }: Quantized): Float32Array {
  const zero = 2 ** (bits - 1);
  return Float32Array.from(codes, (c, i) => (c - zero) * halfToFloat(scales[Math.floor(i / BLOCK)]!));
}

/** As the weight of MatMulNBits: 8 bits one code a byte, 4 bits neighbours in one byte, the first in the low half. */
export function packForOnnx({ bits, codes }: Quantized): Uint8Array {
  if (bits === 8) return codes;
  const out = new Uint8Array(codes.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = codes[2 * i]! | (codes[2 * i + 1]! << 4);
  return out;
}

/**
 * As GGUF blocks: half-precision scale, then the codes. Q8_0 stores them signed, Q4_0 puts value i and value i+16 of
 * a block into one byte.
 */
export function packForGguf({ bits, codes, scales }: Quantized): Uint8Array {
  const size = bits === 8 ? BLOCK : BLOCK / 2;
  const out = new Uint8Array(scales.length * (2 + size));
  for (let b = 0; b < scales.length; b++) {
    const to = b * (2 + size);
    out[to] = scales[b]! & 0xff;
    out[to + 1] = scales[b]! >> 8;
    const from = b * BLOCK;
    for (let i = 0; i < size; i++) {
      out[to + 2 + i] = bits === 8 ? codes[from + i]! - 128 : codes[from + i]! | (codes[from + i + 16]! << 4);
    }
  }
  return out;
}
