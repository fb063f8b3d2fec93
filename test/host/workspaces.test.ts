import { execFile } from 'node:child_process';
import { appendFile, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import type { ModelStatus } from '../../src/common/protocol.ts';
import type { Subscription } from '../../src/host/emitter.ts';
import { IdleRebuild } from '../../src/host/worker/idleRebuild.ts';
import { parseJobsFile } from '../../src/host/worker/jobsFile.ts';
import { HostBench, until } from './hostParts.ts';

const bench = new HostBench();
afterEach(() => bench.dispose());

/** A watcher that is told by hand what a file system would tell. */
class HandWatcher {
  readonly watched = new Map<string, (file: string) => void>();
  readonly watch = (root: string, onChange: (file: string) => void): Subscription => {
    this.watched.set(root, onChange);
    return {
      dispose: () => {
        this.watched.delete(root);
      },
    };
  };
}

async function open(options: { quietMs?: number } = {}) {
  const watcher = new HandWatcher();
  const supervisor = bench.supervisor({ store: await bench.folder('store') });
  const workspaces = bench.workspaces(supervisor, { watch: watcher.watch, ...options });
  const root = await bench.workspace();
  workspaces.setRoots([{ root, name: 'one' }]);
  const jobs = bench.jobs(supervisor, workspaces, path.join(await bench.folder('storage'), 'jobs.json'));
  const change = (file: string): void => {
    watcher.watched.get(root)!(path.join(root, file));
  };
  return { watcher, supervisor, workspaces, root, jobs, change };
}

test('nothing is read before somebody asks, and what is read at once is read once', async () => {
  const { workspaces, supervisor, root } = await open();
  expect(workspaces.state(root)).toEqual({ kind: 'unread', dirty: false, stale: {} });
  expect(supervisor.state.kind).toBe('stopped');
  const counts: number[] = [];
  workspaces.onDidChange(() => {
    const { files } = workspaces.state(root);
    if (files) counts.push(files.done);
  });
  const [first, second] = await Promise.all([workspaces.refresh(root), workspaces.refresh(root)]);
  expect(first).toBe(second);
  expect(first).toMatchObject({ files: 3, added: 3 });
  expect(workspaces.state(root)).toMatchObject({ kind: 'read', dirty: false, summary: { files: 3 } });
  expect(counts).toEqual(counts.toSorted((a, b) => a - b));
  await workspaces.ensureFresh(root);
  expect(workspaces.state(root).summary).toBe(first);
});

test('who does not want to wait any more leaves, and the others get their answer', async () => {
  const { workspaces, root } = await open();
  const abort = new AbortController();
  const impatient = expect(workspaces.refresh(root, { signal: abort.signal })).rejects.toMatchObject({
    code: 'cancelled',
  });
  const patient = workspaces.refresh(root);
  abort.abort();
  await impatient;
  expect(await patient).toMatchObject({ files: 3 });
  const both = new AbortController();
  const alone = workspaces.refresh(await root, { signal: both.signal });
  both.abort();
  await expect(alone).rejects.toMatchObject({ code: 'cancelled' });
});

test('who comes after one who has left does not share that one’s end', async () => {
  const { workspaces, root } = await open();
  const abort = new AbortController();
  const first = expect(workspaces.refresh(root, { signal: abort.signal })).rejects.toMatchObject({ code: 'cancelled' });
  abort.abort();
  await first;
  const kinds = new Set<string>();
  workspaces.onDidChange(() => kinds.add(workspaces.state(root).kind));
  await workspaces.ensureFresh(root);
  // What was stopped ends in the meantime, and says nothing of the folder any more.
  expect([...kinds]).toEqual(['reading', 'read']);
  const stopped = expect(workspaces.refresh(root)).rejects.toMatchObject({ code: 'cancelled' });
  workspaces.stopReading(root);
  expect(await workspaces.refresh(root)).toMatchObject({ files: 3 });
  await stopped;
});

test('an edit makes the sheet stale, and a rebuild makes it fresh', async () => {
  const { workspaces, jobs, root, change } = await open();
  await jobs.start({ root, task: 'api-lookup' });
  // Nobody has asked anything yet: a folder with a sheet is watched all the same.
  await until(workspaces.onDidChange, () => Object.keys(workspaces.state(root).stale).length === 1);
  const [sheet] = workspaces.state(root).sheets!;
  expect(workspaces.state(root).stale).toEqual({ [sheet!.id]: { changed: [], added: [], removed: [] } });

  await appendFile(path.join(root, 'src/ledger.ts'), '\nexport const more = 1;\n');
  await writeFile(path.join(root, 'src/new.ts'), 'export const fresh = 1;\n');
  await rm(path.join(root, 'README.md'));
  const stale = until(workspaces.onDidChange, () => workspaces.state(root).stale[sheet!.id]?.changed.length === 1);
  for (const file of ['src/ledger.ts', 'src/new.ts', 'README.md']) change(file);
  expect(workspaces.state(root).dirty).toBe(true);
  await stale;
  const changes = { changed: ['src/ledger.ts'], added: ['src/new.ts'], removed: ['README.md'] };
  expect(workspaces.state(root).stale[sheet!.id]).toEqual(changes);
  expect(await workspaces.staleness(root, sheet!.id)).toEqual(changes);

  const rebuilt = await jobs.rebuild(root, sheet!);
  expect(rebuilt).toMatchObject({ state: 'done', result: { sheet: { id: sheet!.id, complete: true } } });
  await until(workspaces.onDidChange, () => workspaces.state(root).stale[sheet!.id]?.changed.length === 0);
  expect(workspaces.state(root).sheets).toHaveLength(1);
});

test('a sheet whose segments share by weight is made anew as one, also after a pause', async () => {
  const { workspaces, jobs, root } = await open();
  const made = await jobs.start({ root, task: 'api-lookup', ratio: 4, weighted: true });
  const { sheet } = made.result!;
  expect(sheet.weighted).toBe(true);
  const rebuilt = await jobs.rebuild(root, sheet);
  expect(rebuilt).toMatchObject({ request: { weighted: true }, result: { sheet: { id: sheet.id }, computed: 0 } });
  expect(await workspaces.sheets(root)).toHaveLength(1);
  const kept: unknown = JSON.parse(JSON.stringify({ version: 1, jobs: [rebuilt], rates: {} }));
  expect(parseJobsFile(kept)!.jobs[0]!.request).toEqual(rebuilt.request);
});

test('a file that is gone is not cited any more', async () => {
  const { workspaces, supervisor, root } = await open();
  const ask = async () =>
    (await supervisor.client()).ask({ root, question: 'Where is printReport?', mode: 'rag', task: 'api-lookup' });
  await workspaces.refresh(root);
  expect((await ask()).citations.map((place) => place.path)).toContain('src/report.ts');
  await rm(path.join(root, 'src/report.ts'));
  await workspaces.refresh(root);
  const answer = await ask();
  expect(answer.citations).toEqual([]);
  expect(answer.chunks!.map((chunk) => chunk.path)).not.toContain('src/report.ts');
});

test('what git and package managers write is no change, and a folder that was never read stays unread', async () => {
  const { workspaces, supervisor, root, change } = await open();
  await workspaces.refresh(root);
  change('.git/index');
  change('node_modules/x/index.js');
  expect(workspaces.state(root).dirty).toBe(false);
  const other = await bench.workspace();
  workspaces.setRoots([
    { root, name: 'one' },
    { root: other, name: 'two' },
  ]);
  await workspaces.tasks(other);
  expect(workspaces.state(other).kind).toBe('unread');
  expect(supervisor.state.kind).toBe('ready');
});

test('a folder that lies in a node_modules is one like others, and what lies outside of it is no change', async () => {
  const { workspaces, watcher } = await open();
  const root = path.join(await bench.workspace(), 'node_modules', 'own');
  await mkdir(root, { recursive: true });
  await writeFile(path.join(root, 'a.ts'), 'export const a = 1;\n');
  workspaces.setRoots([{ root, name: 'own' }]);
  await workspaces.refresh(root);
  const change = watcher.watched.get(root)!;
  change(path.join(root, 'node_modules', 'b.js'));
  change(path.join(root, '..', 'other', 'c.ts'));
  expect(workspaces.state(root).dirty).toBe(false);
  change(path.join(root, 'a.ts'));
  expect(workspaces.state(root).dirty).toBe(true);
});

test('a file that is written all the time does not keep the folder from being read', async () => {
  const { workspaces, root, change } = await open({ quietMs: 200 });
  // The engine is there already: how long a reading takes counts.
  await workspaces.tasks(root);
  await workspaces.refresh(root);
  await writeFile(path.join(root, 'src/new.ts'), 'export const fresh = 1;\n');
  const seen = until(workspaces.onDidChange, () => workspaces.state(root).summary?.added === 1);
  const busy = setInterval(() => {
    change('server.log');
  }, 1);
  try {
    await seen;
  } finally {
    clearInterval(busy);
  }
});

test('what ignore files keep out is no change, but for what they say and for tasks', async () => {
  const { workspaces, root, change } = await open();
  await promisify(execFile)('git', ['init', '-q', root]);
  await mkdir(path.join(root, 'dist'));
  for (const [file, text] of [
    ['.gitignore', '*.log\ndist/\n.cribsheet/\n'],
    ['.cribsheetignore', 'docs/\n!dist/kept.ts\n'],
    ['server.log', 'one\n'],
    ['dist/kept.ts', 'export const kept = 1;\n'],
  ]) {
    await writeFile(path.join(root, file!), text!);
  }
  await mkdir(path.join(root, 'docs'));
  await writeFile(path.join(root, 'docs/a.md'), '# A\n');
  await workspaces.refresh(root);
  for (const file of ['server.log', 'docs/a.md', 'docs/b.md', 'docs']) {
    change(file);
    expect(workspaces.state(root).dirty, file).toBe(false);
  }
  for (const file of ['dist/kept.ts', '.gitignore', '.cribsheet/tasks/mine.crib', 'new.log']) {
    change(file);
    expect(workspaces.state(root).dirty, file).toBe(true);
    await workspaces.refresh(root);
    expect(workspaces.state(root).dirty, file).toBe(false);
  }
});

test('a workspace task that is written shows up', async () => {
  const { workspaces, root, change } = await open();
  await workspaces.open(root);
  const known = until(workspaces.onDidChange, () =>
    (workspaces.state(root).tasks?.tasks ?? []).some(({ id }) => id === 'mine'),
  );
  await mkdir(path.join(root, '.cribsheet/tasks'), { recursive: true });
  await writeFile(path.join(root, '.cribsheet/tasks/mine.crib'), '---\nid: mine\n---\nLook.\n');
  change('.cribsheet/tasks/mine.crib');
  await known;
});

test('a folder that cannot be read says why, and is read when it can be', async () => {
  const { workspaces, root } = await open();
  await rm(root, { recursive: true });
  await expect(workspaces.refresh(root)).rejects.toMatchObject({ code: 'workspace-missing' });
  expect(workspaces.state(root)).toMatchObject({ kind: 'failed', error: { code: 'workspace-missing' } });
  await mkdir(root);
  await writeFile(path.join(root, 'a.ts'), 'export const a = 1;\n');
  await workspaces.ensureFresh(root);
  expect(workspaces.state(root)).toMatchObject({ kind: 'read', summary: { files: 1 } });
  expect(workspaces.state(root).error).toBeUndefined();
});

test('a folder that is taken away is watched no more', async () => {
  const { workspaces, root, watcher } = await open();
  await workspaces.refresh(root);
  expect([...watcher.watched.keys()]).toEqual([root]);
  workspaces.setRoots([]);
  expect([...watcher.watched.keys()]).toEqual([]);
  expect(workspaces.state(root)).toEqual({ kind: 'unread', dirty: false, stale: {} });
});

test('a folder that is open no more is refused, and neither read nor watched', async () => {
  const { workspaces, root, watcher } = await open();
  await workspaces.refresh(root);
  workspaces.setRoots([]);
  const refused = { code: 'workspace-missing', message: `The folder ${root} is not open in this window any more.` };
  await expect(workspaces.ensureFresh(root)).rejects.toMatchObject(refused);
  await expect(workspaces.refresh(root)).rejects.toMatchObject(refused);
  await workspaces.sheetsChanged(root, { isDone: true });
  expect([...watcher.watched.keys()]).toEqual([]);
  expect(bench.told).toEqual([]);
});

test('a stale sheet is rebuilt by itself when nothing happens, and not while somebody asks', async () => {
  const { workspaces, supervisor, jobs, root, change } = await open();
  await jobs.start({ root, task: 'api-lookup' });
  await workspaces.sheets(root);
  await workspaces.ensureFresh(root);
  let isBusy = true;
  let looks = 0;
  let model: ModelStatus = { ...supervisor.model, fingerprint: 'another one' } as ModelStatus;
  const idle = new IdleRebuild({
    workspaces,
    jobs,
    model: () => model,
    enabled: () => true,
    isBusy: () => {
      looks++;
      return isBusy;
    },
    idleMs: 5,
    onMessage: (text) => bench.told.push(text),
  });
  await appendFile(path.join(root, 'src/ledger.ts'), '\nexport const more = 1;\n');
  const [sheet] = workspaces.state(root).sheets!;
  const stale = until(workspaces.onDidChange, () => workspaces.state(root).stale[sheet!.id]?.changed.length === 1);
  change('src/ledger.ts');
  await stale;
  const started = until(jobs.onDidChange, () => jobs.job(root)?.automatic === true);
  await expect.poll(() => looks).toBeGreaterThan(2);
  expect(jobs.job(root)).toBeUndefined();
  // Nobody asks, but the sheet is another model's.
  isBusy = false;
  const before = looks;
  await expect.poll(() => looks).toBeGreaterThan(before);
  expect(jobs.job(root)).toBeUndefined();
  model = supervisor.model;
  change('src/report.ts');
  await started;
  await until(workspaces.onDidChange, () => workspaces.state(root).stale[sheet!.id]?.changed.length === 0);
  idle.dispose();
});
