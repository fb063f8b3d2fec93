import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mentionsIn, pathsIn } from '../../src/engine/answer/mentions.ts';

describe('paths', () => {
  test.each([
    ['function in src/a.ts', ['src/a.ts']],
    ['See src/a.ts.', ['src/a.ts']],
    ['See `src/a.ts`, then (lib/b.py).', ['src/a.ts', 'lib/b.py']],
    ['in ./src/a.ts:12', ['src/a.ts']],
    ['[src/a.ts](src/a.ts)', ['src/a.ts']],
    ['in src\\ships\\util.ts', ['src/ships/util.ts']],
    ['app.module.ts and vitest.config.mts', ['app.module.ts', 'vitest.config.mts']],
    ['types/index.d.ts', ['types/index.d.ts']],
    ['a.f90 and b.h5', ['a.f90', 'b.h5']],
    ['app/[id]/page.tsx', ['app/[id]/page.tsx']],
    ['app/(group)/page.tsx', ['app/(group)/page.tsx']],
    ['(app/(group)/page.tsx)', ['app/(group)/page.tsx']],
    ['src/größe/maß.ts', ['src/größe/maß.ts']],
    ['.github/workflows/ci.yml', ['.github/workflows/ci.yml']],
    ['packages/@scope/core/index.js', ['packages/@scope/core/index.js']],
    ['src/__init__.py', ['src/__init__.py']],
    ['../../etc/passwd', ['etc/passwd']],
    ['/etc/passwd', ['etc/passwd']],
    ['C:\\Users\\me\\a.ts', ['Users/me/a.ts']],
    ['\\\\server\\share\\a.ts', ['server/share/a.ts']],
    ['bin/deploy', ['bin/deploy']],
    ['', []],
    ['Not in this workspace.', []],
    ['A number.', []],
    ['1.5 or 2/3', ['2/3']],
    ['... / // \\ ./ ../', []],
  ])('%s', (text, paths) => {
    const found = pathsIn(text);
    for (const path of paths) expect(found).toContain(path);
    // Parts between brackets are candidates as well; nothing else is.
    for (const path of found) expect(paths.some((p) => p === path || p.includes(path))).toBe(true);
  });

  test('never lead out of a folder, whatever the text', () => {
    const text = fc.string({
      unit: fc.constantFrom('../', '/', '\\', '..', '.', 'a', 'b.ts', '(', ')', '[', ']', ' ', 'C:'),
      maxLength: 20,
    });
    fc.assert(
      fc.property(text, (written) => {
        for (const path of pathsIn(written)) {
          expect(path.startsWith('/')).toBe(false);
          expect(path.startsWith('../')).toBe(false);
          expect(path).not.toContain('\\');
        }
      }),
    );
  });
});

describe('names', () => {
  test.each([
    ['Where is openHarbour defined?', ['openHarbour']],
    ['What does Harbour.moor return?', ['Harbour.moor']],
    ['What does `moor` take?', ['moor']],
    ['formatAmount(cents: number)', ['formatAmount']],
    ['What is in src/harbour.ts?', []],
    ['function in src/ships/util.ts', []],
    ['the value that parse() gives', ['parse']],
    ['parse, then parse()', ['parse']],
    ['größe_von in Über', ['größe_von']],
    ['Vec::push and Set#add', ['Vec::push', 'Set#add']],
    ['a b $', []],
  ])('%s', (text, names) => {
    const like = mentionsIn(text).filter(({ isCode }) => isCode);
    expect(like.map(({ name }) => name)).toEqual(names);
  });

  test('plain words are names too, but not like code; words of questions and paths are none', () => {
    const plain = mentionsIn('Where is the parser in src/parser/lexer.ts of Harbour used?');
    expect(plain).toEqual(['parser', 'Harbour'].map((name) => ({ name, isCode: false })));
  });
});

test('a pasted file of any shape comes to an end', () => {
  for (const unit of ['a', 'a.', 'a/', '/', '.', '(', ')', '[', 'a::', '-', '(a', ').', 'a b.ts ']) {
    const text = unit.repeat(500_000);
    expect(pathsIn(text).length).toBeLessThan(4_000);
    expect(mentionsIn(text).length).toBeLessThan(4_000);
  }
});
