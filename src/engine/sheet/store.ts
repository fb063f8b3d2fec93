import { randomUUID } from 'node:crypto';
import { open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CribsheetError, throwIfCancelled } from '../../common/errors.ts';
import { makeFolder } from '../makeFolder.ts';
import { hasValidChecksum } from './safetensors.ts';

export interface BlockStoreOptions {
  /** The store's folder (see docs, `--store`); blocks lie in `blocks/` below it. Created by the first write. */
  folder: string;
  /** `enforceQuota` deletes blocks until they take at most this many bytes. */
  quotaBytes: number;
  /** A block did not verify and was deleted: it has to be built again. */
  onCorrupt?: (key: string) => void;
}

export interface StoredBlock {
  key: string;
  bytes: number;
  /** Time of the last read or write, milliseconds since 1970. */
  usedAt: number;
}

const extension = '.safetensors';
/** A temporary file that is older belongs to a process that died. */
const staleMs = 3_600_000;

/**
 * Blocks by content: files `blocks/ab/abcdef….safetensors` as `encodeSafetensors` writes them, with their checksum.
 * A block appears whole or not at all (temporary name, sync, rename), so that several processes may share a store and
 * one that is killed leaves every finished block usable. The time of the last use is the file's modification time.
 * Methods throw RangeError on a key that is not 64 hexadecimal digits.
 */
export class BlockStore {
  readonly #blocks: string;
  readonly #quotaBytes: number;
  readonly #onCorrupt: (key: string) => void;

  constructor({ folder, quotaBytes, onCorrupt = () => undefined }: BlockStoreOptions) {
    this.#blocks = join(folder, 'blocks');
    this.#quotaBytes = quotaBytes;
    this.#onCorrupt = onCorrupt;
  }

  /**
   * The block's bytes, at the start of a buffer of their own (so tensors in it are aligned), or undefined where there
   * is none. One that does not verify is deleted, reported to `onCorrupt`, and counts as absent.
   * @throws CribsheetError `file-unreadable`
   */
  async read(key: string): Promise<Uint8Array | undefined> {
    const path = this.#path(key);
    const buffer = await unlessAbsent(readFile(path), `The block ${path}`);
    if (!buffer) return undefined;
    if (!hasValidChecksum(buffer)) {
      // Where it cannot be deleted it counts as absent at every read, until a write says what is wrong with the store.
      await rm(path, { force: true }).catch(() => undefined);
      this.#onCorrupt(key);
      return undefined;
    }
    const now = new Date();
    // Only a hint for the quota: a store that may be read but not written is still a good store.
    await utimes(path, now, now).catch(() => undefined);
    return buffer.byteOffset === 0 ? new Uint8Array(buffer.buffer, 0, buffer.length) : new Uint8Array(buffer);
  }

  /**
   * Writes a block; one that is there is replaced.
   * @param bytes from `encodeSafetensors`
   * @throws CribsheetError `store-unwritable`, `store-full`; RangeError on bytes without a valid checksum
   */
  async write(key: string, bytes: Uint8Array): Promise<void> {
    const path = this.#path(key);
    if (!hasValidChecksum(bytes)) throw new RangeError('A block has to carry a valid checksum.');
    const temporary = join(dirname(path), `.${key}.${process.pid}.${randomUUID()}.tmp`);
    try {
      makeFolder(dirname(path));
      await writeSynced(temporary, bytes);
      await renameOver(temporary, path);
      await syncFolder(dirname(path));
    } catch (cause) {
      await removePartial(temporary);
      throw writeError(this.#blocks, cause);
    }
  }

  /** Is there a block? Whether it verifies shows when it is read. */
  async has(key: string): Promise<boolean> {
    return (await this.size(key)) !== undefined;
  }

  /** Bytes of a block; undefined where there is none. */
  async size(key: string): Promise<number | undefined> {
    const path = this.#path(key);
    return (await unlessAbsent(stat(path), `The block ${path}`))?.size;
  }

  /** Does nothing where there is no such block. */
  async delete(key: string): Promise<void> {
    await this.#remove(this.#path(key));
  }

  /** All blocks, least recently used first. */
  async list(signal?: AbortSignal): Promise<StoredBlock[]> {
    return (await this.#scan(signal)).blocks;
  }

  /**
   * Deletes least recently used blocks until the rest fits the quota, but none of `keep`; also sweeps temporary files
   * that dead processes left more than an hour ago.
   * @returns how many blocks went, and their bytes
   */
  async enforceQuota(keep: ReadonlySet<string>, signal?: AbortSignal): Promise<{ deleted: number; bytes: number }> {
    const { blocks, stale } = await this.#scan(signal);
    for (const file of stale) await this.#remove(file);
    let excess = blocks.reduce((sum, block) => sum + block.bytes, 0) - this.#quotaBytes;
    const result = { deleted: 0, bytes: 0 };
    for (const { key, bytes } of blocks) {
      if (excess <= 0) break;
      if (keep.has(key)) continue;
      throwIfCancelled(signal);
      await this.#remove(this.#path(key));
      excess -= bytes;
      result.deleted += 1;
      result.bytes += bytes;
    }
    return result;
  }

  #path(key: string): string {
    if (!/^[0-9a-f]{64}$/u.test(key)) throw new RangeError(`"${key}" is not a key of 64 hexadecimal digits.`);
    return join(this.#blocks, key.slice(0, 2), key + extension);
  }

  async #remove(path: string): Promise<void> {
    try {
      await rm(path, { force: true });
    } catch (cause) {
      if (!isAbsent(cause)) throw writeError(this.#blocks, cause);
    }
  }

  /** Blocks by time of use, and the paths of stale temporary files. What is neither of the two is left alone. */
  async #scan(signal: AbortSignal | undefined): Promise<{ blocks: StoredBlock[]; stale: string[] }> {
    const blocks: StoredBlock[] = [];
    const stale: string[] = [];
    const now = Date.now();
    for (const part of (await unlessAbsent(readdir(this.#blocks), this.#blocks)) ?? []) {
      if (!/^[0-9a-f]{2}$/u.test(part)) continue;
      const folder = join(this.#blocks, part);
      throwIfCancelled(signal);
      const names = (await unlessAbsent(readdir(folder), folder)) ?? [];
      const found = await Promise.all(
        names.map(async (name) => ({ name, stats: await unlessAbsent(stat(join(folder, name)), name) })),
      );
      for (const { name, stats } of found) {
        const key = name.slice(0, -extension.length);
        if (!stats?.isFile()) continue; // deleted meanwhile by another process, or not ours
        if (key.startsWith(part) && /^[0-9a-f]{64}\.safetensors$/u.test(name)) {
          blocks.push({ key, bytes: stats.size, usedAt: stats.mtimeMs });
        } else if (/^\.[0-9a-f]{64}\..*\.tmp$/u.test(name) && now - stats.mtimeMs > staleMs) {
          stale.push(join(folder, name));
        }
      }
    }
    blocks.sort((a, b) => a.usedAt - b.usedAt || (a.key < b.key ? -1 : 1));
    return { blocks, stale };
  }
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function renameOver(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    // Windows refuses while another process has the target open. Then that process has just read or written the same
    // block, and equal keys mean equal content.
    const busy = ['EPERM', 'EACCES', 'EBUSY'].includes(codeOf(error));
    if (!busy || !(await stat(to).catch(() => undefined))) throw error;
    await rm(from, { force: true });
  }
}

/** Makes the rename itself last. Windows and some network folders cannot sync a folder; the block is whole anyway. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  if (!handle) return;
  try {
    await handle.sync();
  } catch (error) {
    if (!['EPERM', 'EINVAL', 'EISDIR', 'ENOTSUP'].includes(codeOf(error))) throw error;
  } finally {
    await handle.close();
  }
}

/** The error that led here is the one to report; a file that stays behind is swept after an hour. */
async function removePartial(path: string): Promise<void> {
  await rm(path, { force: true }).catch(() => undefined);
}

async function unlessAbsent<T>(work: Promise<T>, what: string): Promise<T | undefined> {
  try {
    return await work;
  } catch (cause) {
    if (isAbsent(cause)) return undefined;
    throw new CribsheetError(
      'file-unreadable',
      `${what} cannot be read: ${reasonOf(cause)}.`,
      'Check the permissions of the store folder or choose another one.',
      { cause },
    );
  }
}

function writeError(folder: string, cause: unknown): CribsheetError {
  if (['ENOSPC', 'EDQUOT', 'EFBIG'].includes(codeOf(cause))) {
    return new CribsheetError(
      'store-full',
      `There is no room left for blocks in ${folder}: ${reasonOf(cause)}.`,
      'Free disk space, lower the quota, or choose another store folder; blocks already written stay usable.',
      { cause },
    );
  }
  return new CribsheetError(
    'store-unwritable',
    `The store ${folder} cannot be written: ${reasonOf(cause)}.`,
    'Check the permissions of the folder or choose another store folder.',
    { cause },
  );
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? '';
const isAbsent = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(codeOf(error));
const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
