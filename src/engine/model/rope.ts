import { open } from 'node:fs/promises';
import path from 'node:path';
import { DataType, externalData, type Tensor } from './graph/onnx.ts';
import type { DecoderGraph } from './graph/inspect.ts';
import { halfToFloat } from './half.ts';

/** Rows of a half-precision table that are read: enough for its rounding to average out. */
const MAX_ROWS = 8_192;
/** Radians at the last row read up to which a table follows a power law: a unit in the last place of a half below 1. */
const SAME_PHASE = 2 ** -11;

/** Rows `first` to `first + count - 1` of a two-dimensional initializer, as floats. */
async function readRows(tensor: Tensor, folder: string, first: number, count: number): Promise<Float64Array> {
  const width = Number(tensor.dims![1]);
  const size = tensor.dataType === DataType.float16 ? 2 : 4;
  const bytes = new Uint8Array(count * width * size);
  const start = first * width * size;
  const external = externalData(tensor);
  if (external) {
    const handle = await open(path.join(folder, external.file));
    try {
      await handle.read(bytes, 0, bytes.length, external.offset + start);
    } finally {
      await handle.close();
    }
  } else if (tensor.rawData?.length) bytes.set(tensor.rawData.subarray(start, start + bytes.length));
  else return Float64Array.from({ length: count * width }, (_, i) => tensor.floatData![first * width + i]!);
  const view = new DataView(bytes.buffer);
  return Float64Array.from({ length: count * width }, (_, i) =>
    size === 2 ? halfToFloat(view.getUint16(i * 2, true)) : view.getFloat32(i * 4, true),
  );
}

/**
 * Inverse frequencies of the rotary embedding in radians per position, [headSize / 2], read off the model's own
 * tables: atan2(sin, cos) of row 1. That includes Llama-3 and YaRN scaling and is free of YaRN's amplitude factor,
 * which a second pass through a rotary module would apply twice. Half-precision tables are too coarse at row 1, so
 * the phase is followed through many rows.
 */
export async function inverseFrequencies(
  graph: Pick<DecoderGraph, 'cosCache' | 'sinCache' | 'maxPositions'>,
  folder: string,
): Promise<Float64Array> {
  const { cosCache, sinCache, maxPositions } = graph;
  const isHalf = cosCache.dataType === DataType.float16;
  const rows = isHalf ? Math.min(maxPositions - 1, MAX_ROWS) : 1;
  const [cos, sin] = await Promise.all([readRows(cosCache, folder, 1, rows), readRows(sinCache, folder, 1, rows)]);
  const angles = sin.map((s, i) => Math.atan2(s, cos[i]!));
  if (!isHalf) return angles;
  const measured = phaseSlopes(angles, rows);
  return nearbyPowers(measured, rows) ?? measured;
}

/** Slope of each column's phase over its rows (from row 1 on) by least squares; full turns are counted on the way. */
function phaseSlopes(angles: Float64Array, rows: number): Float64Array {
  const width = angles.length / rows;
  const sums = new Float64Array(width);
  const slopes = new Float64Array(width);
  let squares = 0;
  for (let row = 1; row <= rows; row++) {
    squares += row * row;
    for (let i = 0; i < width; i++) {
      const angle = angles[(row - 1) * width + i]!;
      const turns = Math.round((slopes[i]! * row - angle) / (2 * Math.PI));
      sums[i]! += row * (angle + turns * 2 * Math.PI);
      slopes[i] = sums[i]! / squares;
    }
  }
  return slopes;
}

/**
 * Most tables are powers theta^(-2i/d) (RoFormer, arXiv 2104.09864, section 3.2.2). One theta fitted to all columns is
 * far more exact for the slow ones than what their own few radians tell.
 * @returns undefined where the columns do not follow such a law (Llama-3 scaling, YaRN)
 */
function nearbyPowers(measured: Float64Array, rows: number): Float64Array | undefined {
  const exponent = (i: number): number => -i / measured.length;
  let [products, squares] = [0, 0];
  measured.forEach((f, i) => {
    // Equal errors of f are errors of its logarithm in inverse proportion to f.
    products += f * f * exponent(i) * Math.log(f);
    squares += (f * exponent(i)) ** 2;
  });
  const powers = measured.map((_, i) => Math.exp((exponent(i) * products) / squares));
  return powers.every((p, i) => Math.abs(p - measured[i]!) * rows < SAME_PHASE) ? powers : undefined;
}

/**
 * Rotates vectors in place by one angle step count: positions move by `delta`. Halves layout (the first half of a
 * vector pairs with the second), as in Llama and Qwen. Angles in double precision.
 */
export class Rotation {
  private readonly frequencies: Float64Array;
  private delta = Number.NaN;
  private readonly cos: Float64Array;
  private readonly sin: Float64Array;

  constructor(frequencies: Float64Array) {
    this.frequencies = frequencies;
    this.cos = new Float64Array(frequencies.length);
    this.sin = new Float64Array(frequencies.length);
  }

  apply(vector: Float32Array, delta: number): void {
    if (delta === 0) return;
    const half = this.frequencies.length;
    if (delta !== this.delta) {
      for (let i = 0; i < half; i++) {
        this.cos[i] = Math.cos(delta * this.frequencies[i]!);
        this.sin[i] = Math.sin(delta * this.frequencies[i]!);
      }
      this.delta = delta;
    }
    for (let i = 0; i < half; i++) {
      const [a, b] = [vector[i]!, vector[i + half]!];
      vector[i] = a * this.cos[i]! - b * this.sin[i]!;
      vector[i + half] = b * this.cos[i]! + a * this.sin[i]!;
    }
  }
}
