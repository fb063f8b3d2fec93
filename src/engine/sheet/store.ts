import { randomUUID } from 'node:crypto';
import { open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CribsheetError, throwIfCancelled } from '../../common/errors.ts';
import { makeFolder } from '../makeFolder.ts';
import { STALE_MS } from '../replaceFile.ts';
import { hasValidChecksum } from './safetensors.ts';

export interface BlockStoreOptions {
  /** The store's folder (see docs, `--store`); blocks lie in `blocks/` below it. Created by the first write. */
  folder: string;
  /** `enforceQuota` deletes blocks until they take at most this many bytes. */
  quotaBytes: number;
  /** A block did not verify and was deleted: it has to be built again. */
  onCorrupt?: (key: string) => void;
  /** Keys of all blocks that some sheet needs, asked when blocks have to go. Default: nobody knows of any. */
  referenced?: () => Promise<ReadonlySet<string>>;
}

export interface StoredBlock {
  key: string;
  bytes: number;
  /** Time of the last read or write, milliseconds since 1970. */
  usedAt: number;
}

/** What was deleted. */
export interface Freed {
  deleted: number;
  bytes: number;
  /** Why the first of those was not deleted that could not be; the others were all the same. */
  failure?: CribsheetError;
}

/** Blocks that were used within this time may belong to a compression that is not finished, milliseconds. */
export const YOUNG_MS = 24 * 3_600_000;
const extension = '.safetensors';

/**
 * Blocks by content: files `blocks/ab/abcdef….safetensors` as `encodeSafetensors` writes them, with their checksum.
 * A block appears whole or not at all (temporary name, sync, rename), so that several processes may share a store and
 * one that is killed leaves every finished block usable. The time of the last use is the file's modification time.
 * Methods throw RangeError on a key that is not 64 hexadecimal digits.
 */
export class BlockStore {
  readonly quotaBytes: number;
  readonly #blocks: string;
  readonly #onCorrupt: (key: string) => void;
  readonly #referenced: () => Promise<ReadonlySet<string>>;
  /** How many hold a block. */
  readonly #held = new Map<string, number>();

  constructor(options: BlockStoreOptions) {
    const { folder, quotaBytes, onCorrupt = () => undefined } = options;
    this.#blocks = join(folder, 'blocks');
    this.quotaBytes = quotaBytes;
    this.#onCorrupt = onCorrupt;
    this.#referenced = options.referenced ?? (() => Promise.resolve(new Set()));
  }

  /**
   * Until it is released, neither `enforceQuota` nor `deleteUnreferenced` of this object takes a block: for builds and
   * loaded sheets. Whether there are such blocks does not matter.
   * @returns what releases them, once
   */
  hold(keys: readonly string[]): () => void {
    for (const key of keys) this.#held.set(key, (this.#held.get(key) ?? 0) + 1);
    let left = [...keys];
    return () => {
      for (const key of left) {
        const holders = this.#held.get(key)! - 1;
        if (holders > 0) this.#held.set(key, holders);
        else this.#held.delete(key);
      }
      left = [];
    };
  }

  /**
   * The block's bytes, at the start of a buffer of their own (so tensors in it are aligned), or undefined where there
   * is none. One that does not verify is deleted, reported to `onCorrupt`, and counts as absent.
   * @throws CribsheetError `file-unreadable`
   */
  async read(key: string): Promise<Uint8Array | undefined> {
    const path = this.#path(key);
    const found = await unlessAbsent(readFile(path), `The block ${path}`);
    if (!found) return undefined;
    const buffer = hasValidChecksum(found) ? found : await takeAway(path, temporaryFor(path));
    if (!buffer) {
      this.#onCorrupt(key);
      return undefined;
    }
    await this.touch(key);
    return buffer.byteOffset === 0 ? new Uint8Array(buffer.buffer, 0, buffer.length) : new Uint8Array(buffer);
  }

  /**
   * Parts of a block without the rest of it, which is why it is not verified: for who has written or verified it before.
   * @param parts in bytes from the start of the file
   * @returns undefined where there is no block, or a shorter one
   * @throws CribsheetError `file-unreadable`
   */
  async readParts(
    key: string,
    parts: readonly { offset: number; length: number }[],
  ): Promise<Uint8Array[] | undefined> {
    const path = this.#path(key);
    const handle = await unlessAbsent(open(path, 'r'), `The block ${path}`);
    if (!handle) return undefined;
    try {
      const found: Uint8Array[] = [];
      for (const { offset, length } of parts) {
        const bytes = new Uint8Array(length);
        const { bytesRead } = await unlessUnreadable(handle.read(bytes, 0, length, offset), `The block ${path}`);
        if (bytesRead < length) return undefined;
        found.push(bytes);
      }
      const now = new Date();
      await handle.utimes(now, now).catch(() => undefined);
      return found;
    } finally {
      await handle.close();
    }
  }

  /**
   * Writes a block; one that is there is replaced.
   * @param bytes from `encodeSafetensors`
   * @throws CribsheetError `store-unwritable`, `store-full`; RangeError on bytes without a valid checksum
   */
  async write(key: string, bytes: Uint8Array): Promise<void> {
    const path = this.#path(key);
    if (!hasValidChecksum(bytes)) throw new RangeError('A block has to carry a valid checksum.');
    const temporary = temporaryFor(path);
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

  /** Counts as a use now. @returns whether there is such a block */
  async touch(key: string): Promise<boolean> {
    const path = this.#path(key);
    const now = new Date();
    try {
      await utimes(path, now, now);
      return true;
    } catch {
      // Only a hint for the quota: a store that may be read but not written is still a good store.
      return this.has(key);
    }
  }

  /** Bytes of a block; undefined where there is none. */
  async size(key: string): Promise<number | undefined> {
    const path = this.#path(key);
    return (await unlessAbsent(stat(path), `The block ${path}`))?.size;
  }

  /** Does nothing where there is no such block. @throws CribsheetError `store-unwritable` */
  async delete(key: string): Promise<void> {
    const path = this.#path(key);
    try {
      await rm(path, { force: true });
    } catch (cause) {
      if (!isAbsent(cause)) throw writeError(this.#blocks, cause);
    }
  }

  /** All blocks, least recently used first. */
  async list(signal?: AbortSignal): Promise<StoredBlock[]> {
    return (await this.#scan(signal)).blocks;
  }

  /**
   * Deletes blocks until the rest fits the quota: first those that no sheet needs and nobody used for a day, then the
   * least recently used; none that is held. Also sweeps temporary files that dead processes left more than an hour ago.
   * @throws CribsheetError `cancelled`, `file-unreadable`; what cannot be deleted is in the result
   */
  async enforceQuota(signal?: AbortSignal): Promise<Freed> {
    const { blocks, stale } = await this.#scan(signal);
    for (const file of stale) await removePartial(file);
    const excess = blocks.reduce((sum, block) => sum + block.bytes, 0) - this.quotaBytes;
    if (excess <= 0) return { deleted: 0, bytes: 0 };
    const needed = await this.#referenced();
    const youngest = Date.now() - YOUNG_MS;
    const isIdle = ({ key, usedAt }: StoredBlock): boolean => usedAt < youngest && !needed.has(key);
    return this.#free([...blocks.filter(isIdle), ...blocks.filter((block) => !isIdle(block))], excess, signal);
  }

  /**
   * Deletes those of some blocks that no sheet needs and nobody holds.
   * @throws CribsheetError `file-unreadable`; what cannot be deleted is in the result
   */
  async deleteUnreferenced(keys: readonly string[]): Promise<Freed> {
    const needed = await this.#referenced();
    const unneeded = keys.filter((key) => !needed.has(key));
    const sizes = await Promise.all(unneeded.map((key) => this.size(key)));
    const blocks = unneeded.flatMap((key, i) => (sizes[i] === undefined ? [] : [{ key, bytes: sizes[i] }]));
    return this.#free(blocks, Infinity);
  }

  async #free(blocks: readonly Omit<StoredBlock, 'usedAt'>[], excess: number, signal?: AbortSignal): Promise<Freed> {
    const freed: Freed = { deleted: 0, bytes: 0 };
    for (const { key, bytes } of blocks) {
      if (freed.bytes >= excess) break;
      throwIfCancelled(signal);
      if (this.#held.has(key)) continue;
      try {
        await this.delete(key);
        freed.deleted += 1;
        freed.bytes += bytes;
      } catch (error) {
        if (!CribsheetError.is(error)) throw error;
        freed.failure ??= error;
      }
    }
    return freed;
  }

  #path(key: string): string {
    if (!/^[0-9a-f]{64}$/u.test(key)) throw new RangeError(`"${key}" is not a key of 64 hexadecimal digits.`);
    return join(this.#blocks, key.slice(0, 2), key + extension);
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
        } else if (/^\.[0-9a-f]{64}\..*\.tmp$/u.test(name) && now - stats.mtimeMs > STALE_MS) {
          stale.push(join(folder, name));
        }
      }
    }
    blocks.sort((a, b) => a.usedAt - b.usedAt || (a.key < b.key ? -1 : 1));
    return { blocks, stale };
  }
}

/** A name beside a block's file that no other writer uses; what stays behind under it is swept. */
function temporaryFor(path: string): string {
  return join(dirname(path), `.${basename(path, extension)}.${process.pid}.${randomUUID()}.tmp`);
}

/**
 * Deletes a damaged block. Another process may have put a good one in its place since it was read, so that what is judged
 * has to be what is deleted: it is moved aside first.
 * @returns the good one, which is back in its place
 */
async function takeAway(path: string, aside: string): Promise<Buffer | undefined> {
  try {
    await rename(path, aside);
    const bytes = await readFile(aside);
    if (hasValidChecksum(bytes)) {
      await renameOver(aside, path);
      return bytes;
    }
  } catch {
    // Where it cannot be moved it counts as absent at every read, until a write says what is wrong with the store.
  }
  await removePartial(aside);
  return undefined;
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
    throw readError(what, cause);
  }
}

async function unlessUnreadable<T>(work: Promise<T>, what: string): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw readError(what, cause);
  }
}

function readError(what: string, cause: unknown): CribsheetError {
  return new CribsheetError(
    'file-unreadable',
    `${what} cannot be read: ${reasonOf(cause)}.`,
    'Check the permissions of the store folder or choose another one.',
    { cause },
  );
}

function writeError(folder: string, cause: unknown): CribsheetError {
  if (['ENOSPC', 'EDQUOT', 'EFBIG'].includes(codeOf(cause))) {
    return new CribsheetError(
      'store-full',
      `There is no room left for blocks in ${folder}: ${reasonOf(cause)}.`,
      'Free disk space, delete sheets that are not needed, or choose another store folder; blocks already written stay usable.',
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
