import fc from 'fast-check';
import { readdirSync, rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { listFiles } from '../../src/engine/corpus/files.ts';
import { reasonOf, Tree } from './filesTree.ts';

const noGit = { git: '/nonexistent/git' };

/** Both ways to list the same folder must let in the same files. */
async function listBoth(tree: Tree): Promise<string[]> {
  const withGit = await listFiles(tree.root);
  const withWalk = await listFiles(tree.root, noGit);
  expect([withGit.source, withWalk.source]).toEqual(['git', 'walk']);
  expect(withWalk.paths).toEqual(withGit.paths);
  return withGit.paths;
}

function repository(files: Readonly<Record<string, string>>): Tree {
  const tree = new Tree(files);
  tree.git('init', '-q');
  return tree;
}

describe('.cribsheetignore', () => {
  it('leaves out what git lets in, also from a nested file', async () => {
    using tree = repository({
      '.cribsheetignore': '*.txt\n/docs/\n',
      'a.ts': '',
      'a.txt': '',
      'docs/guide.md': '',
      'src/docs/inner.md': '',
      'src/.cribsheetignore': 'old/\n!keep.txt\n',
      'src/old/x.ts': '',
      'src/keep.txt': '',
    });
    expect(await listBoth(tree)).toEqual([
      '.cribsheetignore',
      'a.ts',
      'src/.cribsheetignore',
      'src/docs/inner.md',
      'src/keep.txt',
    ]);
    const { skipped } = await listFiles(tree.root);
    expect(skipped).toEqual([
      { path: 'a.txt', reason: 'ignored' },
      { path: 'docs/', reason: 'ignored' },
      { path: 'src/old/', reason: 'ignored' },
    ]);
  });

  it('brings back files and folders that git ignores, below an ignored folder too', async () => {
    using tree = repository({
      '.gitignore': 'generated/\n*.log\n',
      '.cribsheetignore': '!generated/api/\n!/run.log\n',
      'generated/api/client.ts': '',
      'generated/api/deep/types.ts': '',
      'generated/api/trace.log': '',
      'generated/other.ts': '',
      'run.log': '',
      'src/run.log': '',
    });
    const paths = await listBoth(tree);
    expect(paths).toContain('generated/api/client.ts');
    expect(paths).toContain('generated/api/deep/types.ts');
    expect(paths).toContain('generated/api/trace.log');
    expect(paths).toContain('run.log');
    expect(paths).not.toContain('generated/other.ts');
    expect(paths).not.toContain('src/run.log');
  });

  it('takes away again from what it brought back, by a later or an inner pattern', async () => {
    using tree = repository({
      '.gitignore': 'generated/\n',
      '.cribsheetignore': '!generated/\n*.tmp\n',
      'generated/.cribsheetignore': 'big/\n',
      'generated/a.ts': '',
      'generated/a.tmp': '',
      'generated/big/b.ts': '',
    });
    expect(await listBoth(tree)).toEqual([
      '.cribsheetignore',
      '.gitignore',
      'generated/.cribsheetignore',
      'generated/a.ts',
    ]);
  });

  it('does not bring back below a folder that it leaves out itself', async () => {
    using tree = repository({ '.cribsheetignore': 'a/\n!a/b.ts\n', 'a/b.ts': '', 'a/.cribsheetignore': '!b.ts\n' });
    expect(await listBoth(tree)).toEqual(['.cribsheetignore']);
  });

  it('counts when git ignores it only in the workspace folder itself', async () => {
    using tree = repository({
      '.gitignore': '.cribsheetignore\n',
      '.cribsheetignore': 'z.ts\n',
      'a/.cribsheetignore': 'x.ts\n',
      'a/x.ts': '',
      'a/z.ts': '',
    });
    expect(await listBoth(tree)).toEqual(['.gitignore', 'a/x.ts']);
  });

  it('does not count where a dependency brought it along', async () => {
    using tree = repository({
      'node_modules/lib/.cribsheetignore': '!*\n',
      'node_modules/.cribsheetignore': '!*\n',
      'node_modules/lib/a.js': '',
      'a.js': '',
    });
    expect(await listBoth(tree)).toEqual(['a.js']);
  });

  it('reaches into a tool folder only where it names it', async () => {
    const files = {
      'node_modules/lib/index.ts': '',
      'node_modules/lib/node_modules/deep/index.ts': '',
      'node_modules/other/index.ts': '',
      'gen/index.ts': '',
      '.gitignore': 'gen/\n',
    };
    const within = async (patterns: string) => {
      using tree = repository({ ...files, '.cribsheetignore': patterns });
      return (await listBoth(tree)).filter((path) => path.endsWith('index.ts'));
    };
    expect(await within('')).toEqual([]);
    expect(await within('!*.ts\n')).toEqual(['gen/index.ts']);
    expect(await within('!lib/\n')).toEqual([]);
    expect(await within('!node_modules/lib/\n')).toEqual(['node_modules/lib/index.ts']);
    expect(await within('!node_modules/lib/\n!node_modules/lib/node_modules/')).toEqual([
      'node_modules/lib/index.ts',
      'node_modules/lib/node_modules/deep/index.ts',
    ]);
    expect(await within('!node_modules/\n')).toHaveLength(3);
  });

  it('brings back a nested repository from an ignored folder', async () => {
    using tree = repository({
      '.gitignore': 'third_party/\n',
      '.cribsheetignore': '!third_party/lib/\n',
      'third_party/lib/a.c': '',
      'third_party/lib/build.log': '',
      'third_party/lib/.gitignore': '*.log\n',
    });
    tree.git('init', '-q', 'third_party/lib');
    expect(await listBoth(tree)).toContain('third_party/lib/a.c');
  });

  it('does not bring back secrets, binaries and links', async () => {
    using tree = repository({
      '.gitignore': '*\n',
      '.cribsheetignore': '!*\n',
      '.env': 'KEY=1',
      'a.png': '',
      'a.ts': '',
    });
    expect(await listBoth(tree)).toEqual(['.cribsheetignore', '.gitignore', 'a.ts']);
    const listing = await listFiles(tree.root);
    expect([reasonOf(listing, '.env'), reasonOf(listing, 'a.png')]).toEqual(['secret', 'binary']);
  });
});

describe('what git tracks', () => {
  it('is in although an ignore file matches it or it lies in a tool folder, unless .cribsheetignore says otherwise', async () => {
    using tree = repository({
      'vendor/lib.go': '',
      'node_modules/kept/index.js': '',
      'kept.log': '',
      'third/drop.c': '',
    });
    tree.git('add', '-A');
    tree.write({
      '.gitignore': 'vendor/\n*.log\n',
      '.cribsheetignore': 'third/\n',
      'node_modules/new/index.js': '',
      'new.log': '',
    });
    const listing = await listFiles(tree.root);
    expect(listing.paths).toEqual([
      '.cribsheetignore',
      '.gitignore',
      'kept.log',
      'node_modules/kept/index.js',
      'vendor/lib.go',
    ]);
    expect(reasonOf(listing, 'node_modules/')).toBe('ignored');
    expect(reasonOf(listing, 'third/')).toBe('ignored');
  });
});

const names = fc.constantFrom('a', 'b', 'c.x', 'node_modules', 'd');
const paths = fc.uniqueArray(
  fc.array(names, { minLength: 1, maxLength: 4 }).map((parts) => `${parts.join('/')}.t`),
  { minLength: 4, maxLength: 20 },
);
const pattern = fc
  .tuple(
    fc.constantFrom('', '', '!'),
    fc.constantFrom('', '', '/', '**/'),
    fc.array(fc.constantFrom('a', 'b', 'd', 'c.x', 'node_modules', '*', 'a.t', '*.t', '**'), {
      minLength: 1,
      maxLength: 3,
    }),
    fc.constantFrom('', '/', '/**'),
  )
  .map(([mark, lead, parts, end]) => mark + lead + parts.join('/') + end);
const file = fc.tuple(fc.nat(), fc.array(pattern, { minLength: 1, maxLength: 4 }));

describe('both ways to list', () => {
  it('agree on every mixture of .gitignore and .cribsheetignore files', async () => {
    using tree = repository({});
    const property = fc.asyncProperty(
      paths,
      fc.array(file, { maxLength: 3 }),
      fc.array(file, { minLength: 1, maxLength: 3 }),
      async (files, git, crib) => {
        for (const name of readdirSync(tree.root)) if (name !== '.git') rmSync(tree.at(name), { recursive: true });
        const fitting = files.filter((path) => !files.some((other) => other.startsWith(`${path}/`)));
        tree.write(Object.fromEntries(fitting.map((path) => [path, ''])));
        const folders = ['', ...fitting.map((path) => path.slice(0, path.lastIndexOf('/') + 1))];
        for (const [at, lines] of git) tree.write({ [`${folders[at % folders.length]!}.gitignore`]: lines.join('\n') });
        for (const [at, lines] of crib) {
          tree.write({ [`${folders[at % folders.length]!}.cribsheetignore`]: lines.join('\n') });
        }
        await listBoth(tree);
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });
});
