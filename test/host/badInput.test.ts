import { readdir, cp, mkdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { smallDisk } from '../smallDisk.ts';
import { HostBench, Page } from './hostParts.ts';

/** What the chat shows of bad input, for as long as it lasts: a sentence that says why, and a way out. */
const bench = new HostBench();
afterEach(() => bench.dispose());

const question = 'Where is openLedger defined?';
const TIMEOUT_MS = 120_000;

/** A session whose page was opened: everything begins by itself, as in a window. */
async function open(...given: Parameters<HostBench['start']>) {
  const parts = await bench.start(...given);
  const page = new Page(parts.session);
  for (const message of await parts.session.open()) page.take(message);
  const status = () => parts.session.state.status;
  const ways = (): string[] => status().actions.map(({ id }) => id);
  return { ...parts, page, status, ways, shows: (kind: string) => page.shows(() => status().kind === kind) };
}

test('a store that cannot be written: before anybody asks, and until it can', { timeout: TIMEOUT_MS }, async () => {
  const place = path.join(await bench.folder('place'), 'store');
  await writeFile(place, 'a file where the folder should be');
  const { shows, status, ways, supervisor, session } = await open({ noModel: true }, { store: place });
  await shows('failed');
  expect(status().message).toContain(place);
  expect(ways()).toEqual(['openSettings', 'restartWorker', 'showLog']);
  const turn = await session.ask(question);
  expect(turn!.answers[0]).toMatchObject({ state: 'failed', error: { code: 'store-unwritable' } });
  await rm(place);
  await supervisor.restart();
  await shows('no-model');
  expect((await session.ask(question))!.answers[0]).toMatchObject({ state: 'done' });
});

test(
  'a place for chats that cannot be written: told once, and in the state until it can',
  { timeout: TIMEOUT_MS },
  async () => {
    const storage = path.join(await bench.folder('place'), 'storage');
    await writeFile(storage, 'a file where the folder should be');
    const { session, shows, status, ways } = await open({ noModel: true }, { storage });
    await session.ask(question);
    await shows('failed');
    expect(status().message).toMatch(/cannot be written: .* Make room, or allow writing there/u);
    expect(ways()).toEqual(['showLog']);
    await session.ask(question);
    expect(bench.told.filter((message) => message.includes('cannot be written'))).toHaveLength(1);
    expect(session.turns).toHaveLength(2);
    await rm(storage);
    await session.ask(question);
    await shows('no-model');
  },
);

test('a disk that is full: until there is room again', { timeout: TIMEOUT_MS }, async (context) => {
  const store = await bench.folder('full');
  const unmount = smallDisk(store, 4_096);
  if (!unmount) return context.skip('mounting is not permitted here');
  try {
    const filler = path.join(store, 'something-else');
    await writeFile(filler, Buffer.alloc(3_900_000));
    const lines = Array.from({ length: 9_000 }, (_, i) => `export const n${String(i)} = ${String(i)};\n`);
    const root = await bench.workspace({ 'src/large.ts': lines.join('') });
    const { session, status, ways, shows, supervisor } = await open({ noModel: true }, { root, store });
    const turn = await session.ask(question);
    expect(turn!.answers[0]).toMatchObject({ state: 'failed', error: { code: 'store-full' } });
    expect(status().kind).toBe('failed');
    expect(ways()).toEqual(['openSettings', 'restartWorker', 'showLog']);
    await rm(filler);
    await supervisor.restart();
    await shows('no-model');
    expect((await session.ask(question))!.answers[0]).toMatchObject({ state: 'done' });
    await supervisor.dispose();
  } finally {
    unmount();
  }
});

test('the tokenizer of another model: search answers, and says why', { timeout: TIMEOUT_MS }, async () => {
  const model = await bench.doubtingModel({ confidence: 0 });
  await cp(path.resolve('models/starter/tokenizer.json'), path.join(model, 'tokenizer.json'));
  const { session, status, ways } = await open({ model });
  const turn = await session.ask(question);
  expect(turn!.answers[0]).toMatchObject({
    state: 'done',
    answer: { mode: 'rag', withoutModel: { code: 'tokenizer-mismatch' } },
  });
  expect(status().kind).toBe('no-model');
  expect(ways()).toEqual(['chooseModel', 'showLog']);
});

test(
  'a block that is damaged: the sheet says that it is not whole, and can be finished',
  { timeout: TIMEOUT_MS },
  async () => {
    const model = await bench.doubtingModel({ confidence: 0 });
    const { session, jobs, workspaces, root, store, status, ways, shows } = await open({ model });
    await jobs.start({ root, task: 'api-lookup' });
    await shows('ready');
    const blocks = path.join(store, 'blocks');
    const files = await readdir(blocks, { recursive: true });
    const largest = files.filter((name) => name.endsWith('.safetensors'));
    for (const file of largest) await truncate(path.join(blocks, file), 100);
    const turn = await session.ask(question, { modes: ['cache'] });
    expect(turn!.answers[0]!.state).not.toBe('waiting');
    await workspaces.sheets(root);
    expect(status().kind).toBe('partial');
    expect(ways()).toEqual(['rebuild']);
    await jobs.rebuild(root, workspaces.state(root).sheets![0]!);
    await shows('ready');
  },
);

test(
  'files that are no text, too large or links in a circle, without git: the rest answers, and each is named',
  { timeout: TIMEOUT_MS },
  async () => {
    const root = await bench.workspace();
    await writeFile(path.join(root, 'latin.ts'), Buffer.from([0x2f, 0x2f, 0x20, 0xe4, 0xf6, 0xfc, 0x0a]));
    await writeFile(path.join(root, 'huge.ts'), '');
    await truncate(path.join(root, 'huge.ts'), 50_000_000);
    await mkdir(path.join(root, 'loop'));
    await symlink('../loop', path.join(root, 'loop/again'));
    const { session, workspaces } = await open({ noModel: true }, { root });
    const turn = await session.ask(question);
    expect(turn!.answers[0]!.answer!.chunks![0]!.path).toBe('src/ledger.ts');
    const reasons = new Map(workspaces.state(root).summary!.skipped.map(({ path: file, reason }) => [file, reason]));
    expect(Object.fromEntries(reasons)).toMatchObject({
      'latin.ts': 'not-utf8',
      'huge.ts': 'too-large',
      'loop/again': 'symlink',
    });
  },
);

test('a folder without a file: until there is one', { timeout: TIMEOUT_MS }, async () => {
  const root = await bench.folder('empty');
  const { session, status, ways } = await open({ noModel: true }, { root });
  expect((await session.ask(question))!.answers[0]).toMatchObject({
    state: 'failed',
    error: { code: 'workspace-empty' },
  });
  expect(status().kind).toBe('failed');
  expect(ways()).toEqual(['openFolder', 'showLog']);
  await writeFile(path.join(root, 'ledger.ts'), 'export function openLedger(): void {}\n');
  expect((await session.ask(question))!.answers[0]).toMatchObject({ state: 'done' });
  expect(status().kind).not.toBe('failed');
});
