import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ignoredByGit, withoutFiles } from '../../src/engine/corpus/ignoredPaths.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'cribsheet-ignored-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [file, text] of Object.entries(files)) {
    await mkdir(path.join(root, path.dirname(file)), { recursive: true });
    await writeFile(path.join(root, file), text);
  }
}

test('git names what it ignores, a whole folder once, also from a subfolder', async () => {
  await write({ '.gitignore': '*.log\nout/\n', 'a.log': '', 'out/b/c.js': '', 'sub/d.log': '', 'sub/e.ts': '' });
  expect(await ignoredByGit(root)).toEqual([]);
  await promisify(execFile)('git', ['init', '-q', root]);
  expect((await ignoredByGit(root)).sort()).toEqual(['a.log', 'out/', 'sub/d.log']);
  expect(await ignoredByGit(path.join(root, 'sub'))).toEqual(['d.log']);
  // An ignored folder that was opened on purpose does not ignore itself.
  expect(await ignoredByGit(path.join(root, 'out'))).toEqual([]);
  expect(await ignoredByGit(root, { git: 'no-such-git' })).toEqual([]);
});

test('what holds a file that is read is not ignored', () => {
  expect(withoutFiles(['out/', 'a/b/', 'a.log', 'a/'], ['a/b/c.ts', 'a.log'])).toEqual(['out/']);
  const name = fc.constantFrom('a', 'b', 'c');
  const file = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
  fc.assert(
    fc.property(fc.array(file), fc.array(file), fc.array(file), (files, ignored, folders) => {
      const before = [...new Set([...ignored, ...folders.map((folder) => `${folder}/`)])];
      const left = withoutFiles(before, files);
      const holds = (one: string): boolean =>
        files.some((path) => path === one || (one.endsWith('/') && path.startsWith(one)));
      expect(left).toEqual(before.filter((one) => !holds(one)));
    }),
  );
});
