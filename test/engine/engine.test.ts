import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CribsheetError } from '../../src/common/errors.ts';
import { limits } from '../../src/common/limits.ts';
import { Engine, type EngineOptions } from '../../src/engine/engine.ts';
import { hasValidChecksum } from '../../src/engine/sheet/safetensors.ts';
import { StoreLocation } from '../../src/engine/storeLocation.ts';
import { modelFolder } from '../model/fixtures.ts';
import { lookupTask, smallFiles, SmallWorkspaces } from './smallWorkspace.ts';

const small = new SmallWorkspaces();
const engines: Engine[] = [];
let grammars: string;
let model: string;
beforeAll(async () => {
  grammars = await small.grammarFolder();
  model = await small.folder('model');
  await cp(modelFolder('qwen3-fp32'), model, { recursive: true });
  await writeFile(path.join(model, 'cribsheet.json'), '{"segmentTokens":160,"answerTokens":8,"ratio":4}');
});
afterAll(async () => {
  for (const engine of engines) await engine.close();
  await small.dispose();
});

async function engine(options: Partial<EngineOptions> = {}): Promise<Engine> {
  const store = await small.folder('store');
  const opened = new Engine({ product: { grammars, tasks: '', models: '' }, store, model, threads: 1, ...options });
  engines.push(opened);
  return opened;
}
async function root(files: Readonly<Record<string, string>> = smallFiles): Promise<string> {
  const folder = await small.folder('root');
  await small.write(folder, files);
  return folder;
}
const codeOf = async (work: Promise<unknown>): Promise<string> => {
  const error: unknown = await work.catch((e: unknown) => e);
  return CribsheetError.is(error) ? error.code : `no error but ${String(error)}`;
};

// First of all: the parser's runtime is loaded once per process.
test('grammars that were not there are looked for again', async () => {
  const folder = await small.folder('grammars');
  const opened = await engine({ noModel: true, product: { grammars: folder, tasks: '', models: '' } });
  const here = await root();
  expect(await codeOf(opened.workspace(here))).toBe('file-unreadable');
  await cp(grammars, folder, { recursive: true });
  expect((await (await opened.workspace(here)).refresh()).files).toBe(7);
});

describe('where the store is', () => {
  const home = os.homedir();
  const folderOf = (folder: string | undefined, env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string =>
    new StoreLocation(folder, env, platform).folder;

  test.each<[string | undefined, NodeJS.ProcessEnv, NodeJS.Platform, string]>([
    ['/flag', { CRIBSHEET_STORE: '/env', XDG_CACHE_HOME: '/xdg' }, 'linux', '/flag'],
    [undefined, { CRIBSHEET_STORE: '/env', XDG_CACHE_HOME: '/xdg' }, 'linux', '/env'],
    [undefined, { CRIBSHEET_STORE: '', XDG_CACHE_HOME: '/xdg' }, 'linux', '/xdg/cribsheet'],
    ['', { CRIBSHEET_STORE: '/env' }, 'linux', '/env'],
    [undefined, { XDG_CACHE_HOME: '' }, 'linux', path.join(home, '.cache/cribsheet')],
    [undefined, { XDG_CACHE_HOME: 'relative/cache' }, 'linux', path.join(home, '.cache/cribsheet')],
    [undefined, {}, 'linux', path.join(home, '.cache/cribsheet')],
    [undefined, {}, 'freebsd', path.join(home, '.cache/cribsheet')],
    [undefined, { XDG_CACHE_HOME: '/xdg' }, 'darwin', path.join(home, 'Library/Caches/cribsheet')],
    [undefined, { LOCALAPPDATA: '/local' }, 'win32', '/local/cribsheet'],
    [undefined, { LOCALAPPDATA: '' }, 'win32', path.join(home, 'AppData/Local/cribsheet')],
    [undefined, {}, 'win32', path.join(home, 'AppData/Local/cribsheet')],
    ['here', {}, 'linux', path.resolve('here')],
  ])('%s %o on %s', (folder, env, platform, expected) => {
    expect(folderOf(folder, env, platform)).toBe(expected);
  });
});

describe('a workspace', () => {
  test('is one, however its folder is spelled; another folder is another one', async () => {
    const opened = await engine({ noModel: true });
    const folder = await root();
    const link = path.join(await small.folder('links'), 'link');
    await symlink(folder, link);
    const first = await opened.workspace(folder);
    const spellings = [
      `${folder}/`,
      path.join(folder, 'src', '..'),
      `${folder}/./src/../`,
      path.relative(process.cwd(), folder),
      link,
      `${link}/src/..`,
    ];
    for (const spelling of spellings) expect(await opened.workspace(spelling)).toBe(first);
    const below = await opened.workspace(path.join(folder, 'src'));
    expect(below).not.toBe(first);
    expect(new Set([folder, ...spellings].map((s) => opened.store.workspace(s))).size).toBe(1);
    expect(opened.store.workspace(path.join(folder, 'src'))).not.toBe(opened.store.workspace(folder));
    expect((await first.refresh()).files).toBe(7);
    expect((await below.refresh()).files).toBe(3);
  });

  test('opened twice at once is opened once', async () => {
    const opened = await engine({ noModel: true });
    const folder = await root();
    const [a, b] = await Promise.all([opened.workspace(folder), opened.workspace(folder)]);
    expect(a).toBe(b);
  });

  test('that is not there is an error and leaves nothing in the store; once it is there it opens', async () => {
    const opened = await engine({ noModel: true });
    const folder = path.join(await small.folder('parent'), 'later');
    const open = async () => (await opened.workspace(folder)).refresh();
    expect(await codeOf(open())).toBe('workspace-missing');
    expect(await readdir(opened.store.folder)).toEqual([]);
    await small.write(folder, smallFiles);
    expect((await open()).files).toBe(7);
  });

  test('without any source file is an error, not an empty answer', async () => {
    const opened = await engine({ noModel: true });
    expect(await codeOf((await opened.workspace(await root({}))).refresh())).toBe('workspace-empty');
  });

  test('in a store that cannot be written says so, and does not wait for ever', { timeout: 10_000 }, async () => {
    const places = [path.join(await root({ file: '' }), 'file', 'store')];
    if (process.platform === 'linux') places.push('/proc/cribsheet');
    for (const store of places) {
      const opened = await engine({ noModel: true, store });
      expect(await codeOf(opened.workspace(await root()))).toBe('store-unwritable');
    }
  });

  test('two of them share one model and one store of blocks', async () => {
    const opened = await engine();
    const [a, b] = [await opened.workspace(await root()), await opened.workspace(await root())];
    for (const workspace of [a, b]) await workspace.refresh();
    const first = await a.compress({ task: lookupTask });
    // Equal text, equal blocks.
    expect(await b.compress({ task: lookupTask })).toMatchObject({ computed: 0, reused: first.computed });
    expect(await opened.decoder()).toBe(await opened.decoder());
  });
});

describe('the model', () => {
  test('is loaded on first use; a load that failed is tried again', async () => {
    const folder = await small.folder('model');
    const opened = await engine({ model: folder });
    expect(opened.modelState()).toEqual({ state: 'unloaded' });
    expect(await codeOf(opened.decoder())).toBe('model-missing');
    expect(opened.modelState()).toMatchObject({ state: 'failed', error: { code: 'model-missing' } });
    await cp(model, folder, { recursive: true });
    const decoder = await opened.decoder();
    expect(opened.modelState()).toEqual({ state: 'ready', decoder });
    await opened.close();
    expect(opened.modelState()).toEqual({ state: 'unloaded' });
  });

  test('that cannot be loaded: a question says so in its answer', async () => {
    const folder = await small.folder('model');
    await mkdir(path.join(folder, 'onnx'));
    const workspace = await (await engine({ model: folder })).workspace(await root());
    await workspace.refresh();
    const answer = await workspace.ask({ id: '1', question: 'x', mode: 'rag', task: 'api-lookup' });
    expect(answer).toMatchObject({ mode: 'rag', answer: '', error: { code: 'model-missing' } });
  });

  test('that nobody knows is refused with those that there are', async () => {
    const models = await small.folder('models');
    await cp(model, path.join(models, 'tiny'), { recursive: true });
    const product = { grammars, tasks: '', models };
    const known = await engine({ product, model: 'tiny' });
    expect((await known.models()).map((m) => m.name)).toEqual(['tiny']);
    expect((await known.decoder()).tokenizer.vocabularySize).toBe(512);
    const unknown: unknown = await (await engine({ product, model: 'huge' })).decoder().catch((e: unknown) => e);
    expect(CribsheetError.is(unknown, 'model-missing') && unknown.action).toContain('tiny');
  });

  test('is not loaded where none is wanted', async () => {
    const opened = await engine({ noModel: true });
    expect(await codeOf(opened.decoder())).toBe('model-missing');
    expect(opened.modelState()).toEqual({ state: 'off' });
  });
});

test('a damaged block is told', async () => {
  const messages: string[] = [];
  const opened = await engine({ onMessage: (message) => messages.push(message) });
  const workspace = await opened.workspace(await root());
  await workspace.refresh();
  const { sheet } = await workspace.compress({ task: lookupTask });
  const { key } = sheet.segments[0]!;
  await writeFile(path.join(opened.store.folder, 'blocks', key.slice(0, 2), `${key}.safetensors`), 'x');
  expect((await workspace.compress({ task: lookupTask })).computed).toBe(1);
  expect(messages.some((m) => m.includes(key.slice(0, 12)))).toBe(true);
});

interface Built {
  computed: number;
  reused: number;
  segments: { key: string }[];
}

test('what is over the quota after a compression goes, and that is told; it fails nothing', async () => {
  const messages: string[] = [];
  const opened = await engine({ onMessage: (message) => messages.push(message) });
  const workspace = await opened.workspace(await root());
  await workspace.refresh();
  const key = 'ab'.repeat(32);
  const file = path.join(opened.store.folder, 'blocks', 'ab', `${key}.safetensors`);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, '');
  // A hole: it takes no room on the disk.
  await truncate(file, limits.storeBytes);
  // A sheet that cannot be read: nobody knows what it needs.
  const locked = path.join(workspace.sheets.fileOf('locked'));
  await mkdir(path.dirname(locked), { recursive: true });
  await symlink('locked.json', locked);
  const { sheet } = await workspace.compress({ task: lookupTask });
  expect(sheet.complete).toBe(true);
  expect(messages).toEqual([expect.stringContaining('cannot be deleted')]);
  await rm(locked);
  await workspace.compress({ task: lookupTask });
  expect(messages).toEqual([expect.anything(), expect.stringContaining('1 block')]);
  expect((await opened.describeSheet(sheet)).missingBlocks).toBe(0);
});

describe('processes', () => {
  const script = fileURLToPath(new URL('engineProcess.ts', import.meta.url));
  const run = async (what: string, store: string, folder: string, flags: string[] = []): Promise<unknown> => {
    const args = [...flags, script, what, grammars, store, folder, model];
    return JSON.parse((await promisify(execFile)(process.execPath, args)).stdout) as unknown;
  };

  test('two that compress one workspace at once make one good store', async () => {
    const [store, folder] = [await small.folder('store'), await root()];
    const results = (await Promise.all([1, 2].map(() => run('compress', store, folder)))) as Built[];
    const [a, b] = results as [Built, Built];
    expect(a.segments).toEqual(b.segments);
    expect(a.computed + a.reused).toBe(a.segments.length);

    const opened = await engine({ store });
    const workspace = await opened.workspace(folder);
    expect((await workspace.refresh()).unchanged).toBe(7);
    expect(await workspace.compress({ task: lookupTask })).toMatchObject({ computed: 0 });
    const answer = await workspace.ask({ id: '1', question: 'Where is Mooring?', mode: 'cache', task: 'api-lookup' });
    expect(answer.error).toBe(undefined);
    const files = await readdir(store, { recursive: true });
    expect(files.filter((f) => f.endsWith('.tmp'))).toEqual([]);
    const blocks = files.filter((f) => f.endsWith('.safetensors'));
    expect(blocks.length).toBe(a.segments.length + 1);
    for (const block of blocks) expect(hasValidChecksum(await readFile(path.join(store, block)))).toBe(true);
  });

  test('memory does not grow with the number of questions', async () => {
    const two = ['src/ships/util.ts', 'src/berths/util.ts'] as const;
    const folder = await root(Object.fromEntries(two.map((f) => [f, smallFiles[f]!])));
    const [before, after] = (await run('memory', await small.folder('store'), folder, ['--expose-gc'])) as number[];
    expect(Math.abs(after! / before! - 1)).toBeLessThan(0.05);
    await rm(folder, { recursive: true });
  });
});

test('a task file names installed models only, never a folder', async () => {
  const asked = await engine({ model: undefined, taskModel: model });
  await expect(asked.decoder()).rejects.toMatchObject({ code: 'model-missing' });
  const given = await engine({ taskModel: 'no-such-model' });
  expect((await given.decoder()).profile.segmentTokens).toBe(160);
});
