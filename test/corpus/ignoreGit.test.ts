import { readdirSync, rmSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nulSplit, Tree, walked } from './filesTree.ts';

/** Few names, so that patterns hit; some that need an escape. */
const name = fc.constantFrom(
  'a',
  'b',
  'ab',
  'a.c',
  'b.c',
  'A',
  '#a',
  '!b',
  'a b',
  'x[1]',
  'a*b',
  '{a,b}',
  'a\\b',
  'b ',
  'ä',
);
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));

const piece = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('a', 'b', 'ab', 'a.c', 'b.c', 'A') },
  { weight: 3, arbitrary: fc.constantFrom('*', '?', 'a*', '*.c', '*b', '?b', 'a?b', '*a*', '*.*') },
  {
    weight: 2,
    arbitrary: fc.constantFrom('[ab]', '[!a]', '[^b]*', '[a-b].c', '[[:upper:]]', '[]a]', 'x[[]1]', '[\\]a]'),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '\\a',
      '\\#a',
      '\\!b',
      'a\\*b',
      'a\\ b',
      'a b',
      '#a',
      '!b',
      'x\\[1\\]',
      'a\\\\b',
      'b\\ ',
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom('{a,b}', 'a+', '(a)', 'a|b', '$a', '^a', '.', 'ä') },
);
const pattern = fc
  .record({
    negative: fc.boolean(),
    lead: fc.constantFrom('', '', '', '/', '**/', '/**/'),
    parts: fc.array(fc.oneof({ weight: 6, arbitrary: piece }, { weight: 1, arbitrary: fc.constant('**') }), {
      minLength: 1,
      maxLength: 3,
    }),
    end: fc.constantFrom('', '', '', '/', '/**', '/*', '/**/', ' ', '\r'),
  })
  .map(({ negative, lead, parts, end }) => `${negative ? '!' : ''}${lead}${parts.join('/')}${end}`);
const ignoreFile = fc.array(
  fc.oneof({ weight: 9, arbitrary: pattern }, { weight: 1, arbitrary: fc.constantFrom('', '# a', '/', '!', '\\') }),
  { maxLength: 6 },
);

const tree = fc.record({
  files: fc.uniqueArray(path, { minLength: 3, maxLength: 25 }),
  ignores: fc.array(fc.tuple(fc.nat(), ignoreFile), { minLength: 1, maxLength: 4 }),
  exclude: fc.array(pattern, { maxLength: 2 }),
});

describe('walk', () => {
  it('finds the files that git finds, whatever nested ignore files say', async () => {
    using space = new Tree();
    space.git('init', '-q');
    await fc.assert(
      fc.asyncProperty(tree, async ({ files, ignores, exclude }) => {
        fill(space, files, ignores, exclude);
        const git = nulSplit(space.git('ls-files', '-co', '--exclude-standard', '-z')).sort();
        const own = (await walked(space.root)).filter(({ reason }) => reason === undefined).map((found) => found.path);
        expect(own.sort()).toEqual(git);
      }),
      { numRuns: 150 },
    );
  });
});

/** Replaces what is in the folder by those of the files that fit together (a path may also be another's folder). */
function fill(space: Tree, files: string[], ignores: [number, string[]][], exclude: string[]): void {
  for (const name of readdirSync(space.root)) if (name !== '.git') rmSync(space.at(name), { recursive: true });
  const kept = files.filter((path) => !files.some((other) => other.startsWith(`${path}/`)));
  space.write(Object.fromEntries(kept.map((path) => [path, 'x'])));
  const folders = [...new Set(kept.flatMap(foldersAbove))];
  for (const [at, lines] of ignores) {
    space.write({ [`${folders[at % folders.length]!}.gitignore`]: lines.join('\n') });
  }
  space.write({ '.git/info/exclude': exclude.join('\n') });
}

/** `a/b/c` → ``, `a/`, `a/b/` */
function foldersAbove(path: string): string[] {
  const parts = path.split('/');
  return parts.map((_, count) =>
    parts
      .slice(0, count)
      .map((part) => `${part}/`)
      .join(''),
  );
}
