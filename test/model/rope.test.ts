import { beforeAll, describe, expect, test } from 'vitest';
import { floatToHalf } from '../../src/engine/model/half.ts';
import { DataType, float32Constant, type Tensor } from '../../src/engine/model/graph/onnx.ts';
import type { DecoderGraph } from '../../src/engine/model/graph/inspect.ts';
import { readModelFolder } from '../../src/engine/model/layout.ts';
import { openGraph } from '../../src/engine/model/openSession.ts';
import { inverseFrequencies } from '../../src/engine/model/rope.ts';
import { modelFolder, reference } from './fixtures.ts';

type Tables = Pick<DecoderGraph, 'cosCache' | 'sinCache' | 'maxPositions'>;
type Frequencies = readonly number[] | Float64Array;

/** Tables as an export writes them: angles in single precision, then cosine and sine in the type of the model. */
function tables(frequencies: Frequencies, rows: number, type: 'float32' | 'float16', factor = 1): Tables {
  const table = (name: string, of: (angle: number) => number): Tensor => {
    const values = Array.from({ length: rows * frequencies.length }, (_, i) => {
      const row = Math.floor(i / frequencies.length);
      return factor * of(Math.fround(row * Math.fround(frequencies[i % frequencies.length]!)));
    });
    const dims = [rows, frequencies.length];
    if (type === 'float32') return float32Constant(name, values, dims);
    const rawData = new Uint8Array(Uint16Array.from(values, floatToHalf).buffer);
    return { name, dims, dataType: DataType.float16, rawData };
  };
  return { cosCache: table('cos', Math.cos), sinCache: table('sin', Math.sin), maxPositions: rows };
}

/** Powers of theta, as in RoFormer (arXiv 2104.09864, section 3.2.2). */
const powers = (theta: number, half: number): number[] => Array.from({ length: half }, (_, i) => theta ** (-i / half));
const worst = (found: Frequencies, expected: Frequencies, of: (f: number, e: number) => number): number =>
  Math.max(...Array.from(found, (f, i) => of(f, expected[i]!)));
const relative = (f: number, e: number): number => Math.abs(f - e) / e;
const absolute = (f: number, e: number): number => Math.abs(f - e);

describe('half-precision tables', () => {
  test.each([
    ['qwen2', 10_000, 16, 4_096],
    ['qwen3', 1_000_000, 16, 4_096],
    ['large theta and heads', 1_000_000, 64, 4_096],
    ['Llama 3 without scaling', 500_000, 64, 2_048],
    ['few rows', 10_000, 16, 512],
  ])('%s: within 1e-6', async (_, theta, half, rows) => {
    const expected = powers(theta, half);
    const found = await inverseFrequencies(tables(expected, rows, 'float16'), '');
    expect(worst(found, expected, relative)).toBeLessThan(1e-6);
  });

  test.each(['qwen2', 'qwen3'])('%s: converted from its single-precision fixture', async (family) => {
    const { inverseFrequencies: expected } = reference<{ inverseFrequencies: number[] }>(`m0-${family}`);
    const found = await inverseFrequencies(tables(expected, 4_096, 'float16'), '');
    expect(worst(found, expected, relative)).toBeLessThan(1e-6);
  });

  test('scaled frequencies follow no simple law: the phase is right to a thousandth at every position', async () => {
    const { inverseFrequencies: expected } = reference<{ inverseFrequencies: number[] }>('m0-llama');
    const found = await inverseFrequencies(tables(expected, 4_096, 'float16'), '');
    expect(worst(found, expected, absolute) * 4_096).toBeLessThan(1e-3);
  });

  test('the amplitude of YaRN is no part of the angle', async () => {
    const expected = powers(10_000, 16).map((f, i) => (i > 8 ? f / 4 : f));
    const found = await inverseFrequencies(tables(expected, 4_096, 'float16', 1.1386), '');
    expect(worst(found, expected, absolute) * 4_096).toBeLessThan(1e-3);
  });
});

describe('single-precision tables', () => {
  test.each([
    [10_000, 16],
    [1_000_000, 64],
  ])('theta %i, %i frequencies: within 1e-6', async (theta, half) => {
    const expected = powers(theta, half);
    expect(worst(await inverseFrequencies(tables(expected, 512, 'float32'), ''), expected, relative)).toBeLessThan(
      1e-6,
    );
  });
});

describe('the tables of the fp16 fixture', () => {
  let graph: DecoderGraph;
  const folder = modelFolder('qwen2-fp16');
  beforeAll(async () => {
    ({ graph } = await openGraph(await readModelFolder(folder)));
  });

  test('give the frequencies of its fp32 twin', async () => {
    expect(graph.cosCache.dataType).toBe(DataType.float16);
    const { inverseFrequencies: expected } = reference<{ inverseFrequencies: number[] }>('m0-qwen2');
    expect(worst(await inverseFrequencies(graph, folder), expected, relative)).toBeLessThan(1e-6);
  });
});
