import { execFile, spawn } from 'node:child_process';
import {
  chmod,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { decodeSafetensors } from '../../src/engine/sheet/safetensors.ts';
import { BlockStore } from '../../src/engine/sheet/store.ts';
import { smallDisk } from '../smallDisk.ts';
import { block, keyOf } from './blocks.ts';

const writer = fileURLToPath(new URL('writeBlocks.ts', import.meta.url));
let folder: string;
let corrupt: string[];
let store: BlockStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cribsheet-store-'));
  corrupt = [];
  store = newStore();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function newStore(quotaBytes = Infinity): BlockStore {
  return new BlockStore({ folder, quotaBytes, onCorrupt: (key) => corrupt.push(key) });
}
function pathOf(key: string): string {
  return join(folder, 'blocks', key.slice(0, 2), `${key}.safetensors`);
}
async function files(): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}
/** Writes blocks 0..count-1, the first one used longest ago, an hour apart. */
async function fill(count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    await store.write(keyOf(index), block(index));
    const used = Date.now() / 1000 - (count - index) * 3600;
    await utimes(pathOf(keyOf(index)), used, used);
  }
}

describe('blocks', () => {
  test('come back as they were written', async () => {
    const [key, bytes] = [keyOf(1), block(1)];
    expect(await store.has(key)).toBe(false);
    expect(await store.read(key)).toBeUndefined();
    await store.write(key, bytes);
    expect(await store.has(key)).toBe(true);
    const read = await store.read(key);
    expect(read).toEqual(bytes);
    expect(read?.byteOffset).toBe(0);
    expect(await readFile(pathOf(key))).toEqual(Buffer.from(bytes));
    expect(await files()).toEqual([`${key}.safetensors`]);
    await store.write(key, block(2));
    expect(await store.read(key)).toEqual(block(2));
    await store.delete(key);
    await store.delete(key);
    expect(await store.has(key)).toBe(false);
    expect(corrupt).toEqual([]);
  });

  test('can be read in parts, in any order; one that is absent or shorter gives none', async () => {
    const bytes = block(1, 300);
    await store.write(keyOf(1), bytes);
    const parts = [
      { offset: bytes.length - 7, length: 7 },
      { offset: 0, length: 3 },
      { offset: 12, length: 0 },
      { offset: 20, length: 250 },
    ];
    const found = await store.readParts(keyOf(1), parts);
    expect(found).toEqual(parts.map(({ offset, length }) => bytes.slice(offset, offset + length)));
    expect(await store.readParts(keyOf(1), [{ offset: bytes.length - 3, length: 4 }])).toBe(undefined);
    expect(await store.readParts(keyOf(2), parts)).toBe(undefined);
  });

  test('have keys that cannot lead out of the store', async () => {
    for (const key of ['', '../../x', 'A'.repeat(64), 'a'.repeat(63), `${'a'.repeat(64)}\n`]) {
      await expect(store.read(key)).rejects.toThrow(RangeError);
      await expect(store.write(key, block(1))).rejects.toThrow(RangeError);
      await expect(store.delete(key)).rejects.toThrow(RangeError);
    }
    await expect(store.write(keyOf(1), Uint8Array.of(1, 2, 3))).rejects.toThrow(RangeError);
    expect(await files()).toEqual([]);
  });

  test('may be written by several writers at once under one key', async () => {
    const bytes = block(1, 200_000);
    const other = newStore();
    await Promise.all(Array.from({ length: 12 }, (_, at) => (at % 2 ? store : other).write(keyOf(1), bytes)));
    expect(await store.read(keyOf(1))).toEqual(bytes);
    expect(await files()).toHaveLength(1);
  });
});

describe('a damaged block', () => {
  test('is deleted, reported and absent, wherever the damage is', async () => {
    const bytes = block(3, 500);
    const damage = fc.record({ at: fc.nat(bytes.length - 1), flip: fc.integer({ min: 1, max: 255 }) });
    await fc.assert(
      fc.asyncProperty(damage, async ({ at, flip }) => {
        corrupt = [];
        await store.write(keyOf(3), bytes);
        const handle = await open(pathOf(keyOf(3)), 'r+');
        await handle.write(Buffer.of((bytes[at] ?? 0) ^ flip), 0, 1, at);
        await handle.close();
        expect(await store.read(keyOf(3))).toBeUndefined();
        expect(corrupt).toEqual([keyOf(3)]);
        expect(await store.has(keyOf(3))).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  test.each([0, 7, 100, 563])('cut to %i bytes is absent, and can be written again', async (length) => {
    await store.write(keyOf(4), block(4, 500));
    await truncate(pathOf(keyOf(4)), length);
    expect(await store.read(keyOf(4))).toBeUndefined();
    expect(corrupt).toEqual([keyOf(4)]);
    await store.write(keyOf(4), block(4, 500));
    expect(await store.read(keyOf(4))).toEqual(block(4, 500));
  });

  test('is not deleted where another process has mended it meanwhile', async () => {
    const [bytes, other] = [block(5, 200_000), newStore()];
    await store.write(keyOf(5), bytes);
    const damaged = bytes.slice();
    damaged[100]! ^= 1;
    for (let round = 0; round < 40; round++) {
      await writeFile(pathOf(keyOf(5)), damaged);
      await Promise.all([
        store.read(keyOf(5)),
        other.write(keyOf(5), bytes),
        store.read(keyOf(5)),
        store.read(keyOf(5)),
      ]);
      expect(await store.read(keyOf(5))).toEqual(bytes);
    }
  });

  test('that is a folder is an error, not an empty store', async () => {
    await mkdir(pathOf(keyOf(1)), { recursive: true });
    await expect(store.read(keyOf(1))).rejects.toMatchObject({ code: 'file-unreadable' });
  });
});

describe('the quota', () => {
  test('takes the least recently used blocks, and none that are to be kept', async () => {
    await fill(5);
    const size = block(0).length;
    expect((await store.list()).map(({ key }) => key)).toEqual([0, 1, 2, 3, 4].map(keyOf));
    expect((await store.list()).map(({ bytes }) => bytes)).toEqual(Array(5).fill(size));
    expect(await newStore(5 * size).enforceQuota()).toEqual({ deleted: 0, bytes: 0 });
    expect(await store.read(keyOf(1))).toBeDefined(); // now used last
    const small = newStore(3 * size - 1);
    small.hold([keyOf(0)]);
    expect(await small.enforceQuota()).toEqual({ deleted: 3, bytes: 3 * size });
    expect((await store.list()).map(({ key }) => key)).toEqual([0, 1].map(keyOf));
    const none = newStore(0);
    const releases = [none.hold([keyOf(0), keyOf(1)]), none.hold([keyOf(1)])];
    expect(await none.enforceQuota()).toEqual({ deleted: 0, bytes: 0 });
    // Whoever held it twice has to release it twice; releasing one twice releases no other one.
    for (const release of [releases[0]!, releases[0]!]) release();
    expect(await none.enforceQuota()).toEqual({ deleted: 1, bytes: size });
    releases[1]!();
    expect(await none.enforceQuota()).toEqual({ deleted: 1, bytes: size });
  });

  test('takes first what no sheet needs, but not what was used within a day: a build may be under way', async () => {
    await fill(4);
    const size = block(0).length;
    const dayAgo = Date.now() / 1000 - 25 * 3600;
    for (const index of [1, 2]) await utimes(pathOf(keyOf(index)), dayAgo + index, dayAgo + index);
    const referenced = () => Promise.resolve(new Set([keyOf(1)]));
    const trim = (blocks: number) => new BlockStore({ folder, quotaBytes: blocks * size, referenced }).enforceQuota();
    const left = async () => (await store.list()).map(({ key }) => key);
    expect(await left()).toEqual([1, 2, 0, 3].map(keyOf));
    await trim(3);
    expect(await left()).toEqual([1, 0, 3].map(keyOf));
    await trim(2);
    expect(await left()).toEqual([0, 3].map(keyOf));
  });

  test('does not count a use that is told as one of long ago', async () => {
    await fill(3);
    expect(await store.touch(keyOf(0))).toBe(true);
    expect(await store.touch(keyOf(9))).toBe(false);
    expect((await store.list()).map(({ key }) => key)).toEqual([1, 2, 0].map(keyOf));
  });

  test('that cannot delete a block says so, and takes the next one', async (context) => {
    await fill(3);
    const at = dirname(pathOf(keyOf(0)));
    await chmod(at, 0o555);
    try {
      const isAllPowerful = await writeFile(join(at, 'probe'), '').then(
        () => true,
        () => false,
      );
      if (isAllPowerful) return context.skip('the administrator may delete everything');
      const freed = await newStore(2 * block(0).length).enforceQuota();
      expect(freed).toMatchObject({ deleted: 1, bytes: block(0).length, failure: { code: 'store-unwritable' } });
      expect((await store.list()).map(({ key }) => key)).toEqual([0, 2].map(keyOf));
    } finally {
      await chmod(at, 0o755);
    }
  });

  test('sweeps temporary files of dead processes only, and leaves foreign files alone', async () => {
    await fill(1);
    const at = dirname(pathOf(keyOf(0)));
    const [stale, fresh, foreign] = [`.${keyOf(0)}.1.a.tmp`, `.${keyOf(0)}.1.b.tmp`, 'notes.tmp'];
    for (const name of [stale, fresh, foreign]) await writeFile(join(at, name), 'x');
    const long = Date.now() / 1000 - 2 * 3600;
    for (const name of [stale, foreign]) await utimes(join(at, name), long, long);
    await newStore(Infinity).enforceQuota();
    expect((await files()).sort()).toEqual([fresh, foreign, `${keyOf(0)}.safetensors`].sort());
  });

  test('of an empty store has nothing to do, and stops when cancelled', async () => {
    expect(await newStore(0).enforceQuota()).toEqual({ deleted: 0, bytes: 0 });
    await fill(2);
    const cancelled = AbortSignal.abort();
    await expect(newStore(0).enforceQuota(cancelled)).rejects.toMatchObject({ code: 'cancelled' });
    expect(await store.list()).toHaveLength(2);
  });
});

describe('blocks of a sheet that is deleted', () => {
  test('go where no other sheet needs them and nobody holds them', async () => {
    await fill(4);
    const referenced = () => Promise.resolve(new Set([keyOf(1)]));
    const shared = new BlockStore({ folder, quotaBytes: Infinity, referenced });
    shared.hold([keyOf(2)]);
    const freed = await shared.deleteUnreferenced([0, 1, 2, 7].map(keyOf));
    expect(freed).toEqual({ deleted: 1, bytes: block(0).length });
    expect((await store.list()).map(({ key }) => key)).toEqual([1, 2, 3].map(keyOf));
  });
});

describe('a store that cannot be written', () => {
  test('below a regular file', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    const broken = new BlockStore({ folder: join(file, 'store'), quotaBytes: 1 });
    await expect(broken.write(keyOf(1), block(1))).rejects.toMatchObject({
      code: 'store-unwritable',
      action: expect.stringContaining('another store folder') as string,
    });
    expect(await broken.read(keyOf(1))).toBeUndefined();
    expect(await broken.list()).toEqual([]);
  });

  test.skipIf(process.platform !== 'linux')('in a file system of the kernel', async () => {
    const broken = new BlockStore({ folder: '/proc/self', quotaBytes: 1 });
    await expect(broken.write(keyOf(1), block(1))).rejects.toMatchObject({ code: 'store-unwritable' });
  });

  test('where the block is a folder; no temporary file stays', async () => {
    await mkdir(join(pathOf(keyOf(1)), 'x'), { recursive: true });
    await expect(store.write(keyOf(1), block(1))).rejects.toMatchObject({ code: 'store-unwritable' });
    expect(await files()).toEqual([]);
  });
});

describe('a full store', () => {
  test('on a full disk says so and keeps what was written', async (context) => {
    const unmount = smallDisk(folder, 256);
    if (!unmount) return context.skip('mounting is not permitted here');
    try {
      const written: number[] = [];
      const full = (async () => {
        for (let index = 0; ; index++) {
          await store.write(keyOf(index), block(index, 50_000));
          written.push(index);
        }
      })();
      await expect(full).rejects.toMatchObject({
        code: 'store-full',
        action: expect.stringContaining('stay usable') as string,
      });
      expect(written.length).toBeGreaterThan(1);
      for (const index of written) expect(await store.read(keyOf(index))).toEqual(block(index, 50_000));
      expect(await files()).toHaveLength(written.length);
      await newStore(50_000).enforceQuota();
      await store.write(keyOf(99), block(99, 50_000));
      expect(await store.read(keyOf(99))).toEqual(block(99, 50_000));
    } finally {
      unmount();
    }
  });

  test.skipIf(process.platform === 'win32')(
    'at a limit of the process says so and leaves no partial file',
    async () => {
      await store.write(keyOf(7), block(7));
      const command = 'ulimit -f 64; exec "$0" "$@"';
      const { stdout } = await promisify(execFile)('bash', [
        '-c',
        command,
        process.execPath,
        writer,
        folder,
        '1',
        '200000',
      ]);
      expect(stdout).toBe('store-full\n');
      expect(await files()).toEqual([`${keyOf(7)}.safetensors`]);
      expect(await store.read(keyOf(7))).toEqual(block(7));
    },
  );
});

test('a process that is killed in the middle of writing leaves a usable store', async () => {
  const child = spawn(process.execPath, [writer, folder, '100000', '300000'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = new Promise((resolve) => child.once('close', resolve));
  const reported: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    reported.push(line);
    if (reported.length === 20) child.kill('SIGKILL');
  }
  await exited;
  expect(reported.length).toBeGreaterThanOrEqual(20);
  const listed = await store.list();
  expect(listed.length).toBeGreaterThanOrEqual(reported.length);
  for (const { key } of listed) {
    const bytes = await store.read(key);
    expect(keyOf(Number(bytes && decodeSafetensors(bytes).metadata['index']))).toBe(key);
  }
  for (const key of reported) expect(await store.has(key)).toBe(true);
  expect(corrupt).toEqual([]);
  await store.write(keyOf(0), block(0));
  expect((await stat(pathOf(keyOf(0)))).size).toBe(block(0).length);
});
