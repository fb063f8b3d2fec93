import { describe, expect, test } from 'vitest';
import type { ChatStatus } from '../../src/common/chat.ts';
import type { ErrorRecord } from '../../src/common/errors.ts';
import type { ModelStatus } from '../../src/common/protocol.ts';
import type { SheetSummary } from '../../src/common/sheets.ts';
import { editorError } from '../../src/host/editorError.ts';
import { chatStatus, type StatusFacts } from '../../src/host/chat/status.ts';
import { Figures } from '../../src/host/figures.ts';
import { sheetOfTask } from '../../src/host/readableSheets.ts';
import type { CompressJob } from '../../src/host/worker/compressJobs.ts';
import { english } from './texts.ts';

const figures = new Figures('en', english);
const error: ErrorRecord = { code: 'worker-dead', message: 'It ended.', action: 'Try again.' };
const sheet: SheetSummary = {
  id: 'api-lookup-1',
  task: { id: 'api-lookup', title: 'API lookup' },
  model: 'starter',
  fingerprint: 'f',
  strategy: 'm0-zs',
  ratio: 4,
  createdAt: '2026-01-01T00:00:00.000Z',
  complete: true,
  scope: [],
  positions: 100,
  segments: 3,
  coverage: { files: 212, filesTotal: 1_300, tokens: 400, tokensTotal: 4_000 },
  leftOut: [],
  skipped: [],
};
const job: CompressJob = {
  root: '/w',
  request: { root: '/w', task: 'api-lookup' },
  state: 'running',
  pausedByUser: false,
  automatic: false,
  segments: 312,
  segmentsTotal: 1_204,
  tokens: 1,
  tokensTotal: 2,
  progress: 0.5,
  perMinute: 41.2,
  msLeft: 21 * 60_000,
};
const ready: StatusFacts = {
  hasRoot: true,
  environment: { trusted: true, virtual: false },
  supervisor: { kind: 'ready', deaths: 0 },
  model: { state: 'unloaded' },
  workspace: { kind: 'read', dirty: false, stale: {}, sheets: [sheet] },
  job: undefined,
  task: 'API lookup',
  sheet,
};
const status = (facts: Partial<StatusFacts>): ChatStatus => chatStatus({ ...ready, ...facts }, figures, english);
const unread = { kind: 'unread', dirty: false, stale: {} } as const;
const stale = { [sheet.id]: { changed: ['a.ts'], added: ['b.ts'], removed: [] } };
const emptyFolder = { ...error, code: 'workspace-empty' } as const;

/** Every state, how it comes about, and its buttons. */
const cases: Record<ChatStatus['kind'], [Partial<StatusFacts>, ChatStatus['actions'][number]['id'][]]> = {
  'no-folder': [{ hasRoot: false, workspace: unread }, ['openFolder', 'openWalkthrough']],
  untrusted: [{ environment: { trusted: false, virtual: false }, workspace: unread }, ['manageTrust']],
  virtual: [{ hasRoot: false, environment: { trusted: true, virtual: true } }, ['openFolder']],
  starting: [{ supervisor: { kind: 'starting', deaths: 0 }, workspace: unread }, []],
  indexing: [{ workspace: { ...unread, kind: 'reading', files: { done: 30, total: 120 } } }, ['stopReading']],
  'no-model': [{ supervisor: { kind: 'no-model', deaths: 3, error } }, ['restartWorker', 'chooseModel', 'showLog']],
  'worker-dead': [{ supervisor: { kind: 'waiting', deaths: 1, error } }, ['restartWorker', 'showLog']],
  compressing: [{ job }, ['pauseCompress', 'cancelCompress']],
  paused: [{ job: { ...job, state: 'paused' } }, ['resumeCompress', 'cancelCompress']],
  'no-sheet': [{ workspace: { ...ready.workspace, sheets: [] }, sheet: undefined }, ['compress']],
  stale: [{ workspace: { ...ready.workspace, stale } }, ['rebuild']],
  partial: [{ sheet: { ...sheet, complete: false } }, ['rebuild']],
  ready: [{}, []],
  failed: [{ workspace: { ...unread, kind: 'failed', error: emptyFolder } }, ['openFolder', 'showLog']],
};

describe.each(Object.entries(cases))('%s', (kind, [facts, actions]) => {
  test('has a sentence and its buttons', () => {
    const told = status(facts);
    expect(told.kind).toBe(kind);
    expect(told.message).toMatch(/^[A-Z\d].*\.$/u);
    expect(told.actions.map(({ id }) => id)).toEqual(actions);
    for (const { label } of told.actions) expect(label).not.toBe('');
  });
});

test('counts, rate and time left are told while it is compressed', () => {
  expect(status({ job })).toMatchObject({
    progress: 0.5,
    detail: '312 of 1,204 segments · 41.2 per minute · 21 min left',
  });
  expect(status({ workspace: { ...unread, kind: 'reading', files: { done: 30, total: 120 } } })).toMatchObject({
    progress: 0.25,
    detail: '30 of 120 files',
  });
});

test('what keeps questions from being answered comes before all else', () => {
  const dead = { kind: 'failed', deaths: 6, error } as const;
  expect(status({ supervisor: dead, job, sheet: undefined }).kind).toBe('worker-dead');
  expect(status({ supervisor: dead, environment: { trusted: false, virtual: false } }).kind).toBe('untrusted');
  const failed = { ...job, state: 'failed', error: { ...error, message: 'The disk is full.' } } as const;
  expect(status({ job: failed })).toMatchObject({ kind: 'failed' });
  expect(status({ job: failed }).message).toContain('The disk is full. Try again.');
});

test('a folder that is read again is no news', () => {
  const summary = { files: 1, added: 0, changed: 1, removed: 0, unchanged: 0, skipped: [] };
  expect(status({ workspace: { ...ready.workspace, kind: 'reading', summary } }).kind).toBe('ready');
});

test('a sheet says what it covers, and that blocks are gone', () => {
  expect(status({}).detail).toBe('212 of 1,300 files');
  expect(status({ sheet: { ...sheet, missingBlocks: 2 } }).kind).toBe('partial');
});

test('files over the limit are counted, with a sheet and without one', () => {
  const workspace = { ...ready.workspace, overLimit: 150_001 };
  expect(status({ workspace }).detail).toBe('212 of 1,300 files · 150,001 files over the limit are not read');
  expect(status({ workspace, sheet: undefined }).detail).toBe('150,001 files over the limit are not read');
  expect(status({ sheet: undefined })).not.toHaveProperty('detail');
});

describe('a sheet that another model made', () => {
  const model: ModelStatus = {
    state: 'ready',
    name: 'larger',
    fingerprint: 'g',
    device: { device: 'cpu', verified: true, reason: '' },
    window: 4_096,
    weightBytes: 1,
    kvBytesPerPosition: 1,
  };

  test('is not called ready: it says who made it, and offers one for this model', () => {
    const told = status({ model });
    expect(told.kind).toBe('no-sheet');
    expect(told.message).toMatch(/API lookup was made with another model \(starter\).*search \(RAG\)/u);
    expect(told.actions).toEqual([{ id: 'rebuild', label: 'Compress for This Model' }]);
    // The name says nothing: a new version of a model has the old one's.
    expect(status({ model: { ...model, name: 'starter' } }).kind).toBe('no-sheet');
    expect(status({ model: { ...model, fingerprint: 'f' } }).kind).toBe('ready');
    expect(status({ model: { state: 'unloaded' } }).kind).toBe('ready');
  });

  test('stands back where this model has an older one', () => {
    const older = { ...sheet, id: 'older', fingerprint: 'g' };
    expect(sheetOfTask([sheet, older], 'api-lookup', model)).toBe(older);
    expect(sheetOfTask([sheet, older], 'api-lookup', { state: 'unloaded' })).toBe(sheet);
    expect(sheetOfTask([sheet], 'api-lookup', model)).toBe(sheet);
    // What a cancelled compression left does not stand in the way of a complete one.
    const part = { ...older, complete: false };
    expect(sheetOfTask([part, older], 'api-lookup', model)).toBe(older);
    expect(sheetOfTask([sheet, part], 'api-lookup', model)).toBe(part);
    expect(sheetOfTask([sheet, older], 'bug-hunt', model)).toBeUndefined();
    // One that stays on disk is another mode's.
    const onDisk = { ...older, strategy: 'offload', id: 'on-disk' };
    expect(sheetOfTask([onDisk, older], 'api-lookup', model, 'cache')).toBe(older);
    expect(sheetOfTask([older, onDisk], 'api-lookup', model, 'offload')).toBe(onDisk);
    expect(sheetOfTask([older], 'api-lookup', model, 'offload')).toBeUndefined();
    expect(sheetOfTask(undefined, 'api-lookup', model)).toBeUndefined();
  });
});

test('advice for the command line is told in words of the editor', () => {
  const told = (code: ErrorRecord['code'], action: string): string =>
    editorError({ code, message: 'It failed.', action }, english).action;
  const sheetMissing = told('sheet-missing', 'Run "cribsheet compress /w --task x", or ask with --mode rag.');
  expect(sheetMissing).not.toMatch(/--|cribsheet/u);
  expect(told('store-full', 'Free some space (cribsheet sheets delete), then run it again.')).not.toMatch(/cribsheet/u);
  expect(told('internal', 'Use --device cpu.')).not.toMatch(/--/u);
  expect(told('busy', 'Wait for it.')).toBe('Wait for it.');
});
