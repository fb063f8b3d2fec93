import { describe, expect, it } from 'vitest';
import { languageOf } from '../../src/engine/corpus/languages.ts';

describe('languageOf', () => {
  it.each([
    ['src/a.ts', 'typescript'],
    ['a.mts', 'typescript'],
    ['a.d.ts', 'typescript'],
    ['a.tsx', 'tsx'],
    ['a.jsx', 'javascript'],
    ['a.mjs', 'javascript'],
    ['a.cjs', 'javascript'],
    ['a.pyi', 'python'],
    ['main.go', 'go'],
    ['lib.rs', 'rust'],
    ['Main.java', 'java'],
    ['a.c', 'c'],
    ['a.h', 'cpp'],
    ['A.HPP', 'cpp'],
    ['a.cs', 'csharp'],
    ['Rakefile', 'ruby'],
    ['lib/Gemfile', 'ruby'],
    ['index.php', 'php'],
    ['.bashrc', 'bash'],
    ['a.css', 'css'],
    ['README', 'markdown'],
    ['docs/README.md', 'markdown'],
    ['Makefile', 'makefile'],
    ['deep\\path\\x.py', 'python'],
    ['a.JSON', 'json'],
    ['a.yml', 'yaml'],
  ])('%s is %s', (path, language) => {
    expect(languageOf(path)).toBe(language);
  });

  it.each(['', 'LICENSE', 'a.', 'a.unknown', 'folder.ts/notes', 'constructor', 'a.constructor', '__proto__', '.ts/x'])(
    'falls back to text for %j',
    (path) => {
      expect(languageOf(path)).toBe('text');
    },
  );
});
