import { appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SheetSummary } from '../../src/common/sheets.ts';
import { Bench, type WorkerProcess } from './workerProcess.ts';

const bench = new Bench();
afterAll(() => bench.dispose());

const ledger = `/** Opens the ledger of a year. */
export function openLedger(year: number): Ledger {
  return new Ledger(year);
}

export class Ledger {
  constructor(readonly year: number) {}
  /** Adds an amount in cents. */
  add(cents: number): void {
    this.total += cents;
  }
  total = 0;
}
`;
const report = `import { openLedger } from './ledger.ts';

export function printReport(year: number): string {
  return String(openLedger(year).total);
}
`;

let worker: WorkerProcess;
let root: string;
let sheet: SheetSummary;
beforeAll(async () => {
  root = await bench.folder('root');
  await mkdir(path.join(root, 'src/inner'), { recursive: true });
  await writeFile(path.join(root, 'src/ledger.ts'), ledger);
  await writeFile(path.join(root, 'src/inner/report.ts'), report);
  worker = await bench.start({ store: await bench.folder('store') });
  ({ sheet } = await worker.client.compress({ root, task: 'api-lookup', ratio: 4 }));
});

test('a sheet tells its files, its file and its size', async () => {
  const { client } = worker;
  const detail = await client.sheet(root, sheet.id);
  expect(detail.summary).toEqual(sheet);
  expect(detail.covered).toEqual(['src/inner/report.ts', 'src/ledger.ts']);
  expect(JSON.parse(await readFile(detail.file, 'utf8'))).toMatchObject({ id: sheet.id });
  expect(sheet).toMatchObject({ missingBlocks: 0, ratio: 4 });
  expect(sheet.bytes).toBeGreaterThan(0);
  expect(sheet.tokens).toBeUndefined();
  await expect(client.sheet(root, '../../x')).rejects.toMatchObject({ code: 'sheet-missing' });
});

test('what a sheet kept of a file, by line', async () => {
  const { client } = worker;
  const { lines, stale } = await client.kept({ root, id: sheet.id, path: 'src/ledger.ts' });
  expect(stale).toBe(false);
  const total = ledger.split('\n').length - 1;
  expect(lines.map(({ line }) => line)).toEqual(lines.map(({ line }) => line).toSorted((a, b) => a - b));
  for (const { line, tokens, weight } of lines) {
    expect(line).toBeGreaterThanOrEqual(1);
    expect(line).toBeLessThanOrEqual(total);
    expect(tokens).toBeGreaterThan(0);
    expect(weight).toBeGreaterThanOrEqual(0);
    expect(weight).toBeLessThanOrEqual(1);
  }
  // A quarter of the tokens was kept, in every layer and head.
  const both = await client.kept({ root, id: sheet.id, path: 'src/inner/report.ts' });
  const all = [...lines, ...both.lines];
  const share = all.reduce((sum, l) => sum + l.tokens * l.weight, 0) / all.reduce((sum, l) => sum + l.tokens, 0);
  expect(share).toBeCloseTo(1 / 4, 1);
  expect(await client.kept({ root, id: sheet.id, path: 'nowhere.ts' })).toMatchObject({ stale: false, lines: [] });
});

test('a plan says what is in the store already', async () => {
  const { client } = worker;
  const known = await client.plan({ root, task: 'api-lookup', ratio: 4 });
  expect(known.missing).toEqual({ segments: 0, tokens: 0 });
  const other = await client.plan({ root, task: 'api-lookup', ratio: 3 });
  expect(other.missing).toEqual({ segments: other.segments, tokens: other.tokens });
  expect(other.probeTokens).toBeGreaterThan(0);
  const sized = await client.compress({ root, task: 'api-lookup', tokens: 64 });
  expect(sized.sheet.tokens).toBe(64);
  await client.deleteSheet(root, sized.sheet.id);
});

test('how fast the model reads', async () => {
  expect((await worker.client.speed()).prefillTokensPerSecond).toBeGreaterThan(0);
});

test('what a question comes with is read first', async () => {
  const { client } = worker;
  const ask = (focus: string | undefined, mode: 'auto' | 'cache' | 'rag') =>
    client.ask({
      root,
      question: 'Where is openLedger defined?',
      mode,
      task: 'api-lookup',
      ...(focus === undefined ? {} : { focus: [{ path: focus, startLine: 0, endLine: 0 }] }),
    });
  expect((await ask(undefined, 'auto')).mode).toBe('cache');
  const focused = await ask('src/inner/report.ts', 'auto');
  expect(focused).toMatchObject({ mode: 'rag', reason: expect.stringContaining('source of its own') });
  expect(focused.chunks![0]!.path).toBe('src/inner/report.ts');
  expect((await ask('src/inner/', 'rag')).chunks![0]!.path).toBe('src/inner/report.ts');
  expect((await ask('nowhere.ts', 'rag')).chunks![0]!.path).toBe('src/ledger.ts');
  // The sheet with the file beside it, and afterwards without.
  const [plain, beside] = [await ask(undefined, 'cache'), await ask('src/inner/report.ts', 'cache')];
  expect(beside.error).toBeUndefined();
  expect(beside.tokens.prompt).toBeGreaterThan(plain.tokens.prompt);
  expect(beside.tokens.sheet).toBe(plain.tokens.sheet);
  expect((await ask(undefined, 'cache')).answer).toBe(plain.answer);
});

test('an edit shows in the staleness and in what was kept', async () => {
  const { client } = worker;
  expect(await client.staleness(root, sheet.id)).toEqual({ changed: [], added: [], removed: [] });
  await appendFile(path.join(root, 'src/ledger.ts'), '// more\n');
  await rm(path.join(root, 'src/inner/report.ts'));
  await client.refresh(root);
  const changes = { changed: ['src/ledger.ts'], added: [], removed: ['src/inner/report.ts'] };
  expect(await client.staleness(root, sheet.id)).toEqual(changes);
  expect(await client.kept({ root, id: sheet.id, path: 'src/ledger.ts' })).toMatchObject({ stale: true });
  await expect(client.staleness(root, 'none')).rejects.toMatchObject({ code: 'sheet-missing' });
});
