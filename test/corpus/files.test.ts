import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CribsheetError } from '../../src/common/errors.ts';
import { listFiles } from '../../src/engine/corpus/files.ts';
import { reasonOf, Tree } from './filesTree.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

function repository(files: Readonly<Record<string, string>>): Tree {
  const tree = new Tree(files);
  tree.git('init', '-q');
  return tree;
}

describe('listFiles with git', () => {
  it('lists tracked and untracked files, without ignored, deleted and doubly listed ones', async () => {
    using tree = repository({ 'b.ts': '', 'a/c.ts': '', 'gone.ts': '', 'gone/too.ts': '', '.gitignore': '*.log\n' });
    tree.git('add', '-A');
    tree.write({ 'new.ts': '', 'x.log': '' });
    rmSync(tree.at('gone.ts'));
    rmSync(tree.at('gone'), { recursive: true });
    expect(await listFiles(tree.root)).toEqual({
      paths: ['.gitignore', 'a/c.ts', 'b.ts', 'new.ts'],
      skipped: [],
      source: 'git',
    });
  });

  it('lists a file in conflict once', async () => {
    using tree = repository({ 'a.ts': 'base\n' });
    tree.git('add', '-A');
    tree.git('commit', '-qm', 'base');
    tree.git('checkout', '-qb', 'other');
    tree.write({ 'a.ts': 'other\n' });
    tree.git('commit', '-qam', 'other');
    tree.git('checkout', '-q', '-');
    tree.write({ 'a.ts': 'mine\n' });
    tree.git('commit', '-qam', 'mine');
    expect(() => tree.git('merge', '-q', 'other')).toThrow();
    expect(tree.git('ls-files').trim().split('\n')).toHaveLength(3);
    expect((await listFiles(tree.root)).paths).toEqual(['a.ts']);
  });

  it('works in a subfolder of a repository, by the rules of the folders above', async () => {
    using tree = repository({ '.gitignore': '*.log\n', 'pkg/a.ts': '', 'pkg/a.log': '', 'other.ts': '' });
    for (const git of [undefined, '/nonexistent/git']) {
      expect((await listFiles(tree.at('pkg'), { git })).paths).toEqual(['a.ts']);
    }
  });

  it('walks an ignored folder of a repository that was opened on purpose', async () => {
    using tree = repository({
      '.gitignore': 'work/\n',
      'work/project/a.ts': '',
      'work/project/.gitignore': '*.log\n',
      'work/project/b.log': '',
    });
    for (const git of [undefined, '/nonexistent/git']) {
      const listing = await listFiles(tree.at('work/project'), { git });
      expect(listing.paths).toEqual(['.gitignore', 'a.ts']);
      expect(listing.source).toBe('walk');
    }
  });

  it('includes submodules and nested repositories by their own rules, and no linked worktrees', async () => {
    using library = repository({ 'lib.c': '', '.gitignore': '*.o\n' });
    library.git('add', '-A');
    library.git('commit', '-qm', 'lib');
    using tree = repository({ 'main.c': '' });
    tree.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', library.root, 'deps/sub');
    tree.git('commit', '-qm', 'sub');
    tree.git('clone', '-q', library.root, 'nested');
    tree.git('worktree', 'add', '-q', 'second');
    tree.write({ 'deps/sub/new.c': '', 'deps/sub/new.o': 'x', 'nested/x.tmp': '', 'nested/x.o': '' });
    const expected = [
      '.gitmodules',
      'deps/sub/.gitignore',
      'deps/sub/lib.c',
      'deps/sub/new.c',
      'main.c',
      'nested/.gitignore',
      'nested/lib.c',
      'nested/x.tmp',
    ];
    const listing = await listFiles(tree.root);
    expect(listing.paths).toEqual(expected);
    expect(reasonOf(listing, 'second/')).toBe('ignored');
    const walk = await listFiles(tree.root, { git: '/nonexistent/git' });
    expect(walk.paths).toEqual(expected);
    expect(reasonOf(walk, 'second/')).toBe('ignored');
  });

  it('walks a nested repository that git cannot read, and passes over an empty submodule folder', async () => {
    using tree = repository({ 'a.ts': '', 'broken/b.ts': '', 'broken/b.log': '', 'broken/.gitignore': '*.log\n' });
    tree.git('init', '-q', 'broken');
    writeFileSync(tree.at('broken/.git/HEAD'), 'garbage');
    mkdirSync(tree.at('empty'));
    tree.git('update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},empty`);
    tree.git('update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},broken`);
    expect((await listFiles(tree.root)).paths).toEqual(['a.ts', 'broken/.gitignore', 'broken/b.ts']);
  });

  it('walks where git is missing or refuses, and says why', async () => {
    using tree = repository({ '.gitignore': '*.log\n', 'a.ts': '', 'a.log': '' });
    const missing = await listFiles(tree.root, { git: '/nonexistent/git' });
    expect(missing).toMatchObject({ paths: ['.gitignore', 'a.ts'], source: 'walk' });
    expect(missing.gitProblem).toContain('ENOENT');

    vi.stubEnv('GIT_TEST_ASSUME_DIFFERENT_OWNER', '1');
    const refused = await listFiles(tree.root);
    expect(refused).toMatchObject({ paths: ['.gitignore', 'a.ts'], source: 'walk' });
    expect(refused.gitProblem).toContain('dubious ownership');
  });

  it('has no problem to name outside repositories', async () => {
    using tree = new Tree({ 'a.ts': '' });
    expect(await listFiles(tree.root)).toEqual({ paths: ['a.ts'], skipped: [], source: 'walk' });
  });

  it('is not led elsewhere by the variables of a git hook', async () => {
    using tree = repository({ 'a.ts': '' });
    using other = repository({ 'b.ts': '' });
    other.git('add', '-A');
    vi.stubEnv('GIT_DIR', other.at('.git'));
    vi.stubEnv('GIT_WORK_TREE', other.root);
    vi.stubEnv('GIT_INDEX_FILE', other.at('.git/index'));
    expect(await listFiles(tree.root)).toMatchObject({ paths: ['a.ts'], source: 'git' });
  });

  it('runs no program that the repository configures', async () => {
    using tree = repository({ 'a.ts': '' });
    tree.git('add', '-A');
    const marker = tree.at('.git/ran');
    const hook = tree.at('.git/monitor.sh');
    writeFileSync(hook, `#!/bin/sh\ntouch '${marker}'\n`);
    chmodSync(hook, 0o755);
    tree.git('config', 'core.fsmonitor', hook);
    tree.git('status');
    expect(existsSync(marker)).toBe(true);
    rmSync(marker);
    expect((await listFiles(tree.root)).source).toBe('git');
    expect(existsSync(marker)).toBe(false);
  });
});

describe('listFiles and what lies outside', () => {
  it('reports symbolic links and follows none, whichever way it lists', async () => {
    using outside = new Tree({ 'secret.ts': '' });
    using tree = repository({ 'a.ts': '', 'dir/b.ts': '' });
    symlinkSync('a.ts', tree.at('link.ts'));
    symlinkSync(outside.root, tree.at('out'));
    symlinkSync('..', tree.at('dir/loop'));
    symlinkSync('nowhere', tree.at('broken'));
    for (const git of [undefined, '/nonexistent/git']) {
      const listing = await listFiles(tree.root, { git });
      expect(listing.paths).toEqual(['a.ts', 'dir/b.ts']);
      expect(listing.skipped).toEqual(
        ['broken', 'dir/loop', 'link.ts', 'out'].map((path) => ({ path, reason: 'symlink' })),
      );
    }
  });

  it('follows the workspace folder itself when it is a link', async () => {
    using tree = repository({ 'a.ts': '' });
    symlinkSync(tree.root, `${tree.root}-link`);
    expect((await listFiles(`${tree.root}-link`)).paths).toEqual(['a.ts']);
  });

  it('does not go through a link that took the place of a tracked folder', async () => {
    using outside = new Tree({ 'b.ts': 'secret', 'deep/c.ts': 'secret' });
    using tree = repository({ 'a.ts': '', 'dir/b.ts': '', 'dir/deep/c.ts': '' });
    tree.git('add', '-A');
    rmSync(tree.at('dir'), { recursive: true });
    symlinkSync(outside.root, tree.at('dir'));
    const listing = await listFiles(tree.root);
    expect(listing.paths).toEqual(['a.ts']);
    expect(listing.skipped.filter(({ path }) => path.startsWith('dir/'))).toEqual([
      { path: 'dir/b.ts', reason: 'symlink' },
      { path: 'dir/deep/c.ts', reason: 'symlink' },
    ]);
  });

  it('never lists a path that leaves the workspace, even from a forged index', async () => {
    using tree = repository({ 'ab/secret.ts': '', 'a.ts': '' });
    tree.git('add', '-A');
    forgeIndex(tree, 'ab/secret.ts', '../secret.ts');
    writeFileSync(`${tree.root}/../secret.ts`, 'outside');
    expect(tree.git('ls-files')).toContain('../secret.ts');
    const listing = await listFiles(tree.root);
    expect(listing.paths).toEqual(['a.ts', 'ab/secret.ts']);
    expect(listing.skipped).toEqual([{ path: '…/secret.ts', reason: 'unreadable' }]);
  });

  it('takes names with newlines, quotes, dashes, dots and other letters as they are', async () => {
    const names = [
      'a\nb.ts',
      '"q".ts',
      "it's.ts",
      '-rf',
      '--all',
      '..x',
      '...',
      'a b .ts',
      'ä/ß.ts',
      '日本.ts',
      '$(x)',
      '*',
      ':(top)',
      'tab\t.ts',
      '\u00e9.ts',
      'e\u0301.ts',
    ];
    using tree = repository(Object.fromEntries(names.map((name) => [name, ''])));
    for (const git of [undefined, '/nonexistent/git']) {
      expect((await listFiles(tree.root, { git })).paths).toEqual([...names].sort());
    }
  });

  it.runIf(process.platform === 'linux')('reports names that are not UTF-8', async () => {
    using tree = repository({ 'a.ts': '' });
    writeFileSync(Buffer.concat([Buffer.from(tree.at('b')), Buffer.from([0xff])]), '');
    mkdirSync(Buffer.concat([Buffer.from(tree.at('d')), Buffer.from([0xff])]));
    writeFileSync(Buffer.concat([Buffer.from(tree.at('d')), Buffer.from([0xff]), Buffer.from('/c.ts')]), '');
    const withGit = await listFiles(tree.root);
    expect(withGit).toMatchObject({ paths: ['a.ts'], source: 'git' });
    expect(reasonOf(withGit, 'b\uFFFD')).toBe('unreadable');
    expect(reasonOf(withGit, 'd\uFFFD/c.ts')).toBe('unreadable');
    const walk = await listFiles(tree.root, { git: '/nonexistent/git' });
    expect(walk.paths).toEqual(['a.ts']);
    expect(reasonOf(walk, 'b\uFFFD')).toBe('unreadable');
    expect(reasonOf(walk, 'd\uFFFD/')).toBe('unreadable');
  });
});

describe('listFiles and its errors', () => {
  it('names a folder that is missing or no folder', async () => {
    using tree = new Tree({ 'a.ts': '' });
    for (const path of ['nowhere', 'a.ts', 'a.ts/b']) {
      const error = await listFiles(tree.at(path)).catch((thrown: unknown) => thrown);
      expect(CribsheetError.is(error, 'workspace-missing')).toBe(true);
      expect((error as Error).message).toContain(tree.at(path));
    }
  });
});

/** Replaces a path in the index by one of the same length and mends the checksum at its end. */
function forgeIndex(tree: Tree, from: string, to: string): void {
  const index = readFileSync(tree.at('.git/index'));
  index.write(to, index.indexOf(from), 'utf8');
  const body = index.subarray(0, -20);
  writeFileSync(tree.at('.git/index'), Buffer.concat([body, createHash('sha1').update(body).digest()]));
}
