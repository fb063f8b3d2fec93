import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../../src/common/answers.ts';
import type { ErrorRecord } from '../../src/common/errors.ts';
import type { SheetSummary } from '../../src/common/sheets.ts';
import { jsonLines, jsonValue, makeScratch, run, shop, starterProfile, type Finished, type Scratch } from './run.ts';

interface Compressed {
  sheet: SheetSummary & { bytes: number };
  computed: number;
  reused: number;
  seconds: number;
}

let scratch: Scratch;
beforeAll(async () => {
  scratch = await makeScratch(shop);
});
afterAll(() => scratch.remove());

const cli = (...args: string[]): Promise<Finished> => run([...args, '--store', scratch.store]);
const compress = async (...args: string[]): Promise<Compressed> => {
  const done = await cli('compress', scratch.workspace, '--task', 'api-lookup', '--json', '--quiet', ...args);
  expect(done).toMatchObject({ code: 0, stderr: '' });
  return jsonValue<Compressed>(done.stdout);
};
const question = 'Where is priceWithTax defined?';

// One story, in its order: each part goes on with the store that the ones before it left behind.
describe('before there is a sheet', () => {
  it('answers by RAG on its own, and says what the cache would need', async () => {
    const auto = await cli('ask', scratch.workspace, question, '--json');
    expect(auto.code).toBe(0);
    expect(jsonValue<Answer>(auto.stdout)).toMatchObject({
      mode: 'rag',
      task: 'api-lookup',
      reason: expect.any(String) as string,
    });
    const cache = await cli('ask', scratch.workspace, question, '--mode', 'cache', '--json');
    expect(cache.code).toBe(1);
    expect(jsonValue<Answer>(cache.stdout).error).toMatchObject({
      code: 'sheet-missing',
      action: expect.stringContaining('cribsheet compress') as string,
    });
    expect(cache.stderr).toMatch(/^Error: There is no sheet/mu);
  });

  it('finds places without a model', async () => {
    const { code, stdout } = await cli('ask', scratch.workspace, question, '--no-model', '--mode', 'rag');
    expect(code).toBe(0);
    expect(stdout).toContain('no model');
    expect(stdout).toMatch(/^ {2}src\/price\.ts:\d+-\d+ {2}priceWithTax$/mu);
    const cache = await cli('ask', scratch.workspace, question, '--no-model', '--mode', 'cache');
    expect(cache.code).toBe(1);
    expect(cache.stderr).toContain('Use --mode rag');
  });

  it('shows no sheets', async () => {
    const { code, stdout, stderr } = await cli('sheets', scratch.workspace);
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).toContain('cribsheet compress');
  });
});

describe('compress', () => {
  it('shows plan and result to people', async () => {
    const { code, stdout, stderr } = await cli('compress', scratch.workspace, '--task', 'api-lookup', '--ratio', '2');
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /3 files, \d+ source tokens in \d+ segments? → \d+ positions \(ratio 2\.0\), about .* on disk/u,
    );
    expect(stdout).toMatch(/^Done\. Sheet api-lookup-[0-9a-f]{8}: \d+ blocks? computed, 0 reused/u);
    expect(stdout).toMatch(/covers 3 of 3 files \((\d+) of \1 tokens\)/u);
    // Piped: no bar, and no line for a run as short as this.
    for (const mark of ['\r', '\u001B', '█']) expect(stdout + stderr).not.toContain(mark);
  });

  it('computes nothing the second time, and only what changed after an edit', async () => {
    const first = await compress();
    expect(first).toMatchObject({
      reused: 0,
      sheet: { complete: true, ratio: starterProfile.ratio, model: 'starter', leftOut: [], skipped: [] },
    });
    expect(first.computed).toBe(first.sheet.segments);
    expect(first.sheet.coverage).toMatchObject({ files: 3, filesTotal: 3 });
    expect(await compress()).toMatchObject({ computed: 0, reused: first.computed, sheet: { id: first.sheet.id } });
    await scratch.write(
      'tools/report.py',
      `${shop['tools/report.py']}\n\ndef monthly_report(orders):\n    return 12\n`,
    );
    const edited = await compress();
    expect(edited.computed).toBe(1);
    expect(edited.reused).toBeGreaterThan(0);
  });

  it('keeps to a size in positions, and covers what fits', async () => {
    const whole = await compress('--tokens', '60');
    expect(whole.sheet.positions).toBeLessThanOrEqual(60);
    expect(whole.sheet.coverage.tokens).toBe(whole.sheet.coverage.tokensTotal);
    const { stderr, code, stdout } = await cli('compress', scratch.workspace, '--task', 'api-lookup', '--tokens', '1');
    expect(code).toBe(0);
    expect(stderr).toContain('Not everything fits');
    expect(stderr).toContain('--scope');
    expect(stdout).toMatch(/left out: \d sheet-full/u);
  });

  it('takes a scope, and the tasks of the workspace', async () => {
    const other = await makeScratch({
      'a.py': 'def first(orders):\n    return orders[0]\n',
      'b.ts': 'export const second = 2;\n',
      '.cribsheet/tasks/money.crib': '---\nid: money\ntitle: Money\nratio: 8\n---\nFind prices.\n',
    });
    try {
      const args = ['--task', 'money', '--scope', '*.py', '--strategy', 'random', '--store', other.store];
      const done = await run(['compress', other.workspace, ...args, '--json']);
      expect(jsonValue<Compressed>(done.stdout).sheet).toMatchObject({
        task: { id: 'money', title: 'Money' },
        ratio: 8,
        scope: ['*.py'],
        strategy: 'random',
        coverage: { files: 1, filesTotal: 1 },
      });
    } finally {
      await other.remove();
    }
  });

  it.each([
    ['task-missing', ['--task', 'no-such-task'], 'api-lookup'],
    ['task-invalid', ['--task', 'BROKEN'], 'Allowed keys'],
    ['model-missing', ['--task', 'api-lookup', '--model', 'no-such-model'], 'starter'],
    ['model-missing', ['--task', 'api-lookup', '--no-model'], '--no-model'],
  ])('says %s for %j', async (code, args, action) => {
    const broken = path.join(scratch.folder, 'broken.crib');
    await writeFile(broken, '---\nid: broken\nrato: 8\n---\nText.\n');
    const done = await cli('compress', scratch.workspace, '--json', ...args.map((a) => (a === 'BROKEN' ? broken : a)));
    expect(done.code).toBe(1);
    const { error } = jsonValue<{ error: ErrorRecord }>(done.stdout);
    expect(error.code).toBe(code);
    expect(`${error.message} ${error.action}`).toContain(action);
    if (code === 'task-invalid') expect(error.message).toContain('broken.crib:3: Unknown key "rato"');
  });
});

describe('ask', () => {
  it('answers from the newest sheet, in the form of the contract', async () => {
    await compress();
    const { code, stdout } = await cli('ask', scratch.workspace, ...question.split(' '), '--json');
    expect(code).toBe(0);
    const answer = jsonValue<Answer>(stdout);
    expect(answer).toMatchObject({ id: '1', mode: 'cache', task: 'api-lookup', coverage: { files: 3, filesTotal: 3 } });
    expect(answer.tokens.sheet).toBeGreaterThan(0);
    expect(Object.keys(answer.timings).sort()).toEqual(['loadMs', 'prefillMs', 'queueMs', 'totalMs', 'ttftMs']);
    expect(answer.citations).toContainEqual({
      path: 'src/price.ts',
      startLine: 1,
      endLine: expect.any(Number) as number,
      from: 'answer',
      verified: true,
      stale: false,
    });
    expect(answer.error).toBeUndefined();
  });

  it('shows answer, citations, evidence and timings to people', async () => {
    const { code, stdout } = await cli('ask', scratch.workspace, question, '--mode', 'cache');
    expect(code).toBe(0);
    expect(stdout).toMatch(/\nCitations\n {2}src\/price\.ts:1-\d+\n/u);
    expect(stdout).toMatch(/\nLooked at\n {2}\S+:\d+-\d+ {2}[\d.]+ %\n/u);
    expect(stdout).toMatch(/cache · api-lookup · 3 of 3 files · .* read · first token .* · total /u);
    expect(stdout).not.toContain('\u001B');
  });

  it('answers a file of questions in its order and goes on after one that fails', async () => {
    const file = path.join(scratch.folder, 'questions.jsonl');
    const questions = [
      { id: 'first', question },
      { id: 'too long', question: 'tax '.repeat(20_000) },
      { id: 3, question: 'Where is ShoppingCart defined?' },
    ];
    await writeFile(file, questions.map((q) => JSON.stringify(q)).join('\n'));
    const { code, stdout, stderr } = await cli(
      'ask',
      scratch.workspace,
      '--questions',
      file,
      '--json',
      '--mode',
      'none',
    );
    expect(code).toBe(1);
    const answers = jsonLines(stdout) as unknown as Answer[];
    expect(answers.map((a) => [a.id, a.error?.code])).toEqual([
      ['first', undefined],
      ['too long', 'question-too-long'],
      ['3', undefined],
    ]);
    expect(stderr).toMatch(/^Error: .*positions/mu);
    await writeFile(file, `${JSON.stringify(questions[0])}\n{"id": "x"}\n`);
    const broken = await cli('ask', scratch.workspace, '--questions', file, '--json');
    expect([broken.code, broken.stdout]).toEqual([2, '']);
    expect(broken.stderr).toContain('questions.jsonl:2: the "question" is missing.');
    const missing = await cli('ask', scratch.workspace, '--questions', `${file}.no`);
    expect(missing.code).toBe(1);
    expect(missing.stderr).toContain('Check the path of --questions.');
  });

  it('says that a sheet is older than the files', async () => {
    await scratch.write('src/price.ts', `export const moved = 1;\n\n${shop['src/price.ts']}`);
    await scratch.write('src/new.ts', 'export const added = 1;\n');
    const { code, stdout, stderr } = await cli('ask', scratch.workspace, question, '--mode', 'cache', '--json');
    expect(code).toBe(0);
    expect(stderr).toContain('1 changed, 1 new (src/price.ts, src/new.ts)');
    expect(stderr).toContain(`cribsheet compress ${scratch.workspace} --task api-lookup`);
    expect(jsonValue<Answer>(stdout).citations).toContainEqual(
      expect.objectContaining({ path: 'src/price.ts', endLine: 6, stale: true }),
    );
  });
});

describe('compare', () => {
  it('asks every mode and marks what all of them cite', async () => {
    await compress();
    const args = ['compare', scratch.workspace, question, '--modes', 'cache,rag,full'];
    const json = await cli(...args, '--json');
    expect(json.code).toBe(0);
    const { answers, common } = jsonValue<{ answers: (Answer & { kvBytes: number })[]; common: unknown[] }>(
      json.stdout,
    );
    expect(answers.map((a) => a.mode)).toEqual(['cache', 'rag', 'full']);
    for (const { kvBytes } of answers) expect(kvBytes).toBeGreaterThan(0);
    expect(common).toContainEqual(expect.objectContaining({ path: 'src/price.ts' }));
    const people = await cli(...args);
    expect(people.code).toBe(0);
    expect(people.stdout).toMatch(/^cache +rag +full$/mu);
    expect(people.stdout).toMatch(/^(= src\/price\.ts:\d+-6 *){3}$/mu);
    expect(people.stdout).toContain('= cited by every answer');
  });

  it('fails only where no mode answers', async () => {
    const one = await cli('compare', scratch.workspace, question, '--task', 'bug-hunt', '--json');
    expect(one.code).toBe(0);
    expect(jsonValue<{ answers: Answer[] }>(one.stdout).answers.map((a) => a.error?.code)).toEqual([
      'sheet-missing',
      undefined,
    ]);
    const none = await cli('compare', scratch.workspace, question, '--task', 'bug-hunt', '--modes', 'cache');
    expect(none.code).toBe(1);
    expect(none.stdout).toContain('There is no sheet');
  });
});

describe('a damaged block', () => {
  it('is left out by ask, which says so, and rebuilt, alone, by compress', async () => {
    const before = await compress();
    await flipBytes(await newestBlock());
    const asked = await cli('ask', scratch.workspace, question, '--mode', 'cache', '--json');
    expect(asked.code).toBe(0);
    expect(jsonValue<Answer>(asked.stdout).coverage.tokens).toBeLessThan(before.sheet.coverage.tokens);
    const { stdout } = await cli('sheets', scratch.workspace, 'show', before.sheet.id);
    expect(stdout).toMatch(/missing +1 block/u);
    expect(await compress()).toMatchObject({ computed: 1, reused: before.sheet.segments - 1 });
    expect((await cli('ask', scratch.workspace, question, '--mode', 'cache')).code).toBe(0);
  });
});

describe('sheets', () => {
  it('are listed, shown, deleted, and their blocks freed', async () => {
    const listed = jsonValue<(SheetSummary & { bytes: number })[]>(
      (await cli('sheets', scratch.workspace, '--json')).stdout,
    );
    expect(listed.length).toBeGreaterThan(2);
    const { id } = listed[0]!;
    const shown = await cli('sheets', scratch.workspace, 'show', id);
    expect(shown.code).toBe(0);
    expect(shown.stdout).toMatch(/covers +\d+ of \d+ files/u);
    const unknown = await cli('sheets', scratch.workspace, 'show', `${id.slice(0, -1)}x`);
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toContain(`Did you mean "${id}"?`);

    const spared = await cli('sheets', 'gc', '--json');
    expect(jsonValue(spared.stdout)).toMatchObject({ deleted: 0 });
    const before = (await blockFiles()).length;
    for (const sheet of listed) expect((await cli('sheets', scratch.workspace, 'delete', sheet.id)).code).toBe(0);
    // Those of sheets that were made anew in between are left.
    const blocks = (await blockFiles()).length;
    expect(blocks).toBeLessThan(before);
    expect(jsonValue((await cli('sheets', 'gc', '--json')).stdout)).toEqual({ deleted: 0, bytes: 0, spared: blocks });
    expect(jsonValue((await cli('sheets', 'gc', '--all', '--json')).stdout)).toMatchObject({
      deleted: blocks,
      spared: 0,
    });
    expect(await blockFiles()).toEqual([]);
  });
});

/** Paths of all blocks, the one written last at the end. */
async function blockFiles(): Promise<string[]> {
  const entries = await readdir(path.join(scratch.store, 'blocks'), { recursive: true, withFileTypes: true });
  return entries.filter((e) => e.isFile()).map((e) => path.join(e.parentPath, e.name));
}

/** A block with text in it that the current sheet uses. */
async function newestBlock(): Promise<string> {
  const shown = await cli('sheets', scratch.workspace, '--json');
  const [newest] = jsonValue<SheetSummary[]>(shown.stdout);
  const files = await readdir(path.join(scratch.store, 'workspaces'), { recursive: true, withFileTypes: true });
  const sheet = files.find((f) => f.name.startsWith(`${newest!.id}.`))!;
  const { segments } = JSON.parse(await readFile(path.join(sheet.parentPath, sheet.name), 'utf8')) as {
    segments: { key: string }[];
  };
  return path.join(scratch.store, 'blocks', segments[0]!.key.slice(0, 2), `${segments[0]!.key}.safetensors`);
}

async function flipBytes(file: string): Promise<void> {
  const bytes = await readFile(file);
  for (let i = bytes.length - 64; i < bytes.length; i++) bytes[i] = bytes[i]! ^ 0xff;
  await writeFile(file, bytes);
}
