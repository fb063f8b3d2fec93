import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/commandTable.ts';
import { bundle, jsonValue, run } from './run.ts';

describe('help', () => {
  it('lists every command and every one explains itself', async () => {
    const program = await run(['--help']);
    expect(program).toMatchObject({ code: 0, stderr: '' });
    for (const { name, flags, examples } of commands) {
      expect(program.stdout).toContain(`\n  ${name} `);
      const { code, stdout } = await run([name, '--help']);
      expect(code).toBe(0);
      for (const flag of flags) expect(stdout).toContain(`--${flag.name}`);
      for (const { line } of examples) expect(stdout).toContain(`cribsheet ${line}\n`);
    }
  });

  it('is shown for nothing at all, as wrong usage', async () => {
    const { code, stdout, stderr } = await run([]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('Commands');
  });

  it('tells the version', async () => {
    const { code, stdout } = await run(['--version']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/u);
  });
});

describe('wrong usage', () => {
  it.each([
    [['chunx', '.'], 'There is no command "chunx".', 'Did you mean "chunks"?'],
    [['--json', 'chunks', '.'], 'The command comes first', 'cribsheet ask'],
    [['chunks', '.', '--skiped'], 'There is no flag --skiped.', 'Did you mean "--skipped"?'],
    [['chunks'], 'a folder is missing', 'Write cribsheet chunks DIR'],
    [['chunks', 'a', 'b'], 'does not know what to do with "b"', 'Write cribsheet chunks DIR'],
    [['compress', '.'], '--task is missing.', '--task api-lookup'],
    [['compress', '.', '--task', 'x', '--ratio', '2', '--tokens', '9'], 'exclude each other', 'one of them'],
    [['ask', '.'], 'The question is missing.', 'after the folder'],
    [['compress', '.', '--task', 'x', '--strategy', 'offload', '--ratio', '2'], 'keeps everything', 'Leave it out'],
    [['compress', '.', '--task', 'x', '--strategy', 'offload', '--weighted'], 'keeps everything', 'Leave it out'],
    [['ask', '.', 'x', '--questions', 'f'], 'exclude each other', 'one of them'],
    [['compare', '.', 'x', '--modes', 'cache,rga'], '--modes cannot be "rga".', 'Did you mean "rag"?'],
    [['sheets', '.', 'remove'], 'nothing that can be done with sheets', 'There are: list'],
    [['sheets', 'show'], 'needs the id of a sheet', 'sheets list'],
    [['models', 'import'], 'needs the folder of a model', 'FOLDER'],
    [['models', 'chek'], 'nothing that can be done with models', 'Did you mean "check"?'],
  ])('%j ends with 2 and one message that says what is right', async (args, message, action) => {
    const { code, stdout, stderr } = await run(args);
    expect([code, stdout]).toEqual([2, args[0] === '--json' ? expect.anything() : '']);
    const lines = stderr.trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^Error: /u);
    expect(lines[0]).toContain(message);
    expect(lines[1]).toContain(action);
    expect(lines[2]).toContain('--help shows how it is used.');
  });

  it('is told for a question too long for a command line, which would crash onnxruntime', async () => {
    const { code, stdout, stderr } = await run(['ask', '.', 'what '.repeat(9_000), '--json']);
    expect([code, jsonValue(stdout)]).toMatchObject([1, { error: { code: 'question-too-long' } }]);
    expect(stderr).toContain('--questions');
  });

  it('is JSON with --json', async () => {
    const { code, stdout } = await run(['ask', '.', '--json', '--mode', 'rag']);
    expect(code).toBe(2);
    expect(jsonValue(stdout)).toMatchObject({ error: { code: 'usage', message: 'The question is missing.' } });
  });
});

describe('an old Node', () => {
  const oldNode = "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.11.1' } })";
  const node = ['--import', `data:text/javascript,${encodeURIComponent(oldNode)}`];

  it('is told what it needs, and nothing else', async () => {
    const { code, stdout, stderr } = await run(['doctor'], { node });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(
      /^Error: Cribsheet needs Node 22\.16 or later; this is Node 20\.11\.1 .*\n {2}Install a newer Node .*\n$/u,
    );
    const json = await run(['doctor', '--json'], { node });
    expect(jsonValue(json.stdout)).toMatchObject({ error: { message: expect.stringContaining('22.16') as string } });
  });

  it('gets that far: the bundle links no module that only a newer Node has', async () => {
    const imports = (await readFile(bundle, 'utf8')).match(/^import .* from ["']node:[^"']+["']/gmu) ?? [];
    expect(imports.length).toBeGreaterThan(10);
    expect(imports.filter((line) => line.includes('node:sqlite'))).toEqual([]);
  });
});
