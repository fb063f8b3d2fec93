import { cp, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../../src/common/answers.ts';
import type { Doubt } from '../../src/engine/model/profile.ts';
import { fixtureModels, jsonValue, makeScratch, run, shop, type Finished, type Scratch } from './run.ts';

let scratch: Scratch;
beforeAll(async () => {
  scratch = await makeScratch(shop);
});
afterAll(() => scratch.remove());

const question = 'Where is priceWithTax defined?';

/** Asks a tiny model that talks nonsense, always the same, and tells of its doubts as `doubt` says. */
async function ask(doubt: Doubt, ...args: string[]): Promise<Finished> {
  const folder = path.join(scratch.folder, 'doubting');
  await cp(path.join(fixtureModels, 'qwen3-fp32'), folder, { recursive: true });
  await writeFile(path.join(folder, 'cribsheet.json'), JSON.stringify({ answerTokens: 4, doubt }));
  const [command = 'ask', ...rest] = args;
  return run([command, scratch.workspace, question, '--model', folder, '--store', scratch.store, ...rest]);
}

/** What that model says, without a doubt. */
const said = async (): Promise<Answer> =>
  jsonValue<Answer>((await ask({ confidence: 0 }, 'ask', '--mode', 'rag', '--json')).stdout);

describe('an answer that should not be relied on', () => {
  it('says so with low confidence, below the text, with places and a way to a larger model', async () => {
    const { code, stdout } = await ask({ confidence: 1 }, 'ask', '--mode', 'rag');
    expect(code).toBe(0);
    const { answer } = await said();
    expect(stdout.startsWith(`${answer}\n\nThe model is not sure of this answer.\n`)).toBe(true);
    expect(stdout).toMatch(/the best come first:\n {2}src\/price\.ts:1-4 {2}priceWithTax\n/u);
    expect(stdout).toContain('A larger model can answer more: "cribsheet models import FOLDER"');
    expect(stdout).toMatch(/ · total .* · confidence \d+ %/u);
  });

  it('is replaced where the model says that it cannot do this', async () => {
    const { answer } = await said();
    const { stdout } = await ask({ beyond: [answer] }, 'ask', '--mode', 'rag');
    expect(stdout).not.toContain(answer);
    expect(stdout.match(/beyond this model/gu)).toHaveLength(1);
    expect(stdout).toContain('  src/price.ts:1-4  priceWithTax\n');
    expect(stdout).not.toContain('Citations');
  });

  it('is contradicted where it denies what is there', async () => {
    const { answer } = await said();
    const { stdout } = await ask({ absent: [answer] }, 'ask', '--mode', 'rag');
    expect(stdout).toContain('The model did not find it, but the workspace has a definition of that name.');
  });

  it('has state, places and the model’s own words in JSON', async () => {
    const { answer, confidence, unsure } = await said();
    expect([unsure, confidence! > 0 && confidence! < 1]).toEqual([undefined, true]);
    const { stdout } = await ask({ beyond: [answer] }, 'ask', '--mode', 'rag', '--json');
    const told = jsonValue<Answer>(stdout);
    expect(told).toMatchObject({ answer, confidence, unsure: 'beyond' });
    expect(told.found![0]).toEqual({ path: 'src/price.ts', startLine: 1, endLine: 4, name: 'priceWithTax' });
  });

  it('is marked in a comparison too', async () => {
    const { stdout } = await ask({ confidence: 1 }, 'compare', '--modes', 'rag,full');
    expect(stdout.match(/\(The model is not sure/gu)).toHaveLength(2);
    expect(stdout.match(/\? src\/price\.ts:1-4 priceWithTax/gu)).toHaveLength(2);
    expect(stdout).toContain('? found by search, since the answer should not be relied on');
  });
});
