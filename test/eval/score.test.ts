import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { objectsScore } from '../../src/eval/score/objects.ts';
import { scoreAnswer } from '../../src/eval/score/score.ts';
import { firstCodeLine, similarity } from '../../src/eval/score/similarity.ts';
import type { Scoring } from '../../src/eval/types.ts';
import { reference } from '../model/fixtures.ts';

const score = (scoring: Scoring, gold: string | string[], said: string, wrong: string[] = []): number =>
  Number(scoreAnswer({ scoring, gold: typeof gold === 'string' ? [gold] : gold, wrong }, said).score.toFixed(4));

describe('every rule', () => {
  test('an exact answer has 1 and is right, an empty one 0', () => {
    const golds: [Scoring, string[]][] = [
      ['one-of', ['yes', 'indeed']],
      ['contains', ['No findings']],
      ['path', ['src/a/b.ts']],
      ['paths', ['src/a/b.ts', 'c.py']],
      ['signature', ['a: string, b = 3']],
      ['type', ['Promise<Map<string, number>>']],
      ['words', ['Opens the harbour at dawn.']],
      ['word-set', ['Cobalt Quill', 'Opal Oboe']],
      ['list', ['one', 'two words', 'three']],
      ['lines', ['a(b: C): D', 'e', 'e']],
      ['digits', ['90210']],
      ['objects', ['[{"name":"a","x":1,"y":"z"}]']],
      ['next-line', ['  return left + right;']],
    ];
    for (const [scoring, gold] of golds) {
      const said = scoring === 'lines' ? gold.join('\n') : scoring === 'signature' ? `f(${gold[0]!})` : gold.join(', ');
      const exact = scoring === 'one-of' || scoring === 'contains' ? gold[0]! : said;
      expect([scoring, scoreAnswer({ scoring, gold }, exact)]).toEqual([scoring, { score: 1, right: true }]);
      expect([scoring, scoreAnswer({ scoring, gold }, '')]).toEqual([scoring, { score: 0, right: false }]);
    }
  });

  test('is a number from 0 to 1 for any answer, and right means 1 (words: the same statement)', () => {
    const rules = fc.constantFrom<Scoring>(
      'one-of',
      'contains',
      'path',
      'paths',
      'signature',
      'type',
      'words',
      'word-set',
      'list',
      'lines',
      'digits',
      'objects',
      'next-line',
    );
    fc.assert(
      fc.property(rules, fc.array(fc.string(), { minLength: 1, maxLength: 4 }), fc.string(), (scoring, gold, said) => {
        const result = scoreAnswer({ scoring, gold }, said);
        expect(result.score).toBeGreaterThanOrEqual(0);
        expect(result.score).toBeLessThanOrEqual(1);
        if (result.right && scoring !== 'words') expect(result.score).toBeCloseTo(1, 6);
      }),
    );
  });
});

test('word-set: words of both lists as sets, as the seed paper scores its corpus', () => {
  expect(score('word-set', ['Cobalt Quill', 'Opal Oboe'], 'opal oboe.')).toBe(0.6667);
  expect(score('word-set', ['Cobalt Quill', 'Opal Oboe'], 'Oboe/Opal, "Quill" Cobalt')).toBe(1);
  expect(score('word-set', ['1966'], '1967')).toBe(0);
});

test('list: items, with numbers or dashes before them; a sentence is no item', () => {
  expect(score('list', ['a', 'b c'], '- A\n- b c')).toBe(1);
  expect(score('list', ['a', 'b c'], '1. a\n2. d')).toBe(0.5);
  expect(score('list', ['a', 'b'], 'a and b')).toBe(1);
  expect(score('list', ['a'], 'I think that it is a')).toBe(0);
});

test('path: the last two parts are enough, one is not; another file is wrong', () => {
  expect(score('path', 'src/a/b.ts', 'It is in `a/b.ts`.')).toBe(1);
  expect(score('path', 'src/a/b.ts', 'b.ts')).toBe(0);
  expect(score('path', 'b.ts', 'b.ts')).toBe(1);
  expect(score('path', 'src/a/b.ts', 'src/a/c.ts')).toBe(0);
});

test('paths: F1 over the files named, by their last two parts', () => {
  expect(score('paths', ['src/A/b.ts', 'src/c/d.ts'], 'a/b.ts, src/c/d.ts')).toBe(1);
  expect(score('paths', ['src/a/b.ts', 'src/c/d.ts'], 'a/b.ts and x/y.ts')).toBe(0.5);
  expect(score('paths', ['src/a/b.ts'], 'src/a/b.ts, src/a/c.ts')).toBe(0.6667);
});

test('contains: as a phrase of whole words, and no other label beside it', () => {
  expect(score('contains', 'No findings', 'No findings.', ['unfinished work'])).toBe(1);
  expect(score('contains', 'No findings', 'No findings, but unfinished work', ['unfinished work'])).toBe(0);
  expect(score('contains', 'gap', 'a gaping hole')).toBe(0);
});

test('digits: by place, in the best run; a longer number is not the number', () => {
  expect(score('digits', '1234567', 'The code is 123-4567.')).toBe(1);
  expect(score('digits', '1234', 'It is 1299 or 1235')).toBe(0.75);
  expect(score('digits', '1234', '12341234')).toBe(0.5);
});

test('lines: each as often as it stands there', () => {
  expect(score('lines', ['a', 'a', 'b'], 'a\nb')).toBe(0.8);
  expect(score('lines', ['f(x: number): T'], '- f( x:number ) : T')).toBe(1);
});

describe('Text2JSON', () => {
  const gold = '[{"name":"a","x":1,"y":"p"},{"name":"b","x":2,"y":"q"}]';
  test('worked by hand: a wrong value costs a quarter, a missing key a half, a missing object all of its share', () => {
    expect(objectsScore('[{"name":"a","x":9,"y":"p"},{"name":"b","x":2,"y":"q"}]', gold)).toBe((0.75 + 1) / 2);
    expect(objectsScore('[{"name":"a","y":"p"},{"name":"b","x":2,"y":"q"}]', gold)).toBe((0.5 + 1) / 2);
    expect(objectsScore('[{"name":"a","x":1,"y":"p"}]', gold)).toBe(0.5);
  });
  test('an invented object makes the union larger', () => {
    expect(objectsScore('[{"name":"a","x":1,"y":"p"},{"name":"c","x":2,"y":"q"}]', gold)).toBeCloseTo(1 / 3, 9);
  });
  test('words and a fence around the list do not matter; what is no list has 0', () => {
    expect(objectsScore('Here:\n```json\n' + gold + '\n```', gold)).toBe(1);
    expect(objectsScore('[{"name":"a"', gold)).toBe(0);
    expect(objectsScore('{"name":"a","x":1,"y":"p"}', gold)).toBe(0);
  });
  test('numbers may be texts, the order does not matter', () => {
    expect(objectsScore('[{"y":"Q","name":"B","x":"2"},{"name":"a","x":1,"y":"p"}]', gold)).toBe(1);
  });
});

describe('edit similarity', () => {
  const { similarity: pairs } = reference<{ similarity: { a: string; b: string; ratio: number }[] }>('statistics');
  test.each(pairs)('equals fuzz.ratio on "$a" and "$b"', ({ a, b, ratio }) => {
    expect(similarity(a, b)).toBeCloseTo(ratio, 6);
  });
  test('is symmetric, 1 for equal texts', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(similarity(a, b)).toBeCloseTo(similarity(b, a), 12);
        expect(similarity(a, a)).toBe(1);
      }),
    );
  });
  test('the first line of code counts: no fence, no comment', () => {
    expect(firstCodeLine('```ts\n// a remark\n  return 1;\nmore')).toBe('  return 1;');
    expect(firstCodeLine('')).toBe('');
  });
});
