import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { CribsheetError } from '../../src/common/errors.ts';
import { listFiles } from '../../src/engine/corpus/files.ts';
import { reasonOf, Tree } from './filesTree.ts';

const noGit = { git: '/nonexistent/git' };

function numbered(count: number, folder = ''): Record<string, string> {
  const name = (index: number) => `${folder}f${String(index).padStart(4, '0')}.ts`;
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [name(index), '']));
}

/** A program in the place of git that prints names without end. */
function endlessGit(tree: Tree): string {
  const script = `#!/bin/sh\necho $$ > '${tree.root}/../pid'\ni=0\nwhile :; do i=$((i+1)); printf 'f%d.ts\\0' $i; done\n`;
  tree.write({ '../git.sh': script });
  chmodSync(`${tree.root}/../git.sh`, 0o755);
  return `${tree.root}/../git.sh`;
}

function endlessGitRuns(tree: Tree): boolean {
  try {
    process.kill(Number(readFileSync(`${tree.root}/../pid`, 'utf8')), 0);
    return true;
  } catch {
    return false;
  }
}

describe('limits of a listing', () => {
  it('lets in maxFiles and names the others', async () => {
    using tree = new Tree({ ...numbered(20), 'a.png': '' });
    tree.git('init', '-q');
    for (const git of ['git', noGit.git]) {
      const { paths, skipped } = await listFiles(tree.root, { maxFiles: 5, git });
      expect(paths).toEqual(Object.keys(numbered(5)));
      expect(skipped.filter(({ reason }) => reason === 'too-many-files')).toHaveLength(15);
      expect(reasonOf({ skipped }, 'a.png')).toBe('binary');
    }
  });

  it('prefers tracked files where there are too many', async () => {
    using tree = new Tree({ 'z/tracked.ts': '' });
    tree.git('init', '-q');
    tree.git('add', '-A');
    tree.write(numbered(20));
    for (const limit of [{ maxFiles: 1 }, { maxListed: 1 }]) {
      expect((await listFiles(tree.root, limit)).paths).toEqual(['z/tracked.ts']);
    }
  });

  it('stops looking after maxListed names and says where', async () => {
    using tree = new Tree({ ...numbered(10), ...numbered(30, 'big/'), ...numbered(10, 'later/') });
    const walk = await listFiles(tree.root, { maxListed: 25 });
    expect(walk.paths.length).toBeLessThanOrEqual(25);
    expect(reasonOf(walk, 'big/')).toBe('too-many-files');
    tree.git('init', '-q');
    const withGit = await listFiles(tree.root, { maxListed: 25 });
    expect(withGit.paths).toHaveLength(25);
    expect(reasonOf(withGit, './')).toBe('too-many-files');
  });

  it('counts only what is in scope', async () => {
    using tree = new Tree({ ...numbered(50, 'big/'), 'src/a.ts': '', 'src/deep/b.ts': '' });
    const options = { scope: ['src/**'], maxListed: 10, maxFiles: 2 };
    const expected = { paths: ['src/a.ts', 'src/deep/b.ts'], skipped: [] };
    expect(await listFiles(tree.root, options)).toMatchObject(expected);
    tree.git('init', '-q');
    expect(await listFiles(tree.root, options)).toMatchObject(expected);
  });

  it('ends a git that prints more than maxListed names', async () => {
    using tree = new Tree({ 'f1.ts': '', 'f2.ts': '' });
    tree.git('init', '-q');
    const listing = await listFiles(tree.root, { git: endlessGit(tree), maxListed: 1000 });
    expect(listing.paths).toEqual(['f1.ts', 'f2.ts']);
    expect(reasonOf(listing, './')).toBe('too-many-files');
    expect(endlessGitRuns(tree)).toBe(false);
  });
});

describe('cancelling a listing', () => {
  it('does not start when cancelled before', async () => {
    using tree = new Tree({ 'a.ts': '' });
    const error = await listFiles(tree.root, { signal: AbortSignal.abort() }).catch((thrown: unknown) => thrown);
    expect(CribsheetError.is(error, 'cancelled')).toBe(true);
  });

  it('ends git', async () => {
    using tree = new Tree();
    tree.git('init', '-q');
    const controller = new AbortController();
    const listing = listFiles(tree.root, { git: endlessGit(tree), maxListed: Infinity, signal: controller.signal });
    const failed = expect(listing).rejects.toMatchObject({ code: 'cancelled' });
    while (!endlessGitRuns(tree)) await setImmediate();
    controller.abort();
    await failed;
    // It has been told to end; where it does not, this test runs out of time.
    while (endlessGitRuns(tree)) await setImmediate();
  });

  it('ends a walk between two folders and in a large one', async () => {
    using deep = new Tree(
      Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`d${String(index)}/a.ts`, ''])),
    );
    using flat = new Tree(numbered(5000));
    for (const tree of [deep, flat]) {
      const controller = new AbortController();
      const failed = expect(listFiles(tree.root, { signal: controller.signal })).rejects.toMatchObject({
        code: 'cancelled',
      });
      await setImmediate();
      controller.abort();
      await failed;
    }
  });
});

describe('the walk without ignore files', () => {
  it('leaves out folders that only tools write, and build output where a tool file shows it', async () => {
    using tree = new Tree({
      'package.json': '{}',
      'node_modules/x/index.js': '',
      'py/__pycache__/a.py': '',
      'py/env/pyvenv.cfg': '',
      'py/env/lib/b.py': '',
      'py/thing.egg-info/PKG-INFO': '',
      'dist/out.js': '',
      'rust/Cargo.toml': '',
      'rust/target/x.rs': '',
      'tools/target/keep.ts': '',
      'tools/build/keep.ts': '',
      'tools/vendor/keep.ts': '',
      'src/env/keep.ts': '',
    });
    const { paths, skipped } = await listFiles(tree.root);
    expect(paths).toEqual([
      'package.json',
      'rust/Cargo.toml',
      'src/env/keep.ts',
      'tools/build/keep.ts',
      'tools/target/keep.ts',
      'tools/vendor/keep.ts',
    ]);
    expect(skipped).toEqual(
      ['dist/', 'node_modules/', 'py/__pycache__/', 'py/env/', 'py/thing.egg-info/', 'rust/target/'].map((path) => ({
        path,
        reason: 'ignored',
      })),
    );
  });

  it('trusts ignore files about build output where there are some', async () => {
    using tree = new Tree({ 'package.json': '{}', '.gitignore': 'out/\n', 'build/gulpfile.js': '', 'out/a.js': '' });
    const listing = await listFiles(tree.root);
    expect(listing.paths).toEqual(['.gitignore', 'build/gulpfile.js', 'package.json']);
  });

  it('reports pipes and unreadable folders, and never opens .git', async () => {
    using tree = new Tree({ 'a.ts': '', 'sub/.git/config': '', 'sub/b.ts': '' });
    tree.pipe('pipe');
    const listing = await listFiles(tree.root);
    expect(listing.paths).toEqual(['a.ts', 'sub/b.ts']);
    expect(listing.skipped).toEqual([{ path: 'pipe', reason: 'unreadable' }]);
    tree.git('init', '-q');
    tree.git('add', 'a.ts');
    rmSync(tree.at('a.ts'));
    tree.pipe('a.ts');
    expect(reasonOf(await listFiles(tree.root), 'a.ts')).toBe('unreadable');
  });

  it('reads no ignore file through a link', async () => {
    using tree = new Tree({ 'rules/all': '*\n', 'a.ts': '' });
    symlinkSync('rules/all', tree.at('.gitignore'));
    symlinkSync('rules/all', tree.at('.cribsheetignore'));
    mkdirSync(tree.at('sub/.gitignore'), { recursive: true });
    expect((await listFiles(tree.root)).paths).toEqual(['a.ts', 'rules/all']);
    tree.git('init', '-q');
    expect((await listFiles(tree.root)).paths).toEqual(['a.ts', 'rules/all']);
  });
});
