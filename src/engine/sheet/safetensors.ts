import { createHash } from 'node:crypto';

/**
 * The safetensors format (https://github.com/huggingface/safetensors, section "Format"): header length as u64 LE, a
 * JSON header, the tensors' bytes without holes. Files written here carry a SHA-256 of everything else in the file:
 * the header's first entry is `__metadata__`, whose first entry is `sha256`, so that the digest has a fixed place and
 * is taken with zeros there. Other readers see one more metadata key; reading files of other writers works as well.
 */
export type Dtype = 'F16' | 'F32' | 'I32' | 'I64' | 'U8' | 'I8';

export interface TensorInfo {
  dtype: Dtype;
  shape: readonly number[];
  /** Little-endian, row-major. */
  data: Uint8Array;
}

export interface NamedTensor extends TensorInfo {
  name: string;
}

/** Bytes that are no safetensors file, or not one that is read here. */
export class SafetensorsError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SafetensorsError';
  }
}

const sizes: Record<Dtype, number> = { I64: 8, F32: 4, I32: 4, F16: 2, U8: 1, I8: 1 };
/** Longest header that is read, in bytes; the reference implementation's limit too. */
const maxHeaderBytes = 100_000_000;
const alignment = 8;
const metadataKey = '__metadata__';
const checksumKey = 'sha256';
const checksumPrefix = Buffer.from(`{"${metadataKey}":{"${checksumKey}":"`);
const checksumStart = 8 + checksumPrefix.length;
const noChecksum = '0'.repeat(64);

/**
 * One file as bytes. The data starts at a multiple of 8 bytes and wide types come first, so every tensor is aligned
 * to its type. The order is otherwise that of `tensors`.
 * @throws SafetensorsError where a shape does not fit its data, a name is there twice or reserved
 */
export function encodeSafetensors(tensors: readonly NamedTensor[], metadata: Record<string, string>): Uint8Array {
  if (Object.hasOwn(metadata, checksumKey))
    throw new SafetensorsError(`The metadata key "${checksumKey}" is reserved.`);
  const ordered = [...tensors].sort((a, b) => sizes[b.dtype] - sizes[a.dtype]);
  const names = new Set([metadataKey]);
  let end = 0;
  // Written by hand: an object would move names that look like numbers to the front.
  const meta = Object.entries({ [checksumKey]: noChecksum, ...metadata }).sort(([a], [b]) => rank(b) - rank(a));
  const entries = [`"${metadataKey}":{${meta.map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`).join(',')}}`];
  for (const { name, dtype, shape, data } of ordered) {
    if (names.has(name)) throw new SafetensorsError(`The name "${name}" is taken.`);
    names.add(name);
    if (byteSize(name, dtype, shape) !== data.length) {
      throw new SafetensorsError(
        `"${name}" has ${data.length} bytes, which do not fill ${dtype} [${shape.join(', ')}].`,
      );
    }
    const info = { dtype, shape, data_offsets: [end, end + data.length] };
    entries.push(`${JSON.stringify(name)}:${JSON.stringify(info)}`);
    end += data.length;
  }
  const header = Buffer.from(`{${entries.join(',')}}`);
  const dataStart = Math.ceil((8 + header.length) / alignment) * alignment;
  if (dataStart - 8 > maxHeaderBytes) throw new SafetensorsError(`The header is longer than ${maxHeaderBytes} bytes.`);
  const bytes = new Uint8Array(dataStart + end).fill(0x20, 8, dataStart);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(dataStart - 8), true);
  bytes.set(header, 8);
  let offset = dataStart;
  for (const { data } of ordered) {
    bytes.set(data, offset);
    offset += data.length;
  }
  bytes.set(Buffer.from(checksumOf(bytes)), checksumStart);
  return bytes;
}

/** The checksum comes first, everything else keeps its place (sorting is stable). */
const rank = (key: string): number => (key === checksumKey ? 1 : 0);

/**
 * The tensors of one file, in the order of their data. Their `data` are views of `bytes`, not copies. The checksum is
 * neither checked (see `hasValidChecksum`) nor part of the metadata.
 * @throws SafetensorsError on anything that the format does not allow, before any memory is taken for it
 */
export function decodeSafetensors(bytes: Uint8Array): {
  tensors: Map<string, TensorInfo>;
  metadata: Record<string, string>;
} {
  const { header, dataStart } = readHeader(bytes);
  const metadata = readMetadata(header[metadataKey]);
  if (startsWithChecksum(bytes)) Reflect.deleteProperty(metadata, checksumKey);
  const found = Object.entries(header)
    .filter(([name]) => name !== metadataKey)
    .map(([name, info]) => ({ name, ...readInfo(name, info) }))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  const tensors = new Map<string, TensorInfo>();
  let next = 0;
  for (const { name, dtype, shape, begin, end } of found) {
    if (begin !== next) throw new SafetensorsError(`"${name}" starts at ${begin}, not at ${next}: overlap or hole.`);
    if (end > bytes.length - dataStart) throw new SafetensorsError(`"${name}" ends behind the end of the file.`);
    tensors.set(name, { dtype, shape, data: bytes.subarray(dataStart + begin, dataStart + end) });
    next = end;
  }
  const left = bytes.length - dataStart - next;
  if (left !== 0) throw new SafetensorsError(`${left} bytes belong to no tensor.`);
  return { tensors, metadata };
}

/** Does the file carry the SHA-256 of everything else in it? False for damaged files and for files of other writers. */
export function hasValidChecksum(bytes: Uint8Array): boolean {
  if (!startsWithChecksum(bytes)) return false;
  const stated = Buffer.from(bytes.subarray(checksumStart, checksumStart + noChecksum.length)).toString('latin1');
  return stated === checksumOf(bytes);
}

function startsWithChecksum(bytes: Uint8Array): boolean {
  if (bytes.length < checksumStart + noChecksum.length) return false;
  return checksumPrefix.equals(bytes.subarray(8, checksumStart));
}

function checksumOf(bytes: Uint8Array): string {
  const hash = createHash('sha256').update(bytes.subarray(0, checksumStart)).update(noChecksum);
  return hash.update(bytes.subarray(checksumStart + noChecksum.length)).digest('hex');
}

function readHeader(bytes: Uint8Array): { header: Record<string, unknown>; dataStart: number } {
  if (bytes.length < 8) throw new SafetensorsError(`${bytes.length} bytes are too few for a header.`);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > maxHeaderBytes) throw new SafetensorsError(`A header of ${length} bytes is longer than allowed.`);
  const dataStart = 8 + Number(length);
  if (dataStart > bytes.length) throw new SafetensorsError(`The file ends within its header of ${length} bytes.`);
  if (bytes[8] !== 0x7b) throw new SafetensorsError('The header does not begin with "{".');
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(8, dataStart));
    const header: unknown = JSON.parse(text);
    if (isRecord(header)) return { header, dataStart };
  } catch (cause) {
    throw new SafetensorsError('The header is not JSON in UTF-8.', { cause });
  }
  throw new SafetensorsError('The header is not an object.');
}

function readMetadata(value: unknown): Record<string, string> {
  if (value === undefined) return {};
  if (!isRecord(value)) throw new SafetensorsError(`"${metadataKey}" is not an object.`);
  const entries = Object.entries(value).map(([key, text]): [string, string] => {
    if (typeof text !== 'string') throw new SafetensorsError(`The metadata of "${key}" is not text.`);
    return [key, text];
  });
  return Object.fromEntries(entries);
}

function readInfo(name: string, info: unknown): { dtype: Dtype; shape: number[]; begin: number; end: number } {
  if (!isRecord(info)) throw new SafetensorsError(`The entry of "${name}" is not an object.`);
  const { dtype, shape, data_offsets: offsets } = info;
  if (typeof dtype !== 'string' || !isDtype(dtype)) throw new SafetensorsError(`"${name}" has an unknown type.`);
  if (!isCounts(shape)) throw new SafetensorsError(`The shape of "${name}" is not a list of counts.`);
  if (!isCounts(offsets) || offsets.length !== 2) throw new SafetensorsError(`"${name}" has no pair of offsets.`);
  const [begin = 0, end = 0] = offsets;
  if (byteSize(name, dtype, shape) !== end - begin) {
    throw new SafetensorsError(`"${name}" has ${end - begin} bytes, which do not fill ${dtype} [${shape.join(', ')}].`);
  }
  return { dtype, shape, begin, end };
}

/** Bytes of a tensor of this type and shape. */
function byteSize(name: string, dtype: Dtype, shape: readonly number[]): number {
  const size = shape.includes(0) ? 0 : shape.reduce((product, dimension) => product * dimension, sizes[dtype]);
  if (!isCounts(shape) || !Number.isSafeInteger(size))
    throw new SafetensorsError(`The shape of "${name}" is no shape.`);
  return size;
}

const isDtype = (value: string): value is Dtype => Object.hasOwn(sizes, value);
const isCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((entry) => Number.isSafeInteger(entry) && entry >= 0);
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
