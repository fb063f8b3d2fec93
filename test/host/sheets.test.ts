import { describe, expect, test } from 'vitest';
import type { ModelStatus } from '../../src/common/protocol.ts';
import type { SheetChanges, SheetSummary } from '../../src/common/sheets.ts';
import { Figures } from '../../src/host/figures.ts';
import { MAX_ROWS, type Entry } from '../../src/host/trees/entry.ts';
import { groupByReason, reasonHint, reasonText } from '../../src/host/trees/reasons.ts';
import { SheetEntries, type SheetEntry } from '../../src/host/trees/sheetEntries.ts';
import { isTarget } from '../../src/host/commands/targets.ts';
import type { CompressJob } from '../../src/host/worker/compressJobs.ts';
import type { WorkspaceState } from '../../src/host/worker/workspaces.ts';
import { english, readJson } from './texts.ts';

const figures = new Figures('en', english);
const root = '/work/app';
const sheet: SheetSummary = {
  id: 'api-1',
  task: { id: 'api-lookup', title: 'API lookup' },
  model: 'starter',
  fingerprint: 'f',
  strategy: 'm0-zs',
  ratio: 16,
  createdAt: new Date().toISOString(),
  complete: true,
  scope: ['src/**'],
  positions: 2_048,
  segments: 12,
  coverage: { files: 2, filesTotal: 5, tokens: 900, tokensTotal: 2_000 },
  leftOut: [
    { path: 'src/big.ts', reason: 'sheet-full' },
    { path: 'src/also.ts', reason: 'sheet-full' },
  ],
  skipped: [
    { path: 'logo.png', reason: 'binary' },
    { path: 'node_modules/', reason: 'ignored' },
  ],
  bytes: 5_900_000,
};

function entries(
  state: Partial<WorkspaceState>,
  job?: Partial<CompressJob>,
  covered: string[] = ['src/a.ts', 'b.ts'],
  model: ModelStatus = { state: 'unloaded' },
): SheetEntries {
  return new SheetEntries(
    {
      roots: [{ root, name: 'app' }],
      state: () => ({ kind: 'read', dirty: false, stale: {}, ...state }),
      job: () => (job ? ({ ...running, ...job } as CompressJob) : undefined),
      model: () => model,
      detail: (_, id) => Promise.resolve({ summary: sheet, file: `/store/${id}.json`, covered }),
    },
    figures,
    english,
  );
}

const running: CompressJob = {
  root,
  request: { root, task: 'api-lookup' },
  state: 'running',
  pausedByUser: false,
  automatic: false,
  segments: 312,
  segmentsTotal: 1_204,
  tokens: 1,
  tokensTotal: 2,
  progress: 0.26,
  perMinute: 41,
  msLeft: 1_260_000,
};

const children = async (entry: Entry | undefined): Promise<SheetEntry[]> =>
  ((await entry?.children?.()) ?? []) as SheetEntry[];
const firstRoot = async (tree: SheetEntries): Promise<SheetEntry[]> => children(tree.roots()[0]);

describe('the sheets view', () => {
  test('has no rows where there is nothing to tell, so that it greets', () => {
    expect(entries({ sheets: [] }).roots()).toEqual([]);
    expect(entries({}).roots()).toEqual([]);
  });

  test('shows a sheet with model, ratio, positions, size and age', async () => {
    const [row] = await firstRoot(entries({ sheets: [sheet] }));
    expect(row?.label).toBe('API lookup');
    expect(row?.description).toBe('starter · 1 of 16 · 2,048 positions · 5.9 MB · now');
    expect(row?.tooltip).toContain('Covers 2 of 5 files, 900 of 2,000 tokens.');
    expect(row?.tooltip).toContain('src/**');
    expect(row?.context).toBe('sheet.ready');
    expect(isTarget(row)).toBe(true);
  });

  test('says of a sheet that another model made that this one cannot read it', async () => {
    const model = { state: 'ready', fingerprint: 'g' } as ModelStatus;
    const [theirs, own] = await firstRoot(
      entries({ sheets: [sheet, { ...sheet, fingerprint: 'g' }] }, undefined, undefined, model),
    );
    expect(theirs).toMatchObject({ icon: 'circle-slash', context: 'sheet.ready' });
    expect(theirs?.description).toMatch(/^of another model · starter · /u);
    expect(theirs?.tooltip).toContain('Made with the model starter: only that one can read it.');
    expect(own?.description).toMatch(/^starter · /u);
  });

  test('lists covered files, changes, and what is out by reason', async () => {
    const stale: SheetChanges = { changed: ['src/a.ts'], added: ['src/new.ts'], removed: ['old/gone.ts'] };
    const [row] = await firstRoot(entries({ sheets: [sheet], stale: { [sheet.id]: stale } }));
    expect(row?.context).toBe('sheet.stale');
    expect(row?.description).toMatch(/^3 stale · /u);
    const groups = await children(row);
    expect(groups.map(({ label, description }) => `${label}: ${description ?? ''}`)).toEqual([
      'Covered files: 2',
      'Changed since: 1',
      'New since: 1',
      'Deleted since: 1',
      'No room in the sheet: 2',
      'Binary: 1',
      'Ignored: 1',
    ]);
    const [covered, changed, , gone, full, , ignored] = groups;
    expect((await children(covered)).map(({ label, description }) => [label, description])).toEqual([
      ['a.ts', 'src'],
      ['b.ts', ''],
    ]);
    const [changedFile] = await children(changed);
    expect(changedFile?.context).toBe('file.changed');
    expect(isTarget(changedFile)).toBe(true);
    const [goneFile] = await children(gone);
    expect(goneFile?.file).toEqual({ root, path: 'old/gone.ts', gone: true });
    expect((await children(full)).map(({ file }) => file?.path)).toEqual(['src/also.ts', 'src/big.ts']);
    const [folder] = await children(ignored);
    expect(folder).toMatchObject({ label: 'node_modules', icon: 'folder', file: { gone: true } });
  });

  test('shows a job with counts, rate and time left, and a failure with its action', async () => {
    const [job] = await firstRoot(entries({ sheets: [] }, {}));
    expect(job?.label).toBe('Compressing for api-lookup');
    expect(job?.description).toBe('312 of 1,204 segments · 41 per minute · 21 min left');
    const error = { code: 'store-full', message: 'The disk is full.', action: 'Make room.' } as const;
    const [failed] = await firstRoot(entries({ sheets: [] }, { state: 'failed', error }));
    expect(failed?.tooltip).toContain('Make room.');
    const [unread] = await firstRoot(entries({ kind: 'failed', error }));
    expect(unread).toMatchObject({ label: 'The disk is full.', description: 'Make room.', context: 'problem' });
  });

  test('says that git was no help, why, and what to do, also where there is no sheet', async () => {
    const summary = {
      files: 3,
      added: 0,
      changed: 0,
      removed: 0,
      unchanged: 3,
      skipped: [],
      gitProblem: 'not installed',
    };
    for (const sheets of [[], [sheet]]) {
      const row = (await firstRoot(entries({ sheets, summary }))).find(({ id }) => id.endsWith('/git'));
      expect(row).toMatchObject({ description: 'not installed', command: 'cribsheet.refresh', context: 'problem' });
      expect(row!.tooltip).toMatch(/may be in that git leaves out.*\nInstall git/u);
    }
  });

  test('says of a sheet that it is partly built or damaged', async () => {
    const [partial] = await firstRoot(entries({ sheets: [{ ...sheet, complete: false }] }));
    expect(partial?.context).toBe('sheet.partial');
    const [damaged] = await firstRoot(entries({ sheets: [{ ...sheet, missingBlocks: 3 }] }));
    expect(damaged?.context).toBe('sheet.damaged');
    expect(damaged?.tooltip).toContain('Blocks are missing (3)');
  });

  test('counts what is too much to list', async () => {
    const many = Array.from({ length: MAX_ROWS + 234 }, (_, i) => `src/f${i}.ts`);
    const [row] = await firstRoot(entries({ sheets: [sheet] }, undefined, many));
    const [covered] = await children(row);
    const rows = await children(covered);
    expect(rows).toHaveLength(MAX_ROWS + 1);
    expect(rows.at(-1)?.label).toBe('234 more');
  });

  test('gives every row an id of its own', async () => {
    const ids: string[] = [];
    const walk = async (rows: Entry[]): Promise<void> => {
      for (const row of rows) {
        ids.push(row.id);
        await walk(await children(row));
      }
    };
    const stale = { changed: ['src/a.ts'], added: [], removed: [] };
    await walk(entries({ sheets: [sheet, { ...sheet, id: 'b' }], stale: { [sheet.id]: stale } }, {}).roots());
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('has menus for the rows that there are', async () => {
    const { menus } = readJson<{ contributes: { menus: Record<string, { command: string; when: string }[]> } }>(
      'package.json',
    ).contributes;
    const patterns = menus['view/item/context']!.filter(({ when }) => when.includes('cribsheet.sheets')).map(
      ({ command, when }) => {
        const [, pattern, plain] = /viewItem (?:=~ \/(.*)\/|== (\w+))/u.exec(when)!;
        return { command, matches: new RegExp(pattern ?? `^${plain!}$`, 'u') };
      },
    );
    const [rootRow] = entries({ sheets: [sheet] }).roots();
    const [sheetRow] = await children(rootRow);
    const [covered] = await children(sheetRow);
    const [file] = await children(covered);
    const offered = (row: Entry | undefined): string[] =>
      patterns.filter(({ matches }) => matches.test(row?.context ?? '')).map(({ command }) => command);
    expect(offered(rootRow)).toContain('cribsheet.compress');
    expect(offered(sheetRow)).toEqual(
      expect.arrayContaining(['cribsheet.rebuildSheet', 'cribsheet.deleteSheet', 'cribsheet.openSheetFolder']),
    );
    expect(offered(file)).toContain('cribsheet.showKept');
    expect(offered(covered)).toEqual([]);
  });
});

describe('reasons', () => {
  test('are grouped, the commonest first', () => {
    const files = [
      { path: 'b', reason: 'binary' },
      { path: 'z', reason: 'ignored' },
      { path: 'a', reason: 'ignored' },
    ];
    expect(groupByReason(files)).toEqual([
      { reason: 'ignored', paths: ['a', 'z'] },
      { reason: 'binary', paths: ['b'] },
    ]);
  });

  test('have words for everything that the engine says', () => {
    const known = [
      ...['ignored', 'binary', 'minified', 'generated', 'lock-file', 'secret', 'too-large', 'not-utf8', 'unreadable'],
      ...['symlink', 'too-many-files', 'sheet-full', 'not-built'],
    ];
    for (const reason of known) expect(reasonText(reason, english)).not.toBe(reason);
    expect(reasonText('brand-new', english)).toBe('brand-new');
    expect(reasonHint('brand-new', english)).toBeUndefined();
  });
});
