import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Citation } from '../../src/common/answers.ts';
import { citationsFor } from '../../src/engine/answer/citations.ts';
import { CurrentSources } from '../../src/engine/answer/sources.ts';
import { chunkerVersion } from '../../src/engine/corpus/chunker.ts';
import { TextIndex } from '../../src/engine/retrieve/textIndex.ts';
import { linesOf, smallFiles, SmallWorkspaces, type Opened } from '../engine/smallWorkspace.ts';

const small = new SmallWorkspaces();
afterAll(() => small.dispose());

const files: Readonly<Record<string, string>> = {
  ...smallFiles,
  'src/app.module.ts': 'export const appModule = 1;\n',
  'src/größe/maß.py': 'def größe_von(x):\n    return x\n',
  'src/routes/[id].ts': 'export function routeById(id: string): string {\n  return id;\n}\n',
  'src/one/index.ts': 'export function shared(): number {\n  return 1;\n}\n\nexport const onlyHere = 1;\n',
  'src/two/index.ts': 'export function shared(): number {\n  return 2;\n}\n',
  'src/three/index.ts': 'export function shared(): number {\n  return 3;\n}\n',
  'src/four/index.ts': 'export function shared(): number {\n  return 4;\n}\n',
  'src/last.ts': 'export function lastOne(): number {\n  return 1;\n}',
};

let opened: Opened;
let index: TextIndex;
beforeAll(async () => {
  opened = await small.workspace(undefined, files);
  index = TextIndex.open(path.join(opened.store, 'workspaces/one/index.sqlite'), { contentVersion: chunkerVersion });
});
afterAll(() => {
  index.close();
});
beforeEach(() => small.write(opened.root, files));

const cite = (answer: string, question = ''): Promise<Citation[]> =>
  citationsFor(question, answer, { index, sources: new CurrentSources(opened.root), hashAtBuild: () => undefined });
const places = async (answer: string, question = ''): Promise<string[]> =>
  (await cite(answer, question)).map((c) => `${c.path}:${c.startLine}-${c.endLine}`);

describe('the right place', () => {
  test.each([
    ['function in src/berths/util.ts', 'Where is berthName defined?', ['src/berths/util.ts:6-8']],
    ['function in src/ships/util.ts', 'Where is shipLength defined?', ['src/ships/util.ts:1-5']],
    ['function in ships/util.ts', 'Where is shipFlag defined?', ['src/ships/util.ts:7-9']],
    // The base name is in two folders: the question tells which one.
    ['function in util.ts', 'Where is shipFlag defined?', ['src/ships/util.ts:7-9']],
    ['It is `Harbour.moor` in src/harbour.ts.', '', ['src/harbour.ts:19-29']],
    ['Harbour.leave', '', ['src/harbour.ts:31-34']],
    ['berthName(row: string, place: number): string', '', ['src/berths/util.ts:6-8']],
    ['class TideTable in tools\\tides.py', '', ['tools/tides.py:9-9']],
    ['in src/app.module.ts', 'Where is appModule defined?', ['src/app.module.ts:1-1']],
    ['in src/größe/maß.py', 'Where is größe_von defined?', ['src/größe/maß.py:1-2']],
    ['in src/routes/[id].ts', '', ['src/routes/[id].ts:1-3']],
    ['Rope.', 'Where is onlyHere defined?', ['src/one/index.ts:5-5']],
    ['in index.ts', 'Where is onlyHere defined?', ['src/one/index.ts:5-5']],
    // Line numbers of a model count for nothing.
    ['in src/ships/util.ts:0', 'Where is shipFlag defined?', ['src/ships/util.ts:7-9']],
    ['in src\\ships\\util.ts:0:0', 'Where is shipFlag defined?', ['src/ships/util.ts:7-9']],
    ['in src/ships/util.ts:99999999999', 'Where is shipFlag defined?', ['src/ships/util.ts:7-9']],
    ['in src/ships/util.ts:-5', 'Where is shipFlag defined?', ['src/ships/util.ts:7-9']],
  ])('%s %s', async (answer, question, expected) => {
    expect(await places(answer, question)).toEqual(expected);
  });

  test('a path of two files of one name cites both where nothing tells them apart', async () => {
    expect((await places('in util.ts')).map((p) => p.split(':')[0])).toEqual([
      'src/ships/util.ts',
      'src/berths/util.ts',
    ]);
  });

  test('a name that is defined in more places than a reader would follow is not cited', async () => {
    expect(await places('shared')).toEqual([]);
    expect(await places('in index.ts')).toEqual([]);
    expect(await places('shared in src/two/index.ts')).toEqual(['src/two/index.ts:1-3']);
  });

  test('the range holds the definition and begins with text', async () => {
    const everything = [...opened.workspace.chunks()].filter((c) => c.kind !== 'code');
    expect(everything.length).toBeGreaterThan(25);
    for (const chunk of everything) {
      const [citation, ...more] = await cite(`${chunk.qualifiedName} in ${chunk.path}`);
      expect(more.filter((m) => m.path !== chunk.path)).toEqual([]);
      expect(citation).toMatchObject({ path: chunk.path, verified: true, stale: false });
      expect(citation!.startLine).toBeLessThanOrEqual(chunk.nameLine);
      expect(citation!.endLine).toBeGreaterThanOrEqual(chunk.nameLine);
      const lines = await linesOf(opened.root, chunk.path);
      expect(lines[citation!.startLine - 1]!.trim()).not.toBe('');
    }
  });
});

describe('what does not exist is not cited', () => {
  test.each([
    'function in src/nowhere/util2.ts',
    'noSuchFunction',
    'Not in this workspace.',
    '',
    '../../etc/passwd',
    '/etc/passwd',
    '/etc/hosts and ~/.ssh/id_rsa',
    'C:\\Windows\\system32\\drivers\\etc\\hosts',
    '\\\\server\\share\\secret.txt',
    'file:///etc/passwd',
    'src/../../../etc/passwd',
    'src/harbour.ts/../../../../etc/passwd',
    '\0/etc/passwd\0',
    '%2e%2e%2fetc%2fpasswd',
    'tools/empty.py',
  ])('%j', async (answer) => {
    expect(await cite(answer)).toEqual([]);
  });

  test('an invented place gets no link to the right one of the question', async () => {
    expect(await places('function in src/browser/helper.js', 'Where is openHarbour defined?')).toEqual([]);
    expect(await places('function in helper.ts', 'Where is openHarbour defined?')).toEqual([]);
  });

  test('nor does a way into folders that are not there', async () => {
    expect(await places('function in src/sheet/sheet/sheet/', 'Where is openHarbour defined?')).toEqual([]);
    expect(await places('for input/output', 'Where is openHarbour defined?')).toEqual(['src/harbour.ts:41-45']);
  });

  test('a file that exists but defines something else is linked as what the answer says, unverified', async () => {
    const wrong = await cite('function in src/ships/util.ts', 'Where is openHarbour defined?');
    expect(wrong).toMatchObject([{ path: 'src/ships/util.ts', startLine: 1, verified: false, stale: false }]);
    const plain = await cite('It begins in src/ships/util.ts.', 'Where does it begin?');
    expect(plain).toMatchObject([{ path: 'src/ships/util.ts', startLine: 1, verified: true }]);
  });

  test('but an answer that names no place is linked by the name that was asked for', async () => {
    expect(await places('It opens a harbour.', 'What does openHarbour do?')).toEqual(['src/harbour.ts:41-45']);
  });
});

describe('what only the question named', () => {
  test.each([
    ['string', 'What does berthName return?', 'question'],
    ['berthName(row: string)', 'What parameters does berthName take?', 'answer'],
    ['function in src/berths/util.ts', 'Where is berthName defined?', 'answer'],
  ])('%s (%s) is from the %s', async (answer, question, from) => {
    expect((await cite(answer, question)).map((c) => c.from)).toEqual([from]);
  });

  test.each(['Not in this workspace', 'There is no such function.', 'berthName does not exist'])(
    'nothing is linked below "%s"',
    async (answer) => {
      expect(await cite(answer, 'Where is berthName defined?')).toEqual([]);
    },
  );
});

describe('a definition with the name of a plain word', () => {
  const task = {
    'src/task.ts': 'export interface TaskExample {\n  a: string;\n}\n\nexport interface Task {\n  b: string;\n}\n',
  };

  test('is found where it stands, not at the start of its file', async () => {
    const other = await small.workspace(undefined, task);
    const own = TextIndex.open(path.join(other.store, 'workspaces/one/index.sqlite'), {
      contentVersion: chunkerVersion,
    });
    const context = { index: own, sources: new CurrentSources(other.root), hashAtBuild: () => undefined };
    const cited = await citationsFor('Where is Task defined?', 'interface in src/task.ts', context);
    own.close();
    expect(cited).toMatchObject([{ startLine: 5, endLine: 7, verified: true }]);
  });
});

describe('files that changed since', () => {
  test('a changed file is stale; the lines are verified where they still hold the name', async () => {
    const file = path.join(opened.root, 'src/ships/util.ts');
    await writeFile(file, files['src/ships/util.ts']!.replace("'unknown'", "'none'"));
    expect(await cite('in src/ships/util.ts', 'shipFlag')).toMatchObject([{ verified: true, stale: true }]);
    await writeFile(file, files['src/ships/util.ts']!.replaceAll('shipFlag', 'flagOfShip'));
    expect(await cite('in src/ships/util.ts', 'shipFlag')).toMatchObject([{ verified: false, stale: true }]);
  });

  test('a file that got shorter: no range beyond its end', async () => {
    await writeFile(
      path.join(opened.root, 'src/harbour.ts'),
      files['src/harbour.ts']!.split('\n').slice(0, 25).join('\n'),
    );
    expect(await cite('Harbour.moor in src/harbour.ts')).toMatchObject([{ startLine: 19, endLine: 25, stale: true }]);
    expect(await cite('openHarbour in src/harbour.ts')).toEqual([]);
    await writeFile(path.join(opened.root, 'src/harbour.ts'), '');
    expect(await cite('Harbour.moor in src/harbour.ts')).toEqual([]);
  });

  test('a deleted file is not cited, nor is what took its place', async () => {
    const file = path.join(opened.root, 'src/ships/util.ts');
    await rm(file);
    expect(await cite('in src/ships/util.ts', 'shipFlag')).toEqual([]);
    await mkdir(file);
    expect(await cite('in src/ships/util.ts', 'shipFlag')).toEqual([]);
    await rm(file, { recursive: true });
    await symlink('/etc/passwd', file);
    expect(await cite('in src/ships/util.ts', 'shipFlag')).toEqual([]);
    await rm(file);
  });

  test('a sheet of another state of the file makes it stale, also where the index is up to date', async () => {
    const sources = new CurrentSources(opened.root);
    const [citation] = await citationsFor('', 'in src/harbour.ts: openHarbour', {
      index,
      sources,
      hashAtBuild: (p) => (p === 'src/harbour.ts' ? 'f'.repeat(64) : undefined),
    });
    expect(citation).toMatchObject({ verified: true, stale: true });
  });

  test('files are found in a folder that is a whole drive, and none outside of one', async () => {
    const file = path.join(opened.root, 'src/harbour.ts');
    const { root } = path.parse(file);
    const lines = (await new CurrentSources(root).read(path.relative(root, file)))?.lines;
    expect(lines?.[0]).toContain('import');
    const below = new CurrentSources(path.join(opened.root, 'src'));
    expect((await below.read('harbour.ts'))?.lines).toEqual(lines);
    for (const outside of ['../README.md', '..', '', '.', path.join(opened.root, 'README.md')])
      expect(await below.read(outside)).toBe(undefined);
  });

  test('a file that is no part of the sheet is not stale for that', async () => {
    expect(await cite('in src/harbour.ts: openHarbour')).toMatchObject([{ verified: true, stale: false }]);
  });
});

test('every citation opens at lines that exist, whatever an answer says', async () => {
  const chunks = [...opened.workspace.chunks()];
  const real = chunks.flatMap((c) => [c.name, c.qualifiedName, c.path, path.basename(c.path)]);
  const invented = ['src/none.ts', 'nothing()', '../../etc/passwd', '/etc/hosts', 'C:\\x\\y.ts', 'Not', 'the', '`'];
  const answer = fc
    .array(fc.oneof(fc.constantFrom(...real), fc.constantFrom(...invented), fc.string({ maxLength: 6 })), {
      maxLength: 8,
    })
    .map((words) => words.join(' '));
  await fc.assert(
    fc.asyncProperty(answer, answer, async (said, asked) => {
      const citations = await cite(said, asked);
      expect(citations.length).toBeLessThanOrEqual(5);
      expect(new Set(citations.map((c) => `${c.path}:${c.startLine}`)).size).toBe(citations.length);
      for (const { path: file, startLine, endLine, verified, stale } of citations) {
        expect(Object.keys(files)).toContain(file);
        const lines = await linesOf(opened.root, file);
        expect(startLine).toBeGreaterThanOrEqual(1);
        expect(endLine).toBeGreaterThanOrEqual(startLine);
        expect(endLine).toBeLessThanOrEqual(lines.length);
        expect({ verified: typeof verified, stale }).toEqual({ verified: 'boolean', stale: false });
      }
    }),
    { numRuns: 200 },
  );
});
