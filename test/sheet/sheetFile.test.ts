import { randomUUID } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CribsheetError } from '../../src/common/errors.ts';
import { SheetFolder, type SheetFile } from '../../src/engine/sheet/sheetFile.ts';

let folder: string;
let sheets: SheetFolder;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'cribsheet-sheets-'));
  sheets = new SheetFolder(path.join(folder, 'sheets'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function sheet(id: string, createdAt = '2024-05-01T10:00:00.000Z'): SheetFile {
  return {
    version: 1,
    id,
    task: { id: 'api-lookup', title: 'API lookup' },
    model: { name: 'tiny', fingerprint: 'f'.repeat(64) },
    strategy: 'm0-zs',
    ratio: 4,
    createdAt,
    complete: true,
    scope: [],
    preamble: { key: '0'.repeat(64), kept: 3 },
    segments: [{ key: '1'.repeat(64), tokens: 40, kept: 10, lines: [{ rendered: 0, path: 0, line: 1 }] }],
    paths: ['src/a.ts'],
    hashes: ['2'.repeat(64)],
    skipped: [{ path: 'b.png', reason: 'binary' }],
    leftOut: [],
    coverage: { files: 1, filesTotal: 1, tokens: 40, tokensTotal: 40 },
  };
}
const put = async (name: string, text: string): Promise<void> => {
  await mkdir(path.join(folder, 'sheets'), { recursive: true });
  await writeFile(path.join(folder, 'sheets', name), text);
};
const idsOf = async (): Promise<string[]> => (await sheets.list()).map((s) => s.id);

test('what is written is read again, and nothing else lies beside it', async () => {
  await sheets.write(sheet('api-lookup-1'));
  expect(await sheets.read('api-lookup-1')).toEqual(sheet('api-lookup-1'));
  expect(await readdir(path.join(folder, 'sheets'))).toEqual(['api-lookup-1.json']);
});

test('a sheet that is not there is undefined, and a folder that is not there holds none', async () => {
  expect(await sheets.read('nothing')).toBe(undefined);
  expect(await sheets.list()).toEqual([]);
  await sheets.delete('nothing');
});

test('the newest comes first', async () => {
  await sheets.write(sheet('b', '2024-05-01T10:00:00.000Z'));
  await sheets.write(sheet('a', '2024-05-01T10:00:00.001Z'));
  await sheets.write(sheet('c', '2023-12-31T23:59:59.999Z'));
  expect(await idsOf()).toEqual(['a', 'b', 'c']);
  await sheets.delete('a');
  expect(await idsOf()).toEqual(['b', 'c']);
});

test('writers at the same time: whoever comes last, the file is whole and no temporary one stays', async () => {
  const writers = Array.from({ length: 24 }, (_, i) => sheets.write({ ...sheet('same'), ratio: i + 1 }));
  const readers = Array.from({ length: 24 }, () => sheets.read('same'));
  await Promise.all(writers);
  for (const read of await Promise.all(readers)) expect(read?.id ?? 'same').toBe('same');
  expect(await sheets.read('same')).toMatchObject({ id: 'same', complete: true });
  expect(await readdir(path.join(folder, 'sheets'))).toEqual(['same.json']);
});

test('what a process left that died while writing is swept by the next write, what is fresh or foreign is not', async () => {
  const [stale, fresh, foreign] = [`a.json.7.${randomUUID()}.tmp`, `b.json.7.${randomUUID()}.tmp`, 'notes.tmp'];
  for (const name of [stale, fresh, foreign]) await put(name, '{');
  const long = Date.now() / 1000 - 2 * 3600;
  for (const name of [stale, foreign]) await utimes(path.join(folder, 'sheets', name), long, long);
  await sheets.write(sheet('a'));
  expect((await readdir(path.join(folder, 'sheets'))).sort()).toEqual(['a.json', fresh, foreign].sort());
});

describe('files that are no sheets do not stand in the way of those that are', () => {
  test.each([
    ['cut.json', '{"version":1,"id":"cu'],
    ['empty.json', ''],
    ['null.json', 'null'],
    ['text.json', '"sheet"'],
    ['list.json', '[1,2]'],
    ['bare.json', '{"version":1}'],
    ['other.json', JSON.stringify({ ...sheet('other'), version: 99 })],
    ['nosegments.json', JSON.stringify({ ...sheet('nosegments'), segments: null })],
    ['notask.json', JSON.stringify({ ...sheet('notask'), task: 'api-lookup' })],
    ['.json', JSON.stringify(sheet('x'))],
    ['a b.json', JSON.stringify(sheet('a b'))],
    ['notes.txt', 'not a sheet'],
    ['same.json.4711.tmp', '{'],
  ])('%s', async (name, text) => {
    await sheets.write(sheet('good'));
    await sheets.write(sheet('good-too', '2024-06-01T00:00:00.000Z'));
    await put(name, text);
    expect(await idsOf()).toEqual(['good-too', 'good']);
  });

  test('a folder with the name of a sheet', async () => {
    await sheets.write(sheet('good'));
    await mkdir(path.join(folder, 'sheets', 'folder.json'));
    expect(await idsOf()).toEqual(['good']);
  });

  test('a sheet that calls itself by another name goes by the name of its file', async () => {
    await put('mine.json', JSON.stringify(sheet('../../other')));
    expect(await idsOf()).toEqual([]);
  });
});

describe('hostile ids', () => {
  const ids = [
    '',
    '.',
    '..',
    '../x',
    'a/b',
    'a\\b',
    '/etc/passwd',
    'C:\\x',
    'a\0b',
    'a b',
    '.hidden',
    '-x',
    'ä',
    'a\n',
  ];

  test.each(ids)('%j is refused by every method, and nothing is written', async (id) => {
    await expect(sheets.write(sheet(id))).rejects.toThrow(RangeError);
    await expect(sheets.read(id)).rejects.toThrow(RangeError);
    await expect(sheets.delete(id)).rejects.toThrow(RangeError);
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('a place that cannot be written', () => {
  test('is said with its name and a next step', async () => {
    await writeFile(path.join(folder, 'file'), '');
    const blocked = new SheetFolder(path.join(folder, 'file', 'sheets'));
    const error: unknown = await blocked.write(sheet('a')).catch((e: unknown) => e);
    expect(CribsheetError.is(error, 'store-unwritable') && error.message).toContain(path.join(folder, 'file'));
    expect(await blocked.list()).toEqual([]);
  });

  test('below a kernel file system it fails as well, instead of waiting for ever', { timeout: 5_000 }, async () => {
    if (process.platform !== 'linux') return;
    const error: unknown = await new SheetFolder('/proc/cribsheet/sheets').write(sheet('a')).catch((e: unknown) => e);
    expect(CribsheetError.is(error, 'store-unwritable')).toBe(true);
  });

  test('a sheet that may not be read is an error, not an absent sheet', async () => {
    await sheets.write(sheet('locked'));
    const file = path.join(folder, 'sheets', 'locked.json');
    await chmod(file, 0);
    // The administrator may read everything.
    const readable = await readFile(file).then(
      () => true,
      () => false,
    );
    if (readable) return;
    const error: unknown = await sheets.read('locked').catch((e: unknown) => e);
    expect(CribsheetError.is(error, 'file-unreadable')).toBe(true);
  });
});
