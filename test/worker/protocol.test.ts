import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { modes } from '../../src/common/names.ts';
import manifest from '../../package.json' with { type: 'json' };
import { Bench, ProgressLog, sampleRatio, type WorkerProcess } from './workerProcess.ts';

const bench = new Bench();
afterAll(() => bench.dispose());

const files = {
  'src/ledger.ts': `/** Opens the ledger of a year. */
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
`,
  'README.md': '# Ledger\n\nKeeps amounts.\n',
};

async function smallWorkspace(): Promise<string> {
  const root = await bench.folder('small');
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(root, name)), { recursive: true });
    await writeFile(path.join(root, name), text);
  }
  return root;
}

describe('without a model', () => {
  let worker: WorkerProcess;
  let root: string;
  beforeAll(async () => {
    root = await smallWorkspace();
    worker = await bench.start({ store: await bench.folder('store'), noModel: true });
  });

  test('a question gets chunks, and the native library is never loaded', async () => {
    const { client, child } = worker;
    const answer = await client.ask({
      root,
      question: 'Where is openLedger defined?',
      mode: 'rag',
      task: 'api-lookup',
    });
    expect(answer.error).toBeUndefined();
    expect(answer.answer).toBe('');
    expect(answer.chunks?.[0]).toMatchObject({ path: 'src/ledger.ts', name: 'openLedger', startLine: 1 });
    expect((await client.status()).model).toEqual({ state: 'off' });
    if (process.platform === 'linux') {
      expect(await readFile(`/proc/${child.pid}/maps`, 'utf8')).not.toContain('onnxruntime');
    }
  });

  test('what needs a model says so', async () => {
    const { client } = worker;
    await expect(client.compress({ root, task: 'api-lookup' })).rejects.toMatchObject({ code: 'model-missing' });
    const answer = await client.ask({ root, question: 'What is it?', mode: 'full', task: 'api-lookup' });
    expect(answer.error?.code).toBe('model-missing');
  });

  test('chunks of a file join up to its text', async () => {
    const chunks = await worker.client.chunks(root, 'src/ledger.ts');
    expect(chunks.map((chunk) => chunk.text).join('')).toBe(files['src/ledger.ts']);
    expect(chunks.map((chunk) => chunk.qualifiedName)).toContain('openLedger');
    expect(await worker.client.chunks(root, 'src/nowhere.ts')).toEqual([]);
  });

  test('a refresh counts what changed', async () => {
    const { client } = worker;
    const here = await smallWorkspace();
    const progress = new ProgressLog();
    expect(await client.refresh(here, { onProgress: progress.add })).toMatchObject({ files: 2, added: 2 });
    expect(progress.all.at(-1)).toMatchObject({ phase: 'read', files: 2, filesTotal: 2 });
    await rm(path.join(here, 'README.md'));
    await writeFile(path.join(here, 'src/more.ts'), 'export const more = 1;\n');
    expect(await client.refresh(here)).toMatchObject({ files: 2, added: 1, removed: 1, changed: 0, unchanged: 1 });
  });
});

describe('expected failures and bugs', () => {
  test('an expected failure arrives with its code and its action', async () => {
    const { client } = await bench.start({ store: await bench.folder('store'), model: 'no-such-model' });
    const root = await smallWorkspace();
    const missing = path.join(root, 'nowhere');
    await expect(client.refresh(missing)).rejects.toMatchObject({ name: 'CribsheetError', code: 'workspace-missing' });
    await expect(client.refresh(await bench.folder('empty'))).rejects.toMatchObject({ code: 'workspace-empty' });
    await expect(client.compress({ root, task: 'no-such-task' })).rejects.toMatchObject({
      code: 'task-missing',
      action: expect.stringContaining('api-lookup'),
    });
    await expect(client.deleteSheet(root, '../../x')).rejects.toMatchObject({ code: 'sheet-missing' });
    const ask = client.ask({ root, question: 'Why?', mode: 'rag', task: 'api-lookup' });
    // A question always gets an answer: what failed is in it.
    expect((await ask).error).toMatchObject({ code: 'model-missing' });
    expect((await client.status()).model).toMatchObject({ state: 'failed', error: { code: 'model-missing' } });
  });

  test('a store that cannot be written', async () => {
    const store = path.join(await bench.folder('store'), 'file');
    await writeFile(store, 'not a folder');
    const { client } = await bench.start({ store, noModel: true });
    await expect(client.refresh(await smallWorkspace())).rejects.toMatchObject({ code: 'store-unwritable' });
  });

  test('what is no message of the protocol does no harm', async () => {
    const { client, child } = bench.fork();
    for (const garbage of ['text', 7, { id: 1 }, { jsonrpc: '2.0', id: 99, method: 'no-such-method' }, [[]]]) {
      child.send(garbage);
    }
    expect(await client.status()).toMatchObject({ pid: child.pid, jobs: [] });
  });

  test('a bug stays one, and its stack is in the log', async () => {
    const worker = bench.fork();
    const early = worker.client.tasks();
    await expect(early).rejects.toMatchObject({ name: 'Error', message: expect.stringContaining('initialize') });
    expect(worker.log).toMatchObject([{ level: 'error', message: expect.stringMatching(/^tasks: .*\n\s+at /u) }]);
  });
});

describe('with the starter model', () => {
  let worker: WorkerProcess;
  beforeAll(async () => {
    worker = await bench.start({ store: await bench.folder('store') });
  });

  test('initialize tells what it can do', async () => {
    const { client, child } = bench.fork();
    const store = await bench.folder('store');
    const { product } = await import('./workerProcess.ts');
    const result = await client.initialize({ product, store });
    expect(result).toMatchObject({ version: manifest.version, pid: child.pid, store });
    expect(result.capabilities.modes).toEqual([...modes]);
    expect(await client.status()).toMatchObject({ model: { state: 'unloaded' }, jobs: [] });
    await expect(client.initialize({ product, store })).rejects.toThrow('twice');
  });

  test('tasks of the product and of the workspace, broken ones with their error', async () => {
    const root = await smallWorkspace();
    const folder = path.join(root, '.cribsheet', 'tasks');
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, 'mine.crib'), '---\nid: mine\ntitle: Mine\n---\nLook.\n');
    await writeFile(path.join(folder, 'bad.crib'), '---\nid: bad\ncolour: red\n---\nLook.\n');
    const builtIn = await worker.client.tasks();
    const { tasks, broken } = await worker.client.tasks(root);
    expect(tasks.map(({ id, origin }) => `${id} ${origin}`)).toContain('mine workspace');
    expect(tasks).toHaveLength(builtIn.tasks.length + 1);
    expect(broken).toMatchObject([{ id: 'bad', error: { code: 'task-invalid' } }]);
  });

  test('sheets are listed and deleted, and a question without one says so', async () => {
    const { client } = worker;
    const root = await smallWorkspace();
    const ask = () => client.ask({ root, question: 'Where is openLedger?', mode: 'cache', task: 'api-lookup' });
    const { sheet } = await client.compress({ root, task: 'api-lookup' });
    expect(await client.sheets(root)).toEqual([sheet]);
    expect(sheet).toMatchObject({ task: { id: 'api-lookup' }, model: 'starter', complete: true });
    expect((await ask()).error).toBeUndefined();
    await client.deleteSheet(root, sheet.id);
    expect(await client.sheets(root)).toEqual([]);
    expect((await ask()).error?.code).toBe('sheet-missing');
  });

  test('a plan says what compress then does', async () => {
    const { client } = worker;
    const root = await smallWorkspace();
    const request = { root, task: 'api-lookup', ratio: 2, scope: ['src/**'] };
    const plan = await client.plan(request);
    expect(plan).toMatchObject({ strategy: 'compresskv', ratio: 2, files: 1, filesTotal: 1, segments: 1 });
    expect(await client.sheets(root)).toEqual([]);
    const { sheet, computed } = await client.compress(request);
    expect(computed).toBe(plan.segments);
    expect(sheet.coverage).toMatchObject({ files: plan.files, tokens: plan.tokens, tokensTotal: plan.tokensTotal });
  });

  test('one question through several modes, text and answers in their order', async () => {
    const { client } = worker;
    const root = await smallWorkspace();
    await client.compress({ root, task: 'api-lookup' });
    const texts = new Map<string, string>();
    const answers = await client.compare(
      { root, question: 'Where is openLedger?', modes: ['cache', 'rag', 'none'], task: 'api-lookup', id: 'q1' },
      { onText: ({ mode, text }) => texts.set(mode, (texts.get(mode) ?? '') + text) },
    );
    expect(answers.map(({ id, mode }) => [id, mode])).toEqual([
      ['q1', 'cache'],
      ['q1', 'rag'],
      ['q1', 'none'],
    ]);
    for (const { mode, answer } of answers) expect((texts.get(mode) ?? '').trim()).toBe(answer);
  });

  test('a workspace is compressed once at a time', async () => {
    const { client } = worker;
    const root = await bench.workspace();
    const request = { root, task: 'api-lookup', ratio: sampleRatio };
    const abort = new AbortController();
    const progress = new ProgressLog();
    const first = client.compress(request, { signal: abort.signal, onProgress: progress.add });
    const cancelled = expect(first).rejects.toMatchObject({ code: 'cancelled' });
    // The same folder in another spelling.
    await expect(client.compress({ ...request, root: `${root}/src/..` })).rejects.toMatchObject({ code: 'busy' });
    await progress.reaches(1);
    abort.abort();
    await cancelled;
    const small = await smallWorkspace();
    expect((await client.compress({ root: small, task: 'api-lookup' })).sheet.complete).toBe(true);
  });
});
