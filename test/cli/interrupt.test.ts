import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { jsonLines, jsonValue, makeScratch, run, start, type Finished, type Scratch } from './run.ts';

let scratch: Scratch;
beforeEach(async () => {
  // Enough for a few seconds of compression: the interrupt comes in the middle.
  const body = (i: number): string =>
    `/** Computes step ${i} of the plan. */\nexport function planStep${i}(input: number): number {\n${`  input = input * ${i} + 1;\n`.repeat(20)}  return input;\n}\n`;
  const files = Array.from({ length: 12 }, (_, i) => [`src/step${i}.ts`, body(i)] as const);
  scratch = await makeScratch(Object.fromEntries(files));
});
afterEach(() => scratch.remove());

const compress = (): string[] => ['compress', scratch.workspace, '--task', 'api-lookup', '--store', scratch.store];

/** Resolves once two blocks (the first is the preamble's) are in the store and the child still runs. */
async function firstBlocks(end: Promise<Finished>): Promise<void> {
  const seen = vi.waitFor(
    async () => {
      const names = await readdir(path.join(scratch.store, 'blocks'), { recursive: true }).catch(() => []);
      expect(names.filter((name) => name.endsWith('.safetensors')).length).toBeGreaterThan(1);
    },
    { interval: 10, timeout: 50_000 },
  );
  const ended = end.then((finished) => {
    throw new Error(`It ended too early: ${JSON.stringify(finished)}`);
  });
  await Promise.race([seen, ended]);
}

describe('Ctrl-C during compress', () => {
  it('ends with 130, says what is kept, and the store answers and goes on', async () => {
    const { child, end } = start([...compress(), '--json']);
    await firstBlocks(end);
    child.kill('SIGINT');
    const { code, stdout, stderr } = await end;
    expect(code).toBe(130);
    const { error } = jsonValue<{ error: { code: string; message: string; action: string } }>(stdout);
    expect(error.code).toBe('cancelled');
    const done = Number(/^Cancelled: (\d+) of \d+ segments are done; they are kept/u.exec(error.message)?.[1]);
    expect(done, error.message).toBeGreaterThan(0);
    expect(stderr).toContain('The same command goes on where this one stopped.');

    const asked = await run([
      'ask',
      scratch.workspace,
      'Where is planStep0 defined?',
      '--mode',
      'cache',
      '--json',
      '--store',
      scratch.store,
    ]);
    expect(asked.code).toBe(0);
    expect(jsonValue(asked.stdout)).toMatchObject({ mode: 'cache', coverage: { filesTotal: 12 } });

    const again = await run([...compress(), '--json']);
    expect(again.code).toBe(0);
    const result = jsonValue<{ computed: number; reused: number; sheet: { segments: number; complete: boolean } }>(
      again.stdout,
    );
    expect(result.reused).toBe(done);
    expect(result.computed).toBe(result.sheet.segments - done);
    expect(result.sheet.complete).toBe(true);
  });

  it('ends at once the second time, and blocks stay usable', async () => {
    const { child, end } = start(compress());
    await firstBlocks(end);
    child.kill('SIGINT');
    child.kill('SIGINT');
    expect((await end).code).toBe(130);
    const again = await run([...compress(), '--json']);
    expect(again.code).toBe(0);
    expect(jsonValue<{ reused: number }>(again.stdout).reused).toBeGreaterThan(0);
  });
});

describe('Ctrl-C during ask', () => {
  it('ends with 130 after whole answers', async () => {
    const file = path.join(scratch.folder, 'questions.jsonl');
    const questions = Array.from({ length: 200 }, (_, i) => ({
      id: `q${i}`,
      question: `Where is planStep${i} defined?`,
    }));
    await writeFile(file, questions.map((q) => JSON.stringify(q)).join('\n'));
    const args = ['--questions', file, '--mode', 'rag', '--json', '--store', scratch.store];
    const { child, end } = start(['ask', scratch.workspace, ...args]);
    child.stdout!.once('data', () => child.kill('SIGINT'));
    const { code, stdout, stderr } = await end;
    expect(code).toBe(130);
    expect(stderr).toContain('Cancelled.');
    const ids = jsonLines(stdout).map((answer) => answer['id']);
    expect(ids.length).toBeGreaterThan(0);
    expect(ids.length).toBeLessThan(questions.length);
    expect(ids).toEqual(questions.slice(0, ids.length).map((q) => q.id));
  });
});
