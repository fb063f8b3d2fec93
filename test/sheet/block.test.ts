import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/engine/compress/random.ts';
import { halfToFloat } from '../../src/engine/model/half.ts';
import type { KvArray } from '../../src/engine/model/kvCache.ts';
import { blockKey, decodeBlock, encodeBlock, type Block, type BlockInputs } from '../../src/engine/sheet/block.ts';
import { encodeSafetensors, hasValidChecksum, type NamedTensor } from '../../src/engine/sheet/safetensors.ts';

const inputs: BlockInputs = {
  model: 'a'.repeat(64),
  preamble: [1, 2, 3],
  probe: [4, 5],
  strategy: 'm0-zs',
  ratio: 16,
  segment: 'b'.repeat(64),
};

interface Shape {
  kvHeads: number;
  counts: number[];
  headSize: number;
  dropped: number;
}

const shapes = fc.record({
  /** A layer may keep more than another. */
  counts: fc.array(fc.integer({ min: 0, max: 7 }), { minLength: 1, maxLength: 3 }),
  kvHeads: fc.integer({ min: 1, max: 3 }),
  headSize: fc.constantFrom(2, 4, 8),
  dropped: fc.integer({ min: 0, max: 5 }),
});
/** Bits of finite halves. */
const finiteHalf = fc.integer({ min: 0, max: 0xffff }).filter((bits) => (bits & 0x7c00) !== 0x7c00);

/** A block whose numbers all have an exact half: nothing may be lost on the way. */
const exactBlocks = shapes.chain(({ counts, kvHeads, headSize, dropped }: Shape) => {
  const kept = Math.max(...counts);
  const tokens = kept + dropped;
  const vectors = (count: number): fc.Arbitrary<KvArray> =>
    fc
      .array(finiteHalf, { minLength: kvHeads * count * headSize, maxLength: kvHeads * count * headSize })
      .map((bits) => Uint16Array.from(bits));
  const positions = (count: number): fc.Arbitrary<Int32Array> =>
    fc
      .uniqueArray(fc.nat({ max: Math.max(0, tokens - 1) }), { minLength: count, maxLength: count })
      .map((chosen) => Int32Array.from(chosen).sort());
  const perLayer = <T>(of: (count: number) => fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.tuple(...counts.map(of));
  return fc.record({
    headSize: fc.constant(headSize),
    block: fc.record({
      tokens: fc.constant(tokens),
      kept: fc.constant(kept),
      counts: fc.constant(counts),
      keys: perLayer(vectors),
      values: perLayer(vectors),
      positions: perLayer((count) => fc.array(positions(count), { minLength: kvHeads, maxLength: kvHeads })),
      lineOf: fc.array(fc.nat(500), { minLength: tokens, maxLength: tokens }).map((lines) => Int32Array.from(lines)),
    }),
  });
});

const floats = (halves: KvArray): Float32Array => Float32Array.from(halves, (bits) => halfToFloat(bits));

describe('a block comes back as it was', () => {
  test('of a half-precision model, kept 0 included', () => {
    fc.assert(
      fc.property(exactBlocks, ({ block, headSize }) => {
        const bytes = encodeBlock(block, headSize, inputs);
        expect(hasValidChecksum(bytes)).toBe(true);
        expect(decodeBlock(bytes, 'float16')).toEqual(block);
      }),
    );
  });

  test('of a single-precision model', () => {
    fc.assert(
      fc.property(exactBlocks, ({ block, headSize }) => {
        const wide: Block = { ...block, keys: block.keys.map(floats), values: block.values.map(floats) };
        expect(decodeBlock(encodeBlock(wide, headSize, inputs), 'float32')).toEqual(wide);
      }),
    );
  });

  test('from a slice of a larger file', () => {
    fc.assert(
      fc.property(exactBlocks, fc.integer({ min: 1, max: 7 }), ({ block, headSize }, shift) => {
        const bytes = encodeBlock(block, headSize, inputs);
        const larger = new Uint8Array(bytes.length + shift);
        larger.set(bytes, shift);
        expect(decodeBlock(larger.subarray(shift), 'float16')).toEqual(block);
      }),
      { numRuns: 20 },
    );
  });
});

/** One layer, one head, one kept position of two numbers. */
function tinyBlock(...numbers: [number, number]): Block {
  const one = Int32Array.of(0);
  const data = (): KvArray[] => [Float32Array.from(numbers)];
  return { tokens: 1, kept: 1, counts: [1], keys: data(), values: data(), positions: [[one]], lineOf: one };
}

test('values beyond half range are held at its largest value, not made infinite', () => {
  const back = decodeBlock(encodeBlock(tinyBlock(1e6, -1e6), 2, inputs), 'float32');
  expect(back?.keys).toEqual([Float32Array.of(65_504, -65_504)]);
  expect(back?.values).toEqual([Float32Array.of(65_504, -65_504)]);
});

test('a single-precision number is rounded to the nearest half', () => {
  fc.assert(
    fc.property(fc.float({ min: -65_504, max: 65_504, noNaN: true }), (x) => {
      const [back] = decodeBlock(encodeBlock(tinyBlock(x, 0), 2, inputs), 'float32')!.values[0]!;
      expect(Math.abs(back! - x)).toBeLessThanOrEqual(Math.max(2 ** -25, Math.abs(x) * 2 ** -11));
    }),
  );
});

test.each(['int8', 'int4', 'flexgen4', 'int2'] as const)(
  '%s blocks give back positions, biases and nearly the numbers',
  (storage) => {
    const shape = { layers: 2, kvHeads: 2, headSize: 32 };
    const counts = [40, 7];
    const random = seededRandom(storage);
    const vectors = (count: number): Float32Array =>
      Float32Array.from({ length: shape.kvHeads * count * shape.headSize }, () => 4 * random() - 1);
    const positions = counts.map((count) => [0, 1].map((h) => Int32Array.from({ length: count }, (_, i) => i + h)));
    const block: Block = {
      tokens: 41,
      kept: 40,
      counts,
      keys: counts.map(vectors),
      values: counts.map(vectors),
      positions,
      bias: counts.map((count) => Float32Array.from({ length: 2 * count }, random)),
      lineOf: Int32Array.from({ length: 41 }, (_, i) => i),
    };
    const bytes = encodeBlock(block, shape.headSize, { ...inputs, storage });
    const back = decodeBlock(bytes, 'float32')!;
    const { keys, values, ...rest } = back;
    const { keys: keysBefore, values: valuesBefore, ...restBefore } = block;
    expect(rest).toEqual(restBefore);
    const step = 4 / (2 ** Number(/\d/.exec(storage)![0]) - 1);
    for (const [now, before] of [
      ...keys.map((k, l) => [k, keysBefore[l]!]),
      ...values.map((v, l) => [v, valuesBefore[l]!]),
    ])
      now!.forEach((x, i) => expect(Math.abs(x - before![i]!)).toBeLessThanOrEqual(0.51 * step));
    expect(bytes.length).toBeLessThan(encodeBlock(block, shape.headSize, inputs).length);
    expect(decodeBlock(bytes, 'float16')!.keys[0]).toBeInstanceOf(Uint16Array);
  },
);

describe('the key', () => {
  const variants: Partial<BlockInputs>[] = [
    {},
    { model: 'c'.repeat(64) },
    { preamble: [1, 2] },
    { preamble: [1, 2, 3, 4] },
    { preamble: [] },
    { probe: [4, 6] },
    { probe: [] },
    { preamble: [1, 2], probe: [3, 4, 5] },
    { strategy: 'm0-fs' },
    { ratio: 8 },
    { ratio: 16.000001 },
    { segment: 'c'.repeat(64) },
    { segment: 'preamble' },
    { storage: 'int4' },
  ];

  test('differs wherever an input differs', () => {
    const keys = variants.map((change) => blockKey({ ...inputs, ...change }));
    expect(new Set(keys).size).toBe(variants.length);
    for (const key of keys) expect(key).toMatch(/^[0-9a-f]{64}$/);
  });

  test('depends on nothing else: not on the order of keys, not on what is not an input', () => {
    const { model, preamble, probe, strategy, ratio, segment } = inputs;
    const otherOrder = { segment, ratio, strategy, probe: [...probe], preamble: [...preamble], model };
    expect(blockKey(otherOrder)).toBe(blockKey(inputs));
    const more: BlockInputs & { task: string } = { ...inputs, task: 'review' };
    expect(blockKey(more)).toBe(blockKey(inputs));
  });
});

describe('bytes that are no block count as absent', () => {
  const int32 = (name: string, shape: number[]): NamedTensor => {
    const data = new Uint8Array(4 * shape.reduce((a, b) => a * b, 1));
    return { name, dtype: 'I32', shape, data };
  };
  const half = (name: string, shape: number[]): NamedTensor => ({
    name,
    dtype: 'F16',
    shape,
    data: new Uint8Array(2 * shape.reduce((a, b) => a * b, 1)),
  });
  const whole = [
    half('layers.0.key', [1, 1, 2]),
    half('layers.0.value', [1, 1, 2]),
    int32('layers.0.positions', [1, 1]),
    int32('line_of', [3]),
  ];
  const version = { version: '3', storage: 'f16' };

  test('the parts of a block are a block', () => {
    expect(decodeBlock(encodeSafetensors(whole, version), 'float16')?.tokens).toBe(3);
  });

  test.each(whole.map((t) => t.name))('without %s', (name) => {
    const rest = whole.filter((t) => t.name !== name);
    expect(decodeBlock(encodeSafetensors(rest, version), 'float16')).toBe(undefined);
  });

  test.each([
    ['keys of another length', half('layers.0.key', [1, 2, 2])],
    ['values of another number of heads', half('layers.0.value', [2, 1, 2])],
    ['positions of another type', { ...int32('layers.0.positions', [1, 1]), dtype: 'F32' as const }],
    ['keys of another type', { ...int32('layers.0.key', [1, 1, 2]), dtype: 'F32' as const }],
  ])('with %s', (_, changed) => {
    const tensors = whole.map((t) => (t.name === changed.name ? changed : t));
    expect(decodeBlock(encodeSafetensors(tensors, version), 'float16')).toBe(undefined);
  });

  test.each([[{}], [{ version: '0' }], [{ version: '2', storage: 'f16' }], [{ version: '3', storage: 'int3' }]])(
    'of the version %o',
    (metadata) => {
      expect(decodeBlock(encodeSafetensors(whole, metadata), 'float16')).toBe(undefined);
    },
  );
});
