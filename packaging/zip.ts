import { crc32, inflateRawSync } from 'node:zlib';

/**
 * Reads ZIP files (PKWARE APPNOTE 6.3, sections 4.3.7, 4.3.12 and 4.3.16) as far as a VSIX needs it: one part, stored
 * or deflated, no encryption, no ZIP64. Everything else is refused, not skipped.
 */
export interface ZipEntry {
  name: string;
  /** Bytes in the archive, and unpacked. */
  compressed: number;
  size: number;
  /** @throws Error when the data does not match its checksum */
  read(): Buffer;
}

const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const END_BYTES = 22;
const MAX_COMMENT = 0xffff;

export function readZip(archive: Buffer): ZipEntry[] {
  const end = findEnd(archive);
  const count = archive.readUInt16LE(end + 10);
  let at = archive.readUInt32LE(end + 16);
  if (archive.readUInt16LE(end + 8) !== count || count === 0xffff || at === 0xffffffff) {
    throw new Error('ZIP: several parts and ZIP64 are not read.');
  }
  const entries: ZipEntry[] = [];
  for (let index = 0; index < count; index++) {
    if (archive.readUInt32LE(at) !== CENTRAL) throw new Error('ZIP: the directory is damaged.');
    const nameBytes = archive.readUInt16LE(at + 28);
    const rest = archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
    entries.push(entryAt(archive, at, archive.toString('utf8', at + 46, at + 46 + nameBytes)));
    at += 46 + nameBytes + rest;
  }
  return entries;
}

function findEnd(archive: Buffer): number {
  const first = Math.max(0, archive.length - END_BYTES - MAX_COMMENT);
  for (let at = archive.length - END_BYTES; at >= first; at--) {
    if (archive.readUInt32LE(at) === END) return at;
  }
  throw new Error('This is not a ZIP file.');
}

function entryAt(archive: Buffer, at: number, name: string): ZipEntry {
  const flags = archive.readUInt16LE(at + 8);
  const method = archive.readUInt16LE(at + 10);
  const checksum = archive.readUInt32LE(at + 16);
  const compressed = archive.readUInt32LE(at + 20);
  const size = archive.readUInt32LE(at + 24);
  const local = archive.readUInt32LE(at + 42);
  if ((flags & 1) !== 0) throw new Error(`ZIP: ${name} is encrypted.`);
  if (method !== 0 && method !== 8) throw new Error(`ZIP: ${name} is packed in an unknown way (${String(method)}).`);
  const read = (): Buffer => {
    if (archive.readUInt32LE(local) !== LOCAL) throw new Error(`ZIP: the header of ${name} is damaged.`);
    const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    const packed = archive.subarray(start, start + compressed);
    const data = method === 0 ? packed : inflateRawSync(packed, { maxOutputLength: Math.max(1, size) });
    if (data.length !== size || crc32(data) !== checksum) throw new Error(`ZIP: ${name} is damaged.`);
    return data;
  };
  return { name, compressed, size, read };
}
