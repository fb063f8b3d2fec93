import { cp, mkdir, readdir, rename, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ErrorRecord } from '../../src/common/errors.ts';
import {
  fixtureModels,
  jsonValue,
  makeScratch,
  run,
  shop,
  starter,
  starterWindow,
  type Finished,
  type Scratch,
} from './run.ts';

let scratch: Scratch;
beforeAll(async () => {
  scratch = await makeScratch(shop);
});
afterAll(() => scratch.remove());

const cli = (...args: string[]): Promise<Finished> => run([...args, '--store', scratch.store]);

/** A copy of the starter that `change` has done something to. */
async function spoiled(name: string, change: (folder: string) => Promise<void>): Promise<string> {
  const folder = path.join(scratch.folder, name);
  await cp(starter, folder, { recursive: true });
  await change(folder);
  return folder;
}

describe('models', () => {
  it('are listed with size and memory', async () => {
    const { code, stdout } = await cli('models', '--json');
    expect(code).toBe(0);
    const [model] = jsonValue<Record<string, unknown>[]>(stdout);
    expect(model).toMatchObject({ name: 'starter', bundled: true, window: starterWindow });
    expect(model!['memoryBytes']).toBeGreaterThan(model!['weightBytes'] as number);
    expect((await cli('models')).stdout).toMatch(/^starter {2}.* on disk {2}bundled\n {2}window [\d,]+ positions/u);
  });

  it('are checked by loading them', async () => {
    const { code, stdout } = await cli('models', 'check', 'starter', '--json');
    expect(code).toBe(0);
    expect(jsonValue(stdout)).toMatchObject({
      name: 'starter',
      device: { device: 'cpu', verified: true },
      window: starterWindow,
      selfTest: { passed: true },
    });
    const people = await cli('models', 'check');
    expect(people.stdout).toMatch(/^device {2}cpu/mu);
    expect(people.stdout).toMatch(/^test {4}passed/mu);
  });

  it('are imported whole, found by their short name, and not copied twice', async () => {
    const folder = path.join(fixtureModels, 'llama-fp32');
    const first = await cli('models', 'import', folder, '--name', 'tiny', '--json');
    expect(first.code).toBe(0);
    const imported = jsonValue<{ name: string; folder: string; copied: boolean }>(first.stdout);
    expect(imported.name).toMatch(/^tiny\/[0-9a-f]{12}\/model$/u);
    expect(imported.copied).toBe(true);
    expect((await readdir(imported.folder)).sort()).toEqual((await readdir(folder)).sort());
    expect(jsonValue((await cli('models', 'import', folder, '--name', 'tiny', '--json')).stdout)).toMatchObject({
      copied: false,
    });
    expect((await readdir(scratch.store)).filter((name) => name.startsWith('.import'))).toEqual([]);
    const done = await cli('compress', scratch.workspace, '--task', 'api-lookup', '--model', 'tiny', '--json');
    expect(jsonValue(done.stdout)).toMatchObject({ sheet: { model: 'model' } });
    const listed = jsonValue<{ name: string }[]>((await cli('models', '--json')).stdout);
    expect(listed.map((m) => m.name)).toEqual(['starter', imported.name]);
  });

  it('have names that are folders', async () => {
    const { code, stderr } = await cli('models', 'import', starter, '--name', '../x');
    expect(code).toBe(2);
    expect(stderr).toContain('cannot be named "../x"');
  });
});

describe('a model that cannot be used', () => {
  const refused = async (model: string, code: ErrorRecord['code'], ...parts: string[]): Promise<void> => {
    const done = await cli(
      'ask',
      scratch.workspace,
      'Where is priceWithTax defined?',
      '--mode',
      'rag',
      '--model',
      model,
      '--json',
    );
    expect(done.code).toBe(1);
    const { error } = jsonValue<{ error: ErrorRecord }>(done.stdout);
    expect(error.code).toBe(code);
    for (const part of parts) expect(`${error.message} ${error.action}`).toContain(part);
    expect(done.stderr).toBe(`Error: ${error.message}\n  ${error.action}\n`);
  };

  it('is not there', () => refused('no-such-model', 'model-missing', 'no-such-model', 'starter'));

  it('has weights that are cut off', async () => {
    const folder = await spoiled('cut', (f) => truncate(path.join(f, 'model.onnx.data'), 1_000_000));
    await refused(folder, 'model-broken', 'model.onnx.data', '1000000 of', 'again');
    const listed = await cli('models', 'import', folder);
    expect(listed.code).toBe(1);
    expect(listed.stderr).toContain('incomplete');
  });

  it('has a graph that is cut off', async () => {
    const folder = await spoiled('cut-graph', (f) => truncate(path.join(f, 'model.onnx'), 20_000));
    await refused(folder, 'model-broken', 'model.onnx');
  });

  it('has the tokenizer of another model', async () => {
    const folder = await spoiled('mixed', (f) =>
      cp(path.join(fixtureModels, 'llama-fp32/tokenizer.json'), path.join(f, 'tokenizer.json')),
    );
    await refused(folder, 'tokenizer-mismatch', 'one source');
  });

  it('uses an operator that is not supported', () =>
    refused(path.join(fixtureModels, 'qwen2-fp16-without-gqa'), 'model-unsupported', 'MultiHeadAttention'));

  it('has a profile with an unknown key, or lacks a file', async () => {
    const folder = await spoiled('profile', (f) => writeFile(path.join(f, 'cribsheet.json'), '{"fileMrk": "x"}'));
    await refused(folder, 'model-broken', 'fileMrk', 'docs/models.md');
    await rename(path.join(folder, 'cribsheet.json'), path.join(folder, 'tokenizer_config.json'));
    await rename(path.join(folder, 'tokenizer.json'), path.join(folder, 'tokens.json'));
    await refused(folder, 'model-broken', 'tokenizer.json is missing');
  });
});

describe('doctor', () => {
  it('finds everything in order, the folder too', async () => {
    const { code, stdout } = await cli('doctor', scratch.workspace, '--json');
    expect(code).toBe(0);
    const { ok, checks } = jsonValue<{ ok: boolean; checks: { name: string; status: string }[] }>(stdout);
    expect(ok).toBe(true);
    expect(checks.map((c) => c.name)).toEqual([
      'node',
      'sqlite',
      'onnxruntime',
      'model',
      'store',
      'grammars',
      'git',
      'folder',
    ]);
  });

  it('names what is wrong and what to do, and does the rest', async () => {
    const folder = path.join(scratch.folder, 'nothing');
    const { code, stdout } = await cli('doctor', folder, '--model', folder);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^fail {2}model .*\n {8}\S/mu);
    expect(stdout).toMatch(/^fail {2}folder .*There is no folder/mu);
    expect(stdout).toMatch(/^ok {4}grammars/mu);
  });
});

describe('a model is measured', () => {
  it('once, kept in the store, and what it changes are the blocks of strategies with budgets', async () => {
    const model = path.join(fixtureModels, 'llama-fp32');
    const compress = ['compress', scratch.workspace, '--task', 'api-lookup', '--strategy', 'm2', '--model', model];
    const positions = async (): Promise<[number, number]> => {
      const { stdout } = await cli(...compress, '--json');
      const { sheet, computed } = jsonValue<{ sheet: { positions: number }; computed: number }>(stdout);
      return [sheet.positions, computed];
    };
    const [before] = await positions();
    const first = await cli('models', 'measure', model, '--json');
    expect(first.code).toBe(0);
    const table = jsonValue<{ id: string; file: string; ratios: number[]; errors: number[][][]; resumed: number }>(
      first.stdout,
    );
    expect(table.errors[0]![0]).toHaveLength(table.ratios.length);
    expect(path.dirname(table.file)).toBe(path.join(scratch.store, 'measured'));
    expect(await readdir(path.dirname(table.file))).toHaveLength(1);
    const [after, computed] = await positions();
    expect([after, computed > 0]).toEqual([before, true]);
    // Again: nothing is measured.
    const again = await cli('models', 'measure', model);
    expect(again.stdout).toMatch(/^Measured before: .*\n/u);
    expect(again.stdout).toMatch(/^layer 0 +\d+ +\d+$/mu);
    expect(jsonValue((await cli('models', 'measure', model, '--json', '--fresh')).stdout)).toMatchObject({
      id: table.id,
      resumed: 0,
    });
    expect((await positions())[1]).toBe(0);
  });

  it('that is not there is said', async () => {
    const { code, stderr } = await cli('models', 'measure', 'no-such-model');
    expect(code).toBe(1);
    expect(stderr).toContain('no-such-model');
  });
});

describe('a router is fitted', () => {
  const features = {
    covered: 1,
    uncovered: 0,
    whole: 1,
    names: 1,
    where: 0,
    returns: 0,
    callers: 0,
    which: 0,
    list: 0,
    score: 2,
    margin: 0.5,
    coverage: 1,
    length: 3,
    ratio: 3,
  };
  /** Answers of a development split in which the cache is right about every question with "where", RAG about the rest. */
  async function answers(name: string, questions: number): Promise<string> {
    const config = { version: 1, model: { name: 'm', fingerprint: 'f'.repeat(64) } };
    const rows = Array.from({ length: questions }, (_, i) => {
      const row = { data: 'twin', corpus: `k${i % 5}`, draw: 0, ratio: 8, question: String(i) };
      const where = i % 2;
      return [
        { ...row, arm: 'm0-fs', score: where, features: { ...features, where, length: 3 + (i % 3) } },
        { ...row, arm: 'rag', score: 1 - where },
        { ...row, arm: 'hybrid', score: 0.5 },
      ];
    });
    const folder = await mkdir(path.join(scratch.folder, name), { recursive: true });
    const lines = [{ config }, ...rows.flat()].map((row) => `${JSON.stringify(row)}\n`);
    await writeFile(path.join(folder!, 'answers.jsonl'), lines.join(''));
    return folder!;
  }

  it('from answers of the development split, checked on corpora that were held out, and kept in the store', async () => {
    const folder = await answers('development', 60);
    const { code, stdout } = await cli('models', 'fit-router', folder, '--json');
    expect(code).toBe(0);
    const { check, router, file } = jsonValue<{
      check: { accuracy: number; questions: number };
      router: { weights: { cache: { where: number } } };
      file: string;
    }>(stdout);
    expect(check).toMatchObject({ accuracy: 1, questions: 60, corpora: 5 });
    expect(router.weights.cache.where).toBeGreaterThan(0);
    expect(path.basename(file)).toBe(`${'f'.repeat(64)}.router.json`);
    const people = await cli('models', 'fit-router', path.join(folder, 'answers.jsonl'));
    expect(people.stdout).toContain('100.0 % of all questions');
  });

  it('not from too few of them, nor from nothing', async () => {
    const few = await cli('models', 'fit-router', await answers('few', 4));
    expect([few.code, few.stderr]).toEqual([2, expect.stringContaining('eval --development')]);
    const none = await cli('models', 'fit-router', path.join(scratch.folder, 'nowhere'));
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('There are no answers')]);
    expect((await cli('models', 'fit-router')).code).toBe(2);
  });
});
