import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeSafetensors,
  encodeSafetensors,
  hasValidChecksum,
  SafetensorsError,
} from '../../src/engine/sheet/safetensors.ts';
import type { Dtype, NamedTensor } from '../../src/engine/sheet/safetensors.ts';

const sizes: Record<Dtype, number> = { F16: 2, F32: 4, I32: 4, I64: 8, U8: 1, I8: 1 };
const fixtures = join(import.meta.dirname, '../fixtures/safetensors');

const anyText = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('0', '7', '__proto__', 'constructor', '{"'));
const anyTensor = fc
  .record({
    name: anyText.filter((name) => name !== '__metadata__'),
    dtype: fc.constantFrom(...(Object.keys(sizes) as Dtype[])),
    shape: fc.array(fc.nat(4), { maxLength: 3 }),
  })
  .chain(({ name, dtype, shape }) => {
    const length = shape.reduce((product, dimension) => product * dimension, sizes[dtype]);
    return fc
      .uint8Array({ minLength: length, maxLength: length })
      .map((data): NamedTensor => ({ name, dtype, shape, data }));
  });
const anyTensors = fc.uniqueArray(anyTensor, { maxLength: 6, selector: ({ name }) => name });
const anyMetadata = fc.dictionary(
  anyText.filter((key) => key !== 'sha256'),
  fc.string(),
);

/** A file with this header, written as other tools would. */
function file(header: unknown, data: Uint8Array = new Uint8Array(), length?: bigint): Uint8Array {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(length ?? BigInt(json.length));
  return Buffer.concat([start, json, data]);
}
const entry = (shape: unknown, offsets: unknown, dtype: unknown = 'U8') => ({ dtype, shape, data_offsets: offsets });

describe('encoding', () => {
  test('is undone by decoding; tensors are aligned; the checksum holds', () => {
    fc.assert(
      fc.property(anyTensors, anyMetadata, (tensors, metadata) => {
        const bytes = encodeSafetensors(tensors, metadata);
        expect(hasValidChecksum(bytes)).toBe(true);
        const decoded = decodeSafetensors(bytes);
        expect(Object.entries(decoded.metadata).sort()).toEqual(Object.entries(metadata).sort());
        expect(decoded.tensors.size).toBe(tensors.length);
        for (const { name, dtype, shape, data } of tensors) {
          const found = decoded.tensors.get(name);
          expect(found?.dtype).toBe(dtype);
          expect(found?.shape).toEqual(shape);
          expect(Buffer.compare(found?.data ?? Buffer.of(), data)).toBe(0);
          expect((found?.data.byteOffset ?? 1) % sizes[dtype]).toBe(0);
        }
        expect(decodeSafetensors(bytes.slice()).tensors).toEqual(decoded.tensors);
      }),
      { numRuns: 300 },
    );
  });

  test('does not copy on decoding, wherever the bytes lie in their buffer', () => {
    const bytes = encodeSafetensors([{ name: 'a', dtype: 'U8', shape: [3], data: Uint8Array.of(1, 2, 3) }], {});
    const shifted = new Uint8Array(bytes.length + 5);
    shifted.set(bytes, 5);
    const view = shifted.subarray(5);
    expect(hasValidChecksum(view)).toBe(true);
    const data = decodeSafetensors(view).tensors.get('a')?.data;
    expect(data).toEqual(Uint8Array.of(1, 2, 3));
    expect(data?.buffer).toBe(shifted.buffer);
  });

  test('starts the data at a multiple of 8', () => {
    for (let length = 0; length < 9; length++) {
      const bytes = encodeSafetensors(
        [{ name: 'a'.repeat(length), dtype: 'U8', shape: [1], data: Uint8Array.of(7) }],
        {},
      );
      expect(bytes.length % 8).toBe(1);
    }
  });

  test.each<[string, NamedTensor[], Record<string, string>]>([
    ['too few bytes', [{ name: 'a', dtype: 'F32', shape: [2], data: new Uint8Array(7) }], {}],
    ['a negative shape', [{ name: 'a', dtype: 'U8', shape: [-1, -4], data: new Uint8Array(4) }], {}],
    ['half an element', [{ name: 'a', dtype: 'F16', shape: [1.5], data: new Uint8Array(3) }], {}],
    ['a reserved name', [{ name: '__metadata__', dtype: 'U8', shape: [0], data: new Uint8Array(0) }], {}],
    ['a reserved key', [], { sha256: 'mine' }],
    [
      'a name twice',
      ['a', 'a'].map((name) => ({ name, dtype: 'U8' as const, shape: [1], data: Uint8Array.of(1) })),
      {},
    ],
  ])('refuses %s', (_, tensors, metadata) => {
    expect(() => encodeSafetensors(tensors, metadata)).toThrow(SafetensorsError);
  });
});

describe('a damaged file', () => {
  test('is noticed at every bit', () => {
    const bytes = encodeSafetensors([{ name: 'k', dtype: 'F16', shape: [4], data: new Uint8Array(8) }], { v: '1' });
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = bytes.slice();
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      expect(hasValidChecksum(damaged)).toBe(false);
    }
  });

  test('is noticed at every length', () => {
    const bytes = encodeSafetensors([{ name: 'k', dtype: 'F16', shape: [4], data: new Uint8Array(8) }], { v: '1' });
    for (let length = 0; length < bytes.length; length++) {
      expect(hasValidChecksum(bytes.subarray(0, length))).toBe(false);
      expect(() => decodeSafetensors(bytes.subarray(0, length))).toThrow(SafetensorsError);
    }
    expect(hasValidChecksum(Buffer.concat([bytes, Buffer.of(0)]))).toBe(false);
  });
});

describe('hostile input', () => {
  const two = (first: unknown, second: unknown) => file({ a: first, b: second }, new Uint8Array(8));
  test.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array()],
    ['a header length beyond 2^53', file({}, new Uint8Array(), 2n ** 64n - 1n)],
    ['a header longer than the file', file({}, new Uint8Array(), 90_000_000n)],
    ['a header over the limit', file({}, new Uint8Array(), 100_000_001n)],
    ['no JSON', file('{"a"')],
    ['JSON that nests without end', file(`{"a":${'['.repeat(500_000)}`)],
    ['bytes that are not UTF-8', Buffer.concat([file('{"a":""}').subarray(0, 14), Buffer.of(0xff, 0x22, 0x7d)])],
    ['a header that is a list', file('[]')],
    ['white space before the header', file(' {}')],
    ['metadata that is no text', file({ __metadata__: { a: 1 } })],
    ['metadata that is a list', file({ __metadata__: [] })],
    ['an entry that is null', file({ a: null })],
    ['an unknown type', file({ a: entry([0], [0, 0], 'toString') })],
    ['a negative dimension', file({ a: entry([-1], [0, 0]) })],
    ['a dimension that is no number', file({ a: entry(['1'], [0, 1]) }, new Uint8Array(1))],
    ['a shape that overflows', file({ a: entry([2 ** 40, 2 ** 40], [0, 0]) })],
    ['a shape larger than its bytes', file({ a: entry([1e12], [0, 1]) }, new Uint8Array(1))],
    ['offsets backwards', file({ a: entry([1], [1, 0]) }, new Uint8Array(1))],
    ['three offsets', file({ a: entry([1], [0, 1, 1]) }, new Uint8Array(1))],
    ['offsets behind the end', file({ a: entry([9], [0, 9]) }, new Uint8Array(8))],
    ['an overlap', two(entry([5], [0, 5]), entry([4], [4, 8]))],
    ['a hole', two(entry([3], [0, 3]), entry([4], [4, 8]))],
    ['a hole at the start', two(entry([3], [1, 4]), entry([4], [4, 8]))],
    ['bytes that belong to nobody', two(entry([3], [0, 3]), entry([4], [3, 7]))],
  ])('%s is refused', (_, bytes) => {
    expect(() => decodeSafetensors(bytes)).toThrow(SafetensorsError);
    expect(hasValidChecksum(bytes)).toBe(false);
  });

  test('gives a typed error or a decoded file, never anything else', () => {
    const base = encodeSafetensors(
      [
        { name: 'a', dtype: 'F16', shape: [2, 2], data: new Uint8Array(8) },
        { name: 'b', dtype: 'I64', shape: [], data: new Uint8Array(8) },
      ],
      { task: 'x' },
    );
    const change = fc.record({ at: fc.nat(base.length - 1), value: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const bytes = base.slice();
        for (const { at, value } of changes) bytes[at] = value;
        try {
          const total = [...decodeSafetensors(bytes).tensors.values()].reduce((sum, { data }) => sum + data.length, 0);
          expect(total).toBeLessThan(bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(SafetensorsError);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

interface Reference {
  metadata: Record<string, string>;
  tensors: Record<string, { dtype: Dtype; shape: number[]; hex: string }>;
}

test('a file of the Python package is read', async () => {
  const bytes = await readFile(join(fixtures, 'reference.safetensors'));
  const expected = JSON.parse(await readFile(join(fixtures, 'reference.json'), 'utf8')) as Reference;
  const { tensors, metadata } = decodeSafetensors(bytes);
  expect(metadata).toEqual(expected.metadata);
  const read = [...tensors].map(([name, { dtype, shape, data }]): [string, Reference['tensors'][string]] => {
    return [name, { dtype, shape: [...shape], hex: Buffer.from(data).toString('hex') }];
  });
  expect(Object.fromEntries(read)).toEqual(expected.tensors);
  expect(hasValidChecksum(bytes)).toBe(false);
});
