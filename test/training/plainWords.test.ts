import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isFreeName } from '../../training/data/names.ts';
import { oddWord, plainWords } from '../../training/data/plainWords.ts';

describe('plain words', () => {
  test('are words of the texts that are not called, defined or of the language', () => {
    const texts = [
      'const event = other.event;\nreturn fire(Value, count);',
      'class Value {}',
      '// the margin of a whole',
      'get<T>()',
    ];
    const words = plainWords(texts, new Set(['count']));
    expect(words.get('lower')?.sort()).toEqual(['event', 'margin', 'other', 'the', 'whole'].sort());
    expect(words.get('pascal')).toEqual(['Value']);
  });

  test('are found once, and could be names', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[A-Za-z_ .(){}<]{0,60}$/)), (texts) => {
        for (const list of plainWords(texts, new Set()).values()) {
          expect(new Set(list).size).toBe(list.length);
          for (const word of list) {
            expect(isFreeName(word)).toBe(true);
            expect(texts.some((text) => new RegExp(`\\b${word}\\b`).test(text))).toBe(true);
            expect(texts.some((text) => new RegExp(`\\b${word}\\s?[(<]`).test(text))).toBe(false);
          }
        }
      }),
    );
  });
});

test('an odd word is its pieces', () => {
  const left = ['ath', 'qu'];
  const pick = <T>(items: readonly T[]): T => (left.shift() ?? items[0]) as T;
  expect(oddWord(['x'], { int: () => 3, pick })).toBe('athqux');
});
