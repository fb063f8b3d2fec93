import { describe, expect, it } from 'vitest';
import { IgnoreRules } from '../../src/engine/corpus/ignore.ts';

describe('IgnoreRules', () => {
  it('says out, in or nothing about a path, the inner file last', () => {
    const rules = IgnoreRules.none(false).with('', '*.log\nsub/x/\n').with('sub', '!keep.log\n!x/\n');
    expect(rules.verdict('a.log', false)).toBe('out');
    expect(rules.verdict('sub/a.log', false)).toBe('out');
    expect(rules.verdict('sub/keep.log', false)).toBe('in');
    expect(rules.verdict('keep.log', false)).toBe('out');
    expect(rules.verdict('a.ts', false)).toBeUndefined();
    expect(rules.verdict('sub/x', true)).toBe('in');
    expect(rules.verdict('sub/x/a.ts', false)).toBeUndefined();
  });

  it('takes byte-order marks, line ends of Windows, comments and empty lines for what they are', () => {
    const rules = IgnoreRules.none(false).with('', '\uFEFFa\r\n\r\n#b\r\n \n!\n/\nc \nd\\ \n');
    const out = ['a', '#b', 'b', 'c', 'c ', 'd', 'd '].filter((path) => rules.verdict(path, false) === 'out');
    expect(out).toEqual(['a', 'c', 'd ']);
    expect(IgnoreRules.none().with('', '# nothing\n\n').isEmpty).toBe(true);
  });

  it('knows upper from lower case only where the file system does', () => {
    expect(IgnoreRules.none(false).with('', 'A').verdict('a', false)).toBeUndefined();
    expect(IgnoreRules.none(true).with('', 'A').verdict('a', false)).toBe('out');
  });

  it('passes over a pattern without end, which no expression could hold', () => {
    const rules = IgnoreRules.none(false).with('', `${'a'.repeat(900_000)}\nb\n`);
    expect(rules.verdict('a', false)).toBeUndefined();
    expect(rules.verdict('b', false)).toBe('out');
  });

  it('names the places that `!` patterns can match', () => {
    const places = (pattern: string, folder = '') => IgnoreRules.none().with(folder, pattern).reincludes;
    expect(places('a/b\n')).toEqual([]);
    expect(places('!a/b/\n')).toEqual(['a/b']);
    expect(places('!/a\n')).toEqual(['a']);
    expect(places('!a/*/c\n')).toEqual(['a']);
    expect(places('!*.ts\n')).toEqual(['']);
    expect(places('!**/a\n')).toEqual(['']);
    expect(places('!a/\n', 'sub')).toEqual(['sub']);
    expect(places('!/a/b[1]/c\n', 'sub')).toEqual(['sub/a']);
  });
});
