import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jsonLines, jsonValue, makeScratch, run, shop, start, starterProfile, type Scratch } from './run.ts';

let scratch: Scratch;
beforeEach(async () => {
  scratch = await makeScratch(shop);
});
afterEach(() => scratch.remove());

const cli = (...args: string[]) => run([...args, '--store', scratch.store]);

describe('chunks', () => {
  it('prints exactly the fields of the contract, and the chunks of a file join up to it', async () => {
    const { code, stdout } = await cli('chunks', scratch.workspace, '--json');
    expect(code).toBe(0);
    const chunks = jsonLines(stdout);
    const fields = 'path startLine endLine kind name qualifiedName parameters returns doc language text'.split(' ');
    for (const chunk of chunks) expect(Object.keys(chunk)).toEqual(fields);
    for (const [file, text] of Object.entries(shop)) {
      const own = chunks.filter((c) => c['path'] === file);
      expect(own.map((c) => c['text']).join('')).toBe(text);
    }
    expect(chunks.find((c) => c['name'] === 'priceWithTax')).toMatchObject({
      path: 'src/price.ts',
      kind: 'function',
      parameters: 'cents: number, rate: number',
      returns: 'number',
      doc: expect.stringMatching(/^Adds the tax to a price in cents\.?$/u) as string,
      language: 'typescript',
    });
    expect(chunks.find((c) => c['name'] === 'yearly_report')).toMatchObject({ returns: null, language: 'python' });
  });

  it('prints one line a chunk for people, and loads no model', async () => {
    const { code, stdout, stderr } = await cli('chunks', scratch.workspace, '--model', 'no-such-model');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^src\/price\.ts:\d+-\d+ function priceWithTax$/mu);
    expect(stdout).toMatch(/^src\/cart\.ts:\d+-\d+ method ShoppingCart\.totalPrice$/mu);
    expect(stderr).toMatch(/chunks in 3 files/u);
    expect((await cli('chunks', scratch.workspace, '--quiet')).stderr).toBe('');
  });

  it('lists what is left out and why', async () => {
    await scratch.write('logo.bin', Uint8Array.from([0, 1, 2, 0, 255]));
    await scratch.write('latin.ts', Uint8Array.from([...Buffer.from('// caf'), 0xe9, 10]));
    await symlink('..', path.join(scratch.workspace, 'src/loop'));
    const { code, stdout } = await cli('chunks', scratch.workspace, '--skipped', '--json');
    expect(code).toBe(0);
    const skipped = Object.fromEntries(jsonLines(stdout).map((s) => [s['path'], s['reason']]));
    expect(skipped).toMatchObject({ 'logo.bin': 'binary', 'latin.ts': 'not-utf8', 'src/loop': 'symlink' });
    const people = await cli('chunks', scratch.workspace, '--skipped');
    expect(people.stdout).toContain('latin.ts  not-utf8\n');
  });

  it('cleans what a workspace says before a person sees it', async () => {
    await scratch.write('evil\u001B]0;owned\u0007.ts', 'export function admin\u202E() {}\n');
    const { code, stdout, stderr } = await cli('chunks', scratch.workspace);
    expect(code).toBe(0);
    expect(stdout + stderr).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
    expect(stdout).toContain('evil');
  });

  it('ends quietly when its reader has seen enough', async () => {
    const many = Array.from({ length: 3_000 }, (_, i) => `export function f${i}(): number {\n  return ${i};\n}\n`);
    for (let i = 0; i < 10; i++) await scratch.write(`many${i}.ts`, many.slice(300 * i, 300 * i + 300).join('\n'));
    const { child, end } = start(['chunks', scratch.workspace, '--json', '--quiet', '--store', scratch.store]);
    child.stdout!.once('data', () => child.stdout!.destroy());
    expect(await end).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('segments', () => {
  it('prints what the model prefills, packed by its profile', async () => {
    const { code, stdout } = await cli('segments', scratch.workspace, '--json');
    expect(code).toBe(0);
    const segments = jsonLines(stdout) as {
      id: string;
      paths: string[];
      tokens: number;
      text: string;
      chunks: unknown[];
    }[];
    for (const segment of segments) {
      expect(Object.keys(segment)).toEqual(['id', 'paths', 'tokens', 'text', 'chunks']);
      expect(segment.text.startsWith(starterProfile.fileMark)).toBe(true);
      expect(segment.tokens).toBeGreaterThan(0);
      expect(segment.tokens).toBeLessThanOrEqual(starterProfile.segmentTokens);
    }
    expect(segments.flatMap((s) => s.paths)).toEqual(expect.arrayContaining(Object.keys(shop)));
    const scoped = jsonLines((await cli('segments', scratch.workspace, '--json', '--scope', '*.py')).stdout);
    expect(scoped.map((s) => s['paths'])).toEqual([['tools/report.py']]);
  });
});

describe('a folder that cannot be read', () => {
  const oneError = (
    result: { code: number | null; stdout: string; stderr: string },
    message: string,
    action: string,
  ): void => {
    expect([result.code, result.stdout]).toEqual([1, '']);
    expect(result.stderr).toMatch(/^Error: [^\n]+\n {2}[^\n]+\n$/u);
    expect(result.stderr).toContain(message);
    expect(result.stderr).toContain(action);
  };

  it('is missing, a file, or empty: one clear message each, and no store is made for it', async () => {
    oneError(await cli('chunks', path.join(scratch.folder, 'nowhere')), 'There is no folder', 'Check the path');
    oneError(await cli('chunks', path.join(scratch.workspace, 'src/cart.ts')), 'is not a folder', 'Check the path');
    await expect(readdir(scratch.store)).rejects.toThrow('ENOENT');
    const empty = path.join(scratch.folder, 'empty');
    await mkdir(empty);
    oneError(await cli('chunks', empty), 'there is no file', 'Open a folder that holds source files');
    await writeFile(path.join(empty, 'latin.ts'), Uint8Array.of(0x2f, 0x2f, 0xe9, 10));
    oneError(await cli('segments', empty), '1 not UTF-8', 'Open a folder');
  });

  it('is said as JSON where a single result was asked for', async () => {
    const { code, stdout } = await cli(
      'compress',
      path.join(scratch.folder, 'nowhere'),
      '--task',
      'api-lookup',
      '--json',
    );
    expect(code).toBe(1);
    expect(jsonValue(stdout)).toMatchObject({
      error: { code: 'workspace-missing', action: expect.any(String) as string },
    });
  });

  it('has a store that cannot be written', async () => {
    const file = path.join(scratch.folder, 'plain-file');
    await writeFile(file, '');
    const store = path.join(file, 'store');
    for (const args of [
      ['chunks', scratch.workspace],
      ['compress', scratch.workspace, '--task', 'api-lookup'],
      ['ask', scratch.workspace, 'Where is priceWithTax defined?', '--mode', 'rag'],
    ]) {
      oneError(await run([...args, '--store', store]), 'cannot be written', '--store');
    }
    const doctor = await run(['doctor', '--store', store, '--no-model', '--json']);
    expect(doctor.code).toBe(1);
    const { ok, checks } = jsonValue<{ ok: boolean; checks: { name: string; status: string; action?: string }[] }>(
      doctor.stdout,
    );
    expect(ok).toBe(false);
    expect(checks.filter((c) => c.status === 'fail').map((c) => c.name)).toEqual(['store']);
    expect(checks.find((c) => c.name === 'store')?.action).toContain('--store');
    await rm(file);
  });
});
