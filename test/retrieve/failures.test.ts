import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CribsheetError } from '../../src/common/errors.ts';
import { TextIndex } from '../../src/engine/retrieve/textIndex.ts';
import type { TextIndexOptions } from '../../src/engine/retrieve/textIndex.ts';
import { smallDisk } from '../smallDisk.ts';
import { fileOf, shop } from './chunks.ts';

const updater = fileURLToPath(new URL('updateIndex.ts', import.meta.url));
let folder: string;
let file: string;
let messages: string[];
let opened: TextIndex[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cribsheet-index-'));
  file = join(folder, 'index.sqlite');
  messages = [];
  opened = [];
});
afterEach(() => {
  for (const index of opened) index.close();
  rmSync(folder, { recursive: true, force: true });
});

function openIndex(options: TextIndexOptions = {}, at = file): TextIndex {
  const index = TextIndex.open(at, { onMessage: (message) => messages.push(message), ...options });
  opened.push(index);
  return index;
}
/** An index of the shop, closed again. */
async function make(): Promise<void> {
  const index = openIndex();
  await index.update(shop);
  index.close();
}
const first = (index: TextIndex, question = 'openLedger'): string | undefined =>
  index.search(question, { limit: 1 })[0]?.qualifiedName;
function codeOf(work: () => unknown): string {
  try {
    work();
    return '';
  } catch (error) {
    if (CribsheetError.is(error)) return error.code;
    throw error;
  }
}

test('an index that was never filled is not an empty one', async () => {
  const index = openIndex();
  for (const work of [
    () => index.search('x', { limit: 1 }),
    () => index.definitions('x'),
    () => index.resolvePath('x'),
    () => index.chunksOf('x'),
    () => index.fileHash('x'),
    () => index.counts(),
  ]) {
    expect(codeOf(work)).toBe('index-unavailable');
  }
  await index.update([]);
  expect(index.search('x', { limit: 1 })).toEqual([]);
});

test('an index stays on disk', async () => {
  await make();
  const index = openIndex();
  expect(first(index)).toBe('openLedger');
  expect(await index.update(shop)).toEqual({ added: 0, changed: 0, removed: 0, unchanged: 4 });
  expect(messages).toEqual([]);
});

describe('another version', () => {
  test('rebuilds with a message', async () => {
    await make();
    const index = openIndex({ contentVersion: 'chunker 2' });
    expect(messages).toEqual([expect.stringMatching(/another version/u)]);
    expect(codeOf(() => first(index))).toBe('index-unavailable');
    expect(await index.update(shop)).toMatchObject({ added: 4 });
    expect(first(index)).toBe('openLedger');
  });

  test('that takes over a file in use is noticed', async () => {
    const old = openIndex();
    await old.update(shop);
    const other = openIndex({ contentVersion: 'chunker 2' });
    await other.update(shop.slice(0, 1));
    expect(codeOf(() => first(old))).toBe('index-unavailable');
    expect(other.counts().files).toBe(1);
  });

  test('of whatever kind: tables of another program are no reason to fail', () => {
    const db = new DatabaseSync(file);
    db.exec('CREATE TABLE chunks (a); CREATE VIEW v AS SELECT a FROM chunks; CREATE VIRTUAL TABLE f USING fts5 (x)');
    db.close();
    openIndex();
    expect(messages).toHaveLength(1);
  });
});

describe('a damaged file', () => {
  test.each([
    ['no database', () => writeFileSync(file, 'This is not SQLite, but long enough to be looked at. '.repeat(100))],
    ['cut off', () => truncateSync(file, 5_000)],
    ['cut to a header', () => truncateSync(file, 100)],
  ])('is replaced with a message: %s', async (_, damage) => {
    await make();
    damage();
    const index = openIndex();
    expect(codeOf(() => first(index))).toBe('index-unavailable');
    await index.update(shop);
    expect(messages).toEqual([expect.stringMatching(/damaged/u)]);
    expect(first(index)).toBe('openLedger');
  });

  test('while it is open is replaced by the next update', async () => {
    const index = openIndex();
    await index.update(shop);
    const db = new DatabaseSync(file);
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    db.close();
    writeFileSync(file, readFileSync(file).fill(0xaa, 100));
    await index.update(shop);
    expect(messages).toEqual([expect.stringMatching(/damaged/u)]);
    expect(first(index)).toBe('openLedger');
    expect(first(openIndex())).toBe('openLedger');
    expect(messages).toHaveLength(1);
  });

  test('never gives anything but a result or a typed error, and can always be updated', async () => {
    await make();
    const sound = readFileSync(file);
    const damage = fc.record({ at: fc.nat(sound.length - 1), length: fc.nat(600), value: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 4 }), async (places) => {
        const bytes = Buffer.from(sound);
        for (const { at, length, value } of places) bytes.fill(value, at, Math.min(at + length, bytes.length));
        for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true });
        writeFileSync(file, bytes);
        const index = openIndex();
        for (const work of [
          () => first(index, 'Where is the entry added in server.ts?'),
          () => index.definitions('start'),
          () => index.chunksOf('src/http/server.ts'),
        ]) {
          expect(['', 'index-unavailable']).toContain(codeOf(work));
        }
        const changed = fileOf('src/http/server.ts', [{ name: 'changed', text: 'function changed() {}' }]);
        await index.update([changed]);
        await index.update([changed, fileOf('new.ts', [{ name: 'fresh', text: 'function fresh() {}' }])]);
        expect(first(index, 'fresh')).toBe('fresh');
        index.close();
      }),
      { numRuns: 60 },
    );
  });
});

describe('several processes', () => {
  test('update one index at once without harm', async () => {
    const index = openIndex();
    await index.update(shop);
    const children = ['a', 'b'].map((name) => {
      const child = spawn(process.execPath, [updater, file, name, '15'], { stdio: ['ignore', 'pipe', 'inherit'] });
      return new Promise<number | null>((resolve, reject) => {
        child.once('error', reject);
        child.once('close', resolve);
        createInterface({ input: child.stdout }).on('line', () => {
          // Reading goes on meanwhile; what it sees is always one whole update.
          const { files, chunks } = index.counts();
          expect([4, 20]).toContain(files);
          expect([11, 20]).toContain(chunks);
        });
      });
    });
    expect(await Promise.all(children)).toEqual([0, 0]);
    expect(index.counts()).toEqual({ files: 20, chunks: 20 });
    const last = index.chunksOf('src/7.ts')[0]?.name ?? '';
    expect(last).toMatch(/^[ab]14of7$/u);
    expect(first(index, last)).toBe(last);
    index.close();
    const db = new DatabaseSync(file);
    expect(db.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
    db.exec("INSERT INTO words (words) VALUES ('integrity-check')");
    db.close();
  });

  test('that are killed while they write leave the last finished update', async () => {
    const child = spawn(process.execPath, [updater, file, 'k', '100000'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const closed = new Promise((resolve) => child.once('close', resolve));
    let last = '';
    for await (const line of createInterface({ input: child.stdout })) {
      last = line;
      if (line === '5') child.kill('SIGKILL');
    }
    await closed;
    const index = openIndex();
    expect(index.counts()).toEqual({ files: 20, chunks: 20 });
    const round = Number(/^k(\d+)of0$/u.exec(index.chunksOf('src/0.ts')[0]?.name ?? '')?.[1]);
    expect(round).toBeGreaterThanOrEqual(Number(last));
    await index.update(shop);
    expect(first(index)).toBe('openLedger');
    expect(messages).toEqual([]);
  });

  test('wait for each other, not longer than told, and stop when cancelled', async () => {
    const index = openIndex();
    await index.update(shop);
    const writer = new DatabaseSync(file);
    writer.exec('BEGIN IMMEDIATE');
    await expect(index.update([], { waitMs: 0 })).rejects.toMatchObject({
      code: 'index-unavailable',
      message: expect.stringContaining('another process is writing') as string,
    });
    const controller = new AbortController();
    const waiting = index.update([], { signal: controller.signal });
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
    const patient = index.update(shop.slice(0, 1));
    expect(first(index)).toBe('openLedger');
    writer.exec('ROLLBACK');
    writer.close();
    expect(await patient).toEqual({ added: 0, changed: 0, removed: 3, unchanged: 1 });
  });

  test('one of which replaces the file: the other one goes on with the new file', async () => {
    const index = openIndex();
    await index.update(shop);
    for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix);
    expect(codeOf(() => first(index))).toBe('index-unavailable');
    const other = openIndex();
    await other.update(shop.slice(0, 1));
    expect(index.counts()).toEqual(other.counts());
  });
});

describe('a place that cannot be written', () => {
  test('is told', () => {
    writeFileSync(join(folder, 'plain'), '');
    mkdirSync(join(folder, 'index.sqlite'));
    expect(codeOf(() => openIndex({}, join(folder, 'plain/index.sqlite')))).toBe('index-unavailable');
    expect(codeOf(() => openIndex())).toBe('index-unavailable');
  });

  test.skipIf(process.platform !== 'linux')('is told in a file system of the kernel', () => {
    expect(codeOf(() => openIndex({}, '/proc/cribsheet/index.sqlite'))).toBe('index-unavailable');
  });

  test('because the disk is full is told, and what was indexed stays', async (context) => {
    const unmount = smallDisk(folder, 1024);
    if (!unmount) return context.skip('mounting is not permitted here');
    try {
      const index = openIndex();
      await index.update(shop);
      const large = fileOf('large.ts', [{ name: 'large', text: Array.from({ length: 100_000 }, String).join(' ') }]);
      await expect(index.update([...shop, large])).rejects.toMatchObject({ code: 'store-full' });
      expect(first(index)).toBe('openLedger');
      index.close();
    } finally {
      unmount();
    }
  });
});
