import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fixtureModels, run, start } from './run.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'cribsheet-eval-cli-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const model = path.join(fixtureModels, 'qwen3-fp32');
const short = [
  '--data',
  'twin',
  '--arms',
  'none,symbols,m0-zs',
  '--ratios',
  '8',
  '--draws',
  '1',
  '--questions',
  '4',
  '--size',
  '600',
  '--small',
];

describe('cribsheet eval', () => {
  test('--list shows arms, data sets and the size of the run, and loads no model', async () => {
    const { code, stdout } = await run(['eval', '--list', '--model', '/nowhere']);
    expect(code).toBe(0);
    for (const word of ['memberships', 'rag-oracle', 'm0-fs', '24,000 answers']) expect(stdout).toContain(word);
    const json = JSON.parse((await run(['eval', '--list', '--json', ...short])).stdout) as { answers: number };
    expect(json.answers).toBe(12);
  });

  test('runs, writes a report whose command is the one that was given, and goes on where it stopped', async () => {
    const args = ['eval', ...short, '--model', model, '--out', path.join(folder, 'one'), '--json'];
    const first = await run(args);
    expect([first.code, first.stderr]).toEqual([0, expect.any(String)]);
    const report = JSON.parse(first.stdout) as { command: string; answers: number };
    expect(report.answers).toBe(12);
    for (const part of ['--data twin', '--ratios 8', '--seed 1', '--small']) expect(report.command).toContain(part);
    const answers = await readFile(path.join(folder, 'one', 'answers.jsonl'), 'utf8');
    expect((await run(args)).code).toBe(0);
    expect(await readFile(path.join(folder, 'one', 'answers.jsonl'), 'utf8')).toBe(answers);
    const other = await run([...args, '--seed', '2']);
    expect(other.code).toBe(2);
    expect(other.stdout).toContain('another configuration');
    expect((await run([...args, '--seed', '2', '--fresh'])).code).toBe(0);
  });

  test('Ctrl-C leaves answers that the next run goes on from', async () => {
    const out = path.join(folder, 'cut');
    const many = short.map((word) => (word === '4' ? '400' : word));
    const args = ['eval', ...many, '--model', model, '--out', out];
    const { child, end } = start(args);
    const file = path.join(out, 'answers.jsonl');
    const lines = async (): Promise<number> => (await readFile(file, 'utf8').catch(() => '')).split('\n').length - 1;
    let ended = false;
    void end.then(() => (ended = true));
    while (!ended && (await lines()) < 6) await new Promise((resolve) => setImmediate(resolve));
    child.kill('SIGINT');
    expect((await end).code).toBe(130);
    const text = await readFile(file, 'utf8');
    for (const line of text.split('\n').slice(0, -1)) expect(() => JSON.parse(line) as unknown).not.toThrow();
  });

  test.each([
    [['--arms', 'ragg'], 'rag'],
    [['--arms', 'm0-fs@int5'], 'm0-fs@int'],
    [['--arms', 'm0-fs@f16'], 'm0-fs@'],
    [['--data', 'twins'], 'twin'],
    [['--ratios', '8,none'], '--ratios'],
    [['--small', '--full'], 'exclude'],
    [['--size', '20'], 'at least 500'],
  ])('%j is refused with what to write instead', async (args, said) => {
    const { code, stderr } = await run(['eval', ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(said);
  });
});
