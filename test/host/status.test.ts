import { describe, expect, test } from 'vitest';
import { errorCodes } from '../../src/common/errors.ts';
import type { ModelInfo, ModelStatus } from '../../src/common/protocol.ts';
import type { SheetSummary } from '../../src/common/sheets.ts';
import { errorActions } from '../../src/host/commands/errorActions.ts';
import { Figures } from '../../src/host/figures.ts';
import { WorkerNotices } from '../../src/host/status/notices.ts';
import { statusLine, type StatusFacts } from '../../src/host/status/statusText.ts';
import { modelEntries } from '../../src/host/trees/modelEntries.ts';
import type { CompressJob } from '../../src/host/worker/compressJobs.ts';
import type { WorkspaceState } from '../../src/host/worker/workspaces.ts';
import { english, readJson } from './texts.ts';

const figures = new Figures('en', english);
const ready: ModelStatus = {
  state: 'ready',
  name: 'starter',
  fingerprint: 'f',
  device: { device: 'cpu', verified: true, reason: 'asked for' },
  window: 4_096,
  weightBytes: 6e6,
  kvBytesPerPosition: 100,
};
const read: WorkspaceState = { kind: 'read', dirty: false, stale: {}, sheets: [] };
const job = (given: Partial<CompressJob>): CompressJob => ({
  root: '/w',
  request: { root: '/w', task: 'onboarding' },
  state: 'running',
  pausedByUser: false,
  automatic: false,
  segments: 1,
  segmentsTotal: 4,
  tokens: 1,
  tokensTotal: 4,
  progress: 0.25,
  msLeft: 240_000,
  ...given,
});
const facts = (given: Partial<StatusFacts>): StatusFacts => ({
  readable: 'yes',
  supervisor: { kind: 'ready', deaths: 0 },
  model: ready,
  roots: [{ name: 'app', state: read, job: undefined }],
  keptShown: false,
  ...given,
});
const withJob = (given: Partial<CompressJob>): StatusFacts =>
  facts({ roots: [{ name: 'app', state: read, job: job(given) }] });
const error = { code: 'worker-dead', message: 'It ended.', action: 'Restart it.' } as const;

describe('the status item', () => {
  test.each([
    [
      'a folder that nobody looked at',
      facts({ roots: [{ name: 'app', state: { kind: 'unread', dirty: false, stale: {} }, job: undefined }] }),
      '$(book) starter',
      'normal',
    ],
    ['a model and no sheet', facts({}), '$(book) starter: no sheet', 'normal'],
    [
      'a sheet that another model made',
      facts({
        roots: [
          {
            name: 'app',
            state: { ...read, sheets: [{ fingerprint: 'other', task: { id: 'a', title: 'A' } } as SheetSummary] },
            job: undefined,
          },
        ],
      }),
      '$(book) starter: no sheet for this model',
      'normal',
    ],
    ['progress', withJob({}), '$(sync~spin) starter: 25% · 4 min', 'normal'],
    ['a pause', withJob({ state: 'paused' }), '$(debug-pause) starter: paused at 25%', 'normal'],
    ['a failed job', withJob({ state: 'failed', error }), '$(error) starter: compression failed', 'error'],
    ['a finished job', withJob({ state: 'done' }), '$(book) starter: no sheet', 'normal'],
    ['no folder', facts({ readable: 'no-folder', roots: [] }), '$(book) Cribsheet', 'normal'],
    ['no trust', facts({ readable: 'untrusted' }), '$(lock) starter: folder not read', 'normal'],
    [
      'a dead engine',
      facts({ supervisor: { kind: 'failed', deaths: 6, error } }),
      '$(error) starter: engine stopped',
      'error',
    ],
    [
      'a restart',
      facts({ supervisor: { kind: 'waiting', deaths: 1, error } }),
      '$(sync~spin) starter: engine restarts',
      'warning',
    ],
    [
      'no model',
      facts({ supervisor: { kind: 'no-model', deaths: 3, error }, model: { state: 'off' } }),
      '$(warning) Cribsheet: search only',
      'warning',
    ],
    ['highlights', facts({ keptShown: true }), '$(flame) Highlights on', 'normal'],
  ] as const)('shows %s', (_, given, text, level) => {
    const line = statusLine(given, figures, english);
    expect(line.text).toBe(text);
    expect(line.level).toBe(level);
    expect(line.tooltip.split('\n').at(-1)).toMatch(/^Click /u);
  });

  test('says at length why and what to do', () => {
    const { tooltip } = statusLine(facts({ supervisor: { kind: 'failed', deaths: 6, error } }), figures, english);
    expect(tooltip).toContain('It ended.\nRestart it.');
    expect(statusLine(withJob({}), figures, english).tooltip).toContain('app: Compressing for onboarding');
  });
});

describe('what is told of the worker', () => {
  test('is one message for one cause', () => {
    const notices = new WorkerNotices();
    const told = (
      ['starting', 'ready', 'waiting', 'starting', 'waiting', 'starting', 'waiting', 'no-model', 'no-model'] as const
    ).map(
      (kind, deaths) =>
        notices.next({ kind, deaths, ...(kind === 'waiting' || kind === 'no-model' ? { error } : {}) })?.level,
    );
    expect(told).toEqual([
      undefined,
      undefined,
      'warning',
      undefined,
      undefined,
      undefined,
      undefined,
      'warning',
      undefined,
    ]);
    expect(notices.next({ kind: 'failed', deaths: 6, error })?.level).toBe('error');
  });

  test('is nothing where a setting says that there is no model, and again something after it was well', () => {
    const notices = new WorkerNotices();
    expect(notices.next({ kind: 'no-model', deaths: 0, error })).toBeUndefined();
    expect(notices.next({ kind: 'waiting', deaths: 1, error })).toBeDefined();
    expect(notices.next({ kind: 'ready', deaths: 1 })).toBeUndefined();
    expect(notices.next({ kind: 'waiting', deaths: 2, error })).toBeDefined();
  });
});

describe('buttons of failures', () => {
  test('name commands that there are', () => {
    const { commands } = readJson<{ contributes: { commands: { command: string }[] } }>('package.json').contributes;
    const known = commands.map(({ command }) => command);
    for (const code of errorCodes) {
      const actions = errorActions(code, english);
      expect(actions.at(-1)?.command).toBe('cribsheet.showLog');
      for (const { command, label } of actions) {
        expect(known).toContain(command);
        expect(label).not.toBe('');
      }
    }
  });
});

describe('the models view', () => {
  const model: ModelInfo = {
    name: 'starter',
    folder: '/ext/models/starter',
    bundled: true,
    active: true,
    bytes: 6_000_000,
    needs: { window: 4_096, weightBytes: 6_000_000, memoryBytes: 180_000_000 },
  };
  const broken: ModelInfo = {
    name: 'mine',
    folder: '/store/models/mine',
    bundled: false,
    active: false,
    bytes: 1,
    error: { code: 'model-broken', message: 'Its graph is cut short.', action: 'Copy it again.' },
  };
  const test1 = {
    passed: true,
    finding: 'works',
    prefillTokensPerSecond: 2_000,
    decodeTokensPerSecond: 150.4,
    device: ready.device,
    loadMs: 100,
  };

  test('shows device, memory and self-test, and what can be done with which', () => {
    const tests = new Map([['starter', test1]]);
    const [first, second] = modelEntries([model, broken], { status: ready, tests }, figures, english);
    expect(first?.description).toBe('in use · CPU · needs 180 MB of memory · bundled');
    const facts = first?.tooltip ?? '';
    expect(facts).toContain('Memory: about 180 MB, 6 MB of it weights');
    expect(facts).toContain('Window: 4,096 positions');
    expect(facts).toContain('Self-test: passed');
    expect(facts).toContain('2,000 tokens a second read, 150 written, on CPU');
    expect(first?.context).toBe('model.active.bundled');
    expect(second?.context).toBe('model');
    expect(second?.tooltip).toContain('Copy it again.');
    expect(second?.icon).toBe('error');
  });

  test('offers to use what is not in use, and to remove what was not bundled', () => {
    const { menus } = readJson<{ contributes: { menus: Record<string, { command: string; when: string }[]> } }>(
      'package.json',
    ).contributes;
    const offered = (context: string): string[] =>
      menus['view/item/context']!.filter(({ when }) => {
        const pattern = /cribsheet\.models && viewItem =~ \/(.*)\//u.exec(when)?.[1];
        return pattern !== undefined && new RegExp(pattern, 'u').test(context);
      }).map(({ command }) => command.replace('cribsheet.', ''));
    expect(offered('model.active.bundled').toSorted()).toEqual(['openModelFolder', 'testModel']);
    expect(new Set(offered('model'))).toEqual(new Set(['openModelFolder', 'testModel', 'removeModel', 'useModel']));
    expect(new Set(offered('model.bundled'))).toEqual(new Set(['openModelFolder', 'testModel', 'useModel']));
    expect(offered('fact')).toEqual([]);
  });
});
