import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BenchModels } from '../../bench/models/models.ts';
import { BLOCK, dequantize, packForGguf, packForOnnx, quantize } from '../../bench/models/quantize.ts';
import { precisions, shapes, type Precision } from '../../bench/models/shapes.ts';
import { Decoder } from '../../src/engine/model/decoder.ts';
import { halfToFloat } from '../../src/engine/model/half.ts';
import { priorities } from '../../src/engine/model/runQueue.ts';

const values = fc
  .array(fc.array(fc.float({ min: -4, max: 4, noNaN: true }), { minLength: BLOCK, maxLength: BLOCK }), {
    minLength: 1,
    maxLength: 4,
  })
  .map((blocks) => Float32Array.from(blocks.flat()));

describe.each([4, 8] as const)('%i bits', (bits) => {
  test('every value comes back within a step of its block', () => {
    fc.assert(
      fc.property(values, (floats) => {
        const quantized = quantize(floats, bits);
        dequantize(quantized).forEach((x, i) => {
          const step = Math.abs(halfToFloat(quantized.scales[Math.floor(i / BLOCK)]!));
          // Half a step of rounding and the rounding of the scale itself; 4 bits cut off one end of the range.
          const allowed = (bits === 4 ? 1 : 0.5) * step + 4 * 2 ** -11 + 1e-6;
          expect(Math.abs(x - floats[i]!)).toBeLessThanOrEqual(allowed);
        });
      }),
    );
  });

  test('both formats hold the same codes', () => {
    fc.assert(
      fc.property(values, (floats) => {
        const quantized = quantize(floats, bits);
        expect(codesFromOnnx(packForOnnx(quantized), bits)).toEqual([...quantized.codes]);
        expect(codesFromGguf(packForGguf(quantized), bits)).toEqual([...quantized.codes]);
      }),
    );
  });
});

function codesFromOnnx(bytes: Uint8Array, bits: 4 | 8): number[] {
  return bits === 8 ? [...bytes] : [...bytes].flatMap((b) => [b & 15, b >> 4]);
}

function codesFromGguf(bytes: Uint8Array, bits: 4 | 8): number[] {
  const size = 2 + (bits === 8 ? 32 : 16);
  return Array.from({ length: bytes.length / size }, (_, b) => {
    const block = [...bytes.subarray(b * size + 2, (b + 1) * size)];
    return bits === 8 ? block.map((c) => (c + 128) & 255) : [...block.map((c) => c & 15), ...block.map((c) => c >> 4)];
  }).flat();
}

describe('generated models', () => {
  let work: string;
  let models: BenchModels;
  const logits = {} as Record<Precision, Float32Array>;

  beforeAll(async () => {
    work = await mkdtemp(path.join(os.tmpdir(), 'cribsheet-bench-'));
    models = new BenchModels(work, path.resolve(import.meta.dirname, '../../models/starter'));
    for (const precision of precisions) {
      const decoder = await Decoder.open({ folder: models.onnx('tiny', precision), device: 'cpu', threads: 1 });
      try {
        expect(decoder.window).toBeGreaterThanOrEqual(32_768 + 1_024);
        expect(decoder.graph.attention).toHaveLength(shapes.tiny.layers);
        const lane = decoder.lane(priorities.answer, 64);
        await lane.append(Array.from({ length: 48 }, (_, i) => 100 + 37 * i));
        logits[precision] = lane.logits;
      } finally {
        await decoder.dispose();
      }
    }
  });
  afterAll(() => rm(work, { recursive: true, force: true }));

  test('the engine opens them, and quantised ones say nearly what the full one says', () => {
    expect(cosine(logits.fp32, logits.int8)).toBeGreaterThan(0.995);
    expect(cosine(logits.fp32, logits.int4)).toBeGreaterThan(0.95);
  });

  test('they are made once, and equal from run to run', async () => {
    const data = async (m: BenchModels): Promise<Buffer> =>
      readFile(path.join(m.onnx('tiny', 'int8'), 'model.onnx.data'));
    const again = new BenchModels(path.join(work, 'again'), path.resolve(import.meta.dirname, '../../models/starter'));
    expect((await data(again)).equals(await data(models))).toBe(true);
    expect(models.onnx('tiny', 'int8')).toBe(models.onnx('tiny', 'int8'));
  });
});

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array): number => x.reduce((sum, v, i) => sum + v * y[i]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
