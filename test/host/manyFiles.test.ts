import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { limits } from '../../src/common/limits.ts';
import { HostBench, until } from './hostParts.ts';

/** A folder of 200,000 files, one of which says something. What is asserted is what is bounded, not how long it takes. */
const FOLDERS = 200;
const FILES_EACH = 1_000;
const TIMEOUT_MS = 600_000;
/** In memory where there is such a place: the files are nothing but names. */
const place = existsSync('/dev/shm') ? '/dev/shm' : os.tmpdir();

const bench = new HostBench();
let root: string;
beforeAll(async () => {
  root = await mkdtemp(path.join(place, 'cribsheet-many-'));
  for (let i = 0; i < FOLDERS; i++) {
    const folder = path.join(root, `part${String(i).padStart(3, '0')}`);
    await mkdir(folder);
    const names = Array.from({ length: FILES_EACH }, (_, k) => path.join(folder, `f${String(k)}.ts`));
    await Promise.all(names.map((name) => writeFile(name, '')));
  }
  await mkdir(path.join(root, 'a'));
  await writeFile(path.join(root, 'a/ledger.ts'), '/** Opens the ledger. */\nexport function openLedger(): void {}\n');
}, TIMEOUT_MS);
afterEach(() => bench.dispose());
afterAll(() => rm(root, { recursive: true, force: true }), TIMEOUT_MS);

test('reading 200,000 files stops when it is told to, and so does the question', { timeout: TIMEOUT_MS }, async () => {
  const { workspaces, session } = await bench.start({ noModel: true }, { root });
  const asked = session.ask('Where is openLedger defined?');
  await until(workspaces.onDidChange, () => (workspaces.state(root).files?.done ?? 0) > 0);
  expect(session.state.status).toMatchObject({ kind: 'indexing', actions: [{ id: 'stopReading' }] });
  await session.handle({ type: 'action', id: 'stopReading' });
  expect((await asked)!.answers[0]).toMatchObject({ state: 'stopped' });
  expect(workspaces.state(root)).toMatchObject({ kind: 'unread' });
  expect(workspaces.state(root).summary).toBeUndefined();
});

test('of 200,000 files as many are read as the limit lets in, the rest is named', { timeout: TIMEOUT_MS }, async () => {
  const { workspaces, session, supervisor } = await bench.start({ noModel: true }, { root });
  const turn = await session.ask('Where is openLedger defined?');
  expect(turn!.answers[0]).toMatchObject({ state: 'done', answer: { mode: 'rag' } });
  expect(turn!.answers[0]!.answer!.chunks![0]!.path).toBe('a/ledger.ts');
  const { summary, overLimit } = workspaces.state(root);
  const { files, skipped } = summary!;
  expect(files).toBe(limits.maxFiles);
  expect(new Set(skipped.map(({ reason }) => reason))).toEqual(new Set(['too-many-files']));
  expect(overLimit).toBe(FOLDERS * FILES_EACH + 1 - limits.maxFiles);
  // Another process reads the index of this one.
  await supervisor.restart();
  expect(await workspaces.refresh(root)).toMatchObject({
    added: 0,
    changed: 0,
    removed: 0,
    unchanged: limits.maxFiles,
  });
});
