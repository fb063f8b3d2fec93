import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TextIndex } from '../../src/engine/retrieve/textIndex.ts';
import type { IndexedFile } from '../../src/engine/retrieve/update.ts';
import { fileOf, shop } from './chunks.ts';

let folder: string;
let index: TextIndex;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cribsheet-index-'));
  index = TextIndex.open(join(folder, 'deep/er/index.sqlite'));
});
afterEach(() => {
  index.close();
  rmSync(folder, { recursive: true, force: true });
});

const found = (question: string, limit = 10): string[] =>
  index.search(question, { limit }).map(({ path, qualifiedName }) => `${path} ${qualifiedName}`);

describe('looking up', () => {
  beforeEach(() => index.update(shop));

  test('definitions by name, by owner, by any way of writing them', () => {
    const named = (name: string) => index.definitions(name).map(({ path, kind }) => `${kind} ${path}`);
    expect(named('openLedger')).toEqual(['function src/ledger/open.ts']);
    for (const name of [
      'Server.start',
      'Server::start',
      'Server#start',
      '`Server.start()`',
      'Server.start(port: number)',
    ]) {
      expect(named(name)).toEqual(['method src/http/server.ts']);
    }
    expect(named('start')).toEqual([
      'method src/http/server.ts',
      'function src/jobs/server.ts',
      'section docs/guide.md',
    ]);
    expect(named('START')).toEqual(['constant src/http/server.ts']);
    expect(named('OPENLEDGER')).toEqual(['function src/ledger/open.ts']);
    expect(named('server.START')).toEqual(['method src/http/server.ts']);
    for (const name of ['server.ts', 'Ledger.start', 'edger.append', 'ppend', '', '%', "' OR 1=1 --"]) {
      expect(named(name)).toEqual([]);
    }
  });

  test('definitions that share a chunk, but not the further parts of a long one', async () => {
    await index.update([
      fileOf('src/limits.ts', [
        { name: 'maxOpen, maxRead', kind: 'constants', qualifiedName: 'Limits.maxOpen, Limits.maxRead', text: 'a\nb' },
        { name: 'readAll', text: 'function readAll() {' },
        { name: 'readAll', kind: 'function part', text: '}' },
        { name: 'One, two', kind: 'section', text: '# One, two' },
      ]),
    ]);
    for (const name of ['maxRead', 'Limits.maxRead', 'maxOpen', 'MAXREAD']) {
      expect(index.definitions(name).map(({ startLine }) => startLine)).toEqual([1]);
    }
    expect(index.definitions('readAll').map(({ kind }) => kind)).toEqual(['function']);
    expect(index.definitions('One, two')).toHaveLength(1);
    expect(index.definitions('two')).toEqual([]);
    await index.update([]);
    expect(index.definitions('maxRead')).toEqual([]);
  });

  test('one of many that share a name, by its owner or its case', async () => {
    const method = (owner: string, name = 'toString') => ({
      name,
      kind: 'method',
      qualifiedName: `${owner}.${name}`,
      text: `${name}() {}`,
    });
    const many = Array.from({ length: 300 }, (_, at) => method(`Class${at}`));
    const files = [method('Größe_1'), method('Groxe01'), method('Outer.Last'), method('Deep', 'tostring')];
    await index.update([fileOf('src/many.ts', many), ...files.map((one, at) => fileOf(`src/${at}.ts`, [one]))]);
    const named = (name: string) => index.definitions(name).map(({ qualifiedName }) => qualifiedName);
    expect(named('Class7.toString')).toEqual(['Class7.toString']);
    expect(named('Class299.toString()')).toEqual(['Class299.toString']);
    expect(named('Last::toString')).toEqual(['Outer.Last.toString']);
    expect(named('Outer#Last#toString')).toEqual(['Outer.Last.toString']);
    expect(named('GRÖSSE_1.tostring')).toEqual([]);
    expect(named('größe_1.tostring')).toEqual(['Größe_1.toString']);
    expect(named('tostring')).toEqual(['Deep.tostring']);
    expect(named('toString')).toHaveLength(200);
    expect(named(`${'A'.repeat(100_000)}.toString`)).toEqual([]);
  });

  test('paths by their last parts', () => {
    expect(index.resolvePath('src/http/server.ts')).toEqual(['src/http/server.ts']);
    expect(index.resolvePath('server.ts')).toEqual(['src/http/server.ts', 'src/jobs/server.ts']);
    expect(index.resolvePath('jobs/server.ts')).toEqual(['src/jobs/server.ts']);
    expect(index.resolvePath('.\\jobs\\server.ts')).toEqual(['src/jobs/server.ts']);
    expect(index.resolvePath('/docs/Guide.MD')).toEqual(['docs/guide.md']);
    for (const suffix of ['obs/server.ts', 'erver.ts', 'src', '', '/', '%', 'a/src/jobs/server.ts']) {
      expect(index.resolvePath(suffix)).toEqual([]);
    }
  });

  test('chunks and hash of a file', () => {
    const [file] = shop;
    const chunks = index.chunksOf('src/ledger/open.ts');
    expect(chunks.map(({ fileHash, ...chunk }) => (expect(fileHash).toBe(file?.hash), chunk))).toEqual(file?.chunks());
    expect(index.fileHash('src/ledger/open.ts')).toBe(file?.hash);
    expect(index.chunksOf('open.ts')).toEqual([]);
    expect(index.fileHash('open.ts')).toBeUndefined();
    expect(index.counts()).toEqual({ files: 4, chunks: 11 });
  });
});

describe('searching', () => {
  beforeEach(() => index.update(shop));

  test.each([
    ['Where is openLedger defined?', 'src/ledger/open.ts openLedger'],
    ['where is open_ledger', 'src/ledger/open.ts openLedger'],
    ['What parameters does `Ledger.append` take?', 'src/ledger/open.ts Ledger.append'],
    ['What does Server.start() do', 'src/http/server.ts Server.start'],
    ['Which function does: adding entries at the end', 'src/ledger/open.ts Ledger.append'],
    ['parse http urls', 'src/http/server.ts parseHTTPUrl2'],
    ['reads every row', 'src/http/server.ts read_all_rows'],
    ['How does src/jobs/server.ts start?', 'src/jobs/server.ts start'],
    ['全文検索', 'docs/guide.md 検索'],
    ['What is START?', 'src/http/server.ts START'],
  ])('%s', (question, first) => {
    expect(found(question)[0]).toBe(first);
  });

  test('gives scores that fall, with the hash of the file', () => {
    const hits = index.search('start the server', { limit: 10 });
    expect(hits.length).toBeGreaterThan(2);
    expect(hits.map(({ score }) => score)).toEqual(hits.map(({ score }) => score).sort((a, b) => b - a));
    for (const hit of hits) expect(hit.fileHash).toBe(index.fileHash(hit.path));
  });

  test('finds the definition first and then the callers', () => {
    expect(found('Who calls openLedger?').slice(0, 2)).toEqual([
      'src/ledger/open.ts openLedger',
      'src/http/server.ts Server.start',
    ]);
  });

  test('keeps to the limit and to the given paths', () => {
    expect(found('start', 2)).toHaveLength(2);
    expect(found('start', 0)).toEqual([]);
    const paths = new Set(['docs/guide.md']);
    const hits = index.search('Where is Server.start in src/http/server.ts?', { limit: 10, paths });
    expect(hits.map(({ path }) => path)).toEqual(['docs/guide.md']);
    expect(index.search('start', { limit: 10, paths: new Set() })).toEqual([]);
  });

  test('counts the same definition in copied files once', async () => {
    const copy = { name: 'vendored', text: 'function vendored() {}' };
    await index.update([...shop, fileOf('a/v.ts', [copy]), fileOf('b/v.ts', [copy])]);
    expect(found('vendored')).toEqual(['a/v.ts vendored']);
    expect(index.definitions('vendored')).toHaveLength(2);
  });

  test('takes any string for a question', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        'start',
        'name:',
        '"',
        "'",
        '*',
        '^',
        'NEAR(',
        ')',
        'AND',
        'OR',
        'NOT',
        '-',
        '+',
        '{',
        'path',
        '\0',
      ),
      fc.constantFrom(
        '`',
        '/',
        '\\',
        '.',
        '::',
        'server.ts',
        '%',
        '_',
        '\ud800',
        '; DROP TABLE words; --',
        '²',
        '\u0301',
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.constantFrom('', ' '), (pieces, separator) => {
        const text = pieces.join(separator);
        for (const hit of index.search(text, { limit: 3 })) expect(hit.score).toBeGreaterThan(0);
        index.definitions(text);
        index.resolvePath(text);
      }),
      { numRuns: 400 },
    );
    expect(index.counts()).toEqual({ files: 4, chunks: 11 });
    expect(found('start '.repeat(50_000))).not.toEqual([]);
  });
});

describe('updating', () => {
  test('reads only what is new or changed', async () => {
    expect(await index.update(shop)).toEqual({ added: 4, changed: 0, removed: 0, unchanged: 0 });
    const unread = shop.map((file) => ({ ...file, chunks: () => expect.fail(`${file.path} was read`) }));
    expect(await index.update(unread)).toEqual({ added: 0, changed: 0, removed: 0, unchanged: 4 });
    const changed = fileOf('src/jobs/server.ts', [{ name: 'halt', text: 'function halt() {}' }]);
    const added = fileOf('src/new.ts', [{ name: 'fresh', text: 'function fresh() {}' }]);
    const files = [...unread.filter(({ path }) => !/jobs|guide/u.test(path)), changed, added];
    expect(await index.update(files)).toEqual({ added: 1, changed: 1, removed: 1, unchanged: 2 });
    expect(found('halt fresh')).toEqual(['src/new.ts fresh', 'src/jobs/server.ts halt']);
    expect(index.resolvePath('guide.md')).toEqual([]);
    expect(found('run')).toEqual([]);
  });

  test('gives what indexing from nothing gives', async () => {
    const word = fc.constantFrom('open', 'read', 'File', 'Row', 'ledger', 'URLs', '2', '漢字', '\0', '\ud800', '\r\n');
    const name = fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join(''));
    const definition = fc.record({ name, text: fc.array(name, { maxLength: 4 }).map((names) => names.join(' + ')) });
    const path = fc.constantFrom('a.ts', 'b.ts', 'src/a.ts', 'src/c.ts', 'd.md');
    const state = fc.dictionary(path, fc.array(definition, { maxLength: 3 }), { maxKeys: 5 });
    const filesOf = (given: Record<string, { name: string; text: string }[]>): IndexedFile[] =>
      Object.entries(given).map(([at, definitions]) => fileOf(at, definitions));
    await fc.assert(
      fc.asyncProperty(fc.array(state, { minLength: 1, maxLength: 5 }), fc.array(name), async (states, names) => {
        const fresh = TextIndex.open(join(folder, 'fresh.sqlite'));
        try {
          for (const given of states) await index.update(filesOf(given));
          await fresh.update([]);
          await fresh.update(filesOf(states.at(-1) ?? {}));
          expect(index.counts()).toEqual(fresh.counts());
          for (const at of ['a.ts', 'b.ts', 'src/a.ts', 'src/c.ts', 'd.md']) {
            expect(index.chunksOf(at)).toEqual(fresh.chunksOf(at));
          }
          for (const question of [...names, 'open ledger', 'a.ts']) {
            expect(index.definitions(question)).toEqual(fresh.definitions(question));
            expect(index.search(question, { limit: 50 })).toEqual(fresh.search(question, { limit: 50 }));
          }
        } finally {
          fresh.close();
        }
      }),
      { numRuns: 40 },
    );
  });

  test('that is cancelled or fails changes nothing', async () => {
    await index.update(shop);
    const controller = new AbortController();
    const many = Array.from({ length: 3_000 }, (_, at): IndexedFile => {
      return fileOf(`many/${at}.ts`, [{ name: `f${at}`, text: `function f${at}() {}` }]);
    });
    const stopping = index.update(many, {
      signal: controller.signal,
      onProgress: (done) => done > 0 && controller.abort(),
    });
    await expect(stopping).rejects.toMatchObject({ code: 'cancelled' });
    const failure = new Error('cannot be parsed');
    const failing = [...many.slice(0, 3), { path: 'x.ts', hash: 'x', chunks: () => Promise.reject(failure) }];
    await expect(index.update(failing)).rejects.toBe(failure);
    expect(index.counts()).toEqual({ files: 4, chunks: 11 });
    expect(found('openLedger')[0]).toBe('src/ledger/open.ts openLedger');
  });

  test('tells how far it is, never going back', async () => {
    const steps: number[] = [];
    await index.update(shop, { onProgress: (done, total) => (expect(total).toBe(4), steps.push(done)) });
    expect(steps.at(-1)).toBe(4);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
  });

  test('does not show until it is done', async () => {
    await index.update(shop);
    let seen: string[] = [];
    const file = fileOf('src/late.ts', [{ name: 'late', text: 'function late() {}' }]);
    const looking = { ...fileOf('z.ts', []), chunks: () => ((seen = found('late openLedger')), []) };
    await index.update([file, looking]);
    expect(seen).toContain('src/ledger/open.ts openLedger');
    expect(seen.join()).not.toContain('late');
    expect(found('late')).toEqual(['src/late.ts late']);
  });
});
