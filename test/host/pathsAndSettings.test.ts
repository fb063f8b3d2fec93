import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Scope } from '../../src/engine/corpus/scope.ts';
import { locate, pathInRoot, pathOnDisk, scopeOf } from '../../src/host/paths.ts';
import { readValues } from '../../src/host/settings/values.ts';

describe('paths in a folder', () => {
  test('have forward slashes, on Windows too', () => {
    expect(pathInRoot('/w/app', '/w/app/src/a.ts', path.posix)).toBe('src/a.ts');
    expect(pathInRoot('c:\\w\\app', 'c:\\w\\app\\src\\a.ts', path.win32)).toBe('src/a.ts');
    expect(pathInRoot('C:\\w\\app', 'c:\\W\\app\\src\\a.ts', path.win32)).toBe('src/a.ts');
    expect(pathInRoot('\\\\host\\share\\app', '\\\\host\\share\\app\\a.ts', path.win32)).toBe('a.ts');
    expect(pathInRoot('/w/app', '/w/app', path.posix)).toBe('');
  });

  test('are none outside of it', () => {
    expect(pathInRoot('/w/app', '/w/application/a.ts', path.posix)).toBeUndefined();
    expect(pathInRoot('/w/app', '/w', path.posix)).toBeUndefined();
    expect(pathInRoot('c:\\w', 'd:\\w\\a.ts', path.win32)).toBeUndefined();
    expect(pathInRoot('/w/app', '/w/app/..a/b.ts', path.posix)).toBe('..a/b.ts');
  });

  test('never lead out of it', () => {
    for (const bad of ['../x', 'a/../../x', '/etc/passwd', '', '.', 'a/..', 'a\0b']) {
      expect(pathOnDisk('/w/app', bad, path.posix), bad).toBeUndefined();
    }
    for (const bad of ['..\\x', 'c:\\x', 'a/..\\..\\x', '\\\\host\\share\\x']) {
      expect(pathOnDisk('c:\\w\\app', bad, path.win32), bad).toBeUndefined();
    }
    fc.assert(
      fc.property(fc.array(fc.constantFrom('..', '.', 'a', 'b c', '', 'd.ts')), (parts) => {
        const onDisk = pathOnDisk('/w/app', parts.join('/'), path.posix);
        if (onDisk !== undefined) expect(onDisk.startsWith('/w/app/')).toBe(true);
      }),
    );
  });

  test('are found in the innermost of several folders', () => {
    const roots = [{ root: '/w' }, { root: '/w/app' }];
    expect(locate(roots, '/w/app/a.ts', path.posix)).toEqual({ root: roots[1], path: 'a.ts' });
    expect(locate(roots, '/x/a.ts', path.posix)).toBeUndefined();
  });
});

describe('the scope of a folder', () => {
  test('is that folder and nothing beside it', () => {
    const scope = new Scope(scopeOf('src/app'));
    expect(scope.matches('src/app/a.ts')).toBe(true);
    expect(scope.matches('src/app/deep/a.ts')).toBe(true);
    expect(scope.matches('src/apple/a.ts')).toBe(false);
    expect(scope.matches('other/src/app/a.ts')).toBe(false);
    expect(scopeOf('')).toEqual([]);
  });

  test('holds for names that mean something in globs', () => {
    const name = fc.stringMatching(/^[a-z[\]{}()!#*?@+^$, -]{1,12}$/u).filter((text) => text === text.trim());
    fc.assert(
      fc.property(name, name, (folder, file) => {
        expect(new Scope(scopeOf(`src/${folder}`)).matches(`src/${folder}/${file}.ts`)).toBe(true);
      }),
    );
  });
});

describe('settings', () => {
  test('take what is allowed', () => {
    const given: Record<string, unknown> = {
      mode: 'rag',
      task: ' mine ',
      compareModes: ['full', 'none', 'full'],
      ratio: 12.5,
      sheetTokens: 4_096,
      scope: ['src/**', ' '],
      rebuildWhenIdle: false,
      model: '/models/big',
      threads: 4,
      'review.severity': 'hint',
      'review.maxDefinitions': 7,
    };
    expect(readValues((key) => given[key])).toMatchObject({
      mode: 'rag',
      task: 'mine',
      compareModes: ['full', 'none'],
      ratio: 12.5,
      sheetTokens: 4_096,
      scope: ['src/**'],
      rebuildWhenIdle: false,
      resumeOnStart: true,
      model: '/models/big',
      threads: 4,
      review: { mode: 'both', severity: 'hint', maxDefinitions: 7, codeLens: false },
    });
  });

  test('fall back to their defaults for anything else', () => {
    const odd = fc.oneof(
      fc.constant(null),
      fc.constant({}),
      fc.constant(-1),
      fc.constant('???'),
      fc.constant([1]),
      fc.constant(NaN),
    );
    const defaults = readValues(() => undefined);
    fc.assert(
      fc.property(odd, (value) => {
        const read = readValues((key) => (['task', 'model', 'store'].includes(key) ? undefined : value));
        expect(read).toEqual(defaults);
      }),
    );
  });
});
