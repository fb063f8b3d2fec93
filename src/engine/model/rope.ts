import { open } from 'node:fs/promises';
import path from 'node:path';
import { DataType, externalData, type Tensor } from './graph/onnx.ts';
import type { DecoderGraph } from './graph/inspect.ts';
import { halfToFloat } from './half.ts';

/** Bytes of some rows of a two-dimensional initializer, as floats. */
async function readRow(tensor: Tensor, folder: string, row: number): Promise<Float64Array> {
  const width = Number(tensor.dims![1]);
  const size = tensor.dataType === DataType.float16 ? 2 : 4;
  const bytes = new Uint8Array(width * size);
  const external = externalData(tensor);
  if (external) {
    const handle = await open(path.join(folder, external.file));
    try {
      await handle.read(bytes, 0, bytes.length, external.offset + row * bytes.length);
    } finally {
      await handle.close();
    }
  } else if (tensor.rawData?.length) bytes.set(tensor.rawData.subarray(row * bytes.length, (row + 1) * bytes.length));
  else return Float64Array.from({ length: width }, (_, i) => tensor.floatData![row * width + i]!);
  const view = new DataView(bytes.buffer);
  return Float64Array.from({ length: width }, (_, i) =>
    size === 2 ? halfToFloat(view.getUint16(i * 2, true)) : view.getFloat32(i * 4, true),
  );
}

/**
 * Inverse frequencies of the rotary embedding in radians per position, [headSize / 2], read off the model's own
 * tables: atan2(sin, cos) of row 1. That includes Llama-3 and YaRN scaling and is free of YaRN's amplitude factor,
 * which a second pass through a rotary module would apply twice. Half-precision tables are too coarse at row 1, so
 * the phase is followed through rows 2, 4, 8, … and divided by the last.
 */
export async function inverseFrequencies(graph: DecoderGraph, folder: string): Promise<Float64Array> {
  const angles = async (row: number): Promise<Float64Array> => {
    const [cos, sin] = await Promise.all([readRow(graph.cosCache, folder, row), readRow(graph.sinCache, folder, row)]);
    return sin.map((s, i) => Math.atan2(s, cos[i]!));
  };
  let frequencies = await angles(1);
  if (graph.cosCache.dataType !== DataType.float16) return frequencies;
  for (let row = 2; row < graph.maxPositions; row *= 2) {
    const measured = await angles(row);
    frequencies = frequencies.map((f, i) => {
      const turns = Math.round((f * row - measured[i]!) / (2 * Math.PI));
      return (measured[i]! + turns * 2 * Math.PI) / row;
    });
  }
  return frequencies;
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
