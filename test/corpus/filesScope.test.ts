import { describe, expect, it } from 'vitest';
import { listFiles } from '../../src/engine/corpus/files.ts';
import { isInside } from '../../src/engine/corpus/paths.ts';
import { Scope } from '../../src/engine/corpus/scope.ts';
import { Tree } from './filesTree.ts';

const files = [
  'README.md',
  'a.ts',
  'docs/guide.md',
  'packages/a/index.ts',
  'packages/a/src/deep/x.tsx',
  'packages/ab/index.ts',
  'packages/b/docs/inner.md',
  'src/#odd/x.ts',
  'src/lib/y.py',
  'src/main.ts',
  'src/main.test.ts',
];

function within(...patterns: string[]): string[] {
  const scope = new Scope(patterns);
  return files.filter((path) => scope.matches(path));
}

const below = (...folders: string[]) => files.filter((path) => folders.some((folder) => path.startsWith(folder)));

describe('Scope', () => {
  it('lets everything in without a pattern, and by the patterns that mean everything', () => {
    for (const patterns of [[], [''], ['.'], ['./'], ['**'], ['/'], ['**/*']])
      expect(within(...patterns)).toEqual(files);
  });

  it('knows folders, globs and names at any depth', () => {
    expect(within('src/**')).toEqual(below('src/'));
    expect(within('src')).toEqual(below('src/', 'packages/a/src/'));
    expect(within('/src')).toEqual(below('src/'));
    expect(within('./src/')).toEqual(below('src/'));
    expect(within('packages/a')).toEqual(below('packages/a/'));
    expect(within('docs')).toEqual(['docs/guide.md', 'packages/b/docs/inner.md']);
    expect(within('*.ts')).toEqual(files.filter((path) => path.endsWith('.ts')));
    expect(within('packages/*/index.ts')).toEqual(['packages/a/index.ts', 'packages/ab/index.ts']);
    expect(within('**/deep/*')).toEqual(['packages/a/src/deep/x.tsx']);
    expect(within('src/main.ts', 'README.md')).toEqual(['README.md', 'src/main.ts']);
    expect(within('nowhere/**')).toEqual([]);
  });

  it('takes away with an exclamation mark, in any order', () => {
    const expected = ['src/#odd/x.ts', 'src/lib/y.py', 'src/main.ts'];
    expect(within('/src/**', '!*.test.ts')).toEqual(expected);
    expect(within('!*.test.ts', '/src/**')).toEqual(expected);
    expect(within('!packages')).toEqual(files.filter((path) => !path.startsWith('packages/')));
  });

  it('takes backslashes for slashes, expands braces and takes # as a letter', () => {
    expect(within('src\\**')).toEqual(below('src/'));
    expect(within('.\\packages\\a')).toEqual(below('packages/a/'));
    expect(within('*.{tsx,p{y,yi}}')).toEqual(['packages/a/src/deep/x.tsx', 'src/lib/y.py']);
    expect(within('{docs,src/lib}/**')).toEqual(['docs/guide.md', 'src/lib/y.py']);
    expect(within('#odd')).toEqual(['src/#odd/x.ts']);
  });

  it('a pattern without end matches nothing, at once', () => {
    const endless = `{${','.repeat(900_000)}`;
    expect(within(endless, 'docs/guide.md')).toEqual(['docs/guide.md']);
    expect(within(endless)).toEqual([]);
    expect(within(`!${endless}`)).toEqual(files);
    expect(within('a{b')).toEqual([]);
    expect(within('{a,b}'.repeat(12))).toEqual([]);
  });

  it('never says that it does not reach a folder in which something matches', () => {
    for (const pattern of ['src/**', 'packages/a', '*.ts', 'docs', '/docs', 'packages/*/src', 'src/main.ts', '!src']) {
      const scope = new Scope([pattern]);
      for (const path of files.filter((file) => scope.matches(file))) {
        const parts = path.split('/');
        for (let count = 1; count < parts.length; count++) {
          expect(scope.reaches(parts.slice(0, count).join('/')), `${pattern} ${path}`).toBe(true);
        }
      }
    }
    expect(new Scope(['packages/a/**']).reaches('src')).toBe(false);
    expect(new Scope(['packages/a/**']).reaches('packages/ab')).toBe(false);
  });

  it('restricts a listing and its report, also into a submodule or what git ignores', async () => {
    using tree = new Tree({
      'src/a.ts': '',
      'src/a.png': '',
      'b.png': '',
      'b.ts': '',
      'nested/src/c.ts': '',
      'gen/src/d.ts': '',
      '.gitignore': 'gen/\n',
      '.cribsheetignore': '!gen/\n',
    });
    tree.git('init', '-q');
    tree.git('init', '-q', 'nested');
    for (const git of [undefined, '/nonexistent/git']) {
      const listing = await listFiles(tree.root, { scope: ['src'], git });
      expect(listing.paths).toEqual(['gen/src/d.ts', 'nested/src/c.ts', 'src/a.ts']);
      expect(listing.skipped).toEqual([{ path: 'src/a.png', reason: 'binary' }]);
      expect((await listFiles(tree.root, { scope: ['nested/src/**', 'gen/src'], git })).paths).toEqual([
        'gen/src/d.ts',
        'nested/src/c.ts',
      ]);
    }
  });
});

describe('isInside', () => {
  it('refuses every path that leads elsewhere', () => {
    for (const path of [
      '',
      '/',
      '/a',
      '..',
      '../a',
      'a/..',
      'a/../b',
      './a',
      'a//b',
      'a/',
      '.git/config',
      'a/.GIT/x',
      'a\0b',
    ]) {
      expect(isInside(path), path).toBe(false);
    }
    for (const path of ['a', 'a/b', '..a', 'a..', '...', '.gitignore', '.github/x', '-a', 'a b']) {
      expect(isInside(path), path).toBe(true);
    }
  });
});
