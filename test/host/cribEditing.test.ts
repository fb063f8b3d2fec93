import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { validateCrib } from '../../src/common/crib.ts';
import { cribKeys } from '../../src/common/cribKeys.ts';
import { applied, fixesFor, slug, type CribFix } from '../../src/host/editor/cribFixes.ts';
import { frontMatterEnd, keyLines, placeAt } from '../../src/host/editor/cribPlaces.ts';
import { keySnippets, keyText, markText } from '../../src/host/editor/cribText.ts';
import { english } from './texts.ts';

const lines = (text: string): string[] => text.split('\n');
const fixesOf = (text: string, name = 'my-task'): CribFix[] => {
  const [problem] = validateCrib(text);
  return problem ? fixesFor(problem, lines(text), name, english) : [];
};
/** The text after the preferred fix of its first problem. */
const fixed = (text: string, name?: string): string => {
  const fix = fixesOf(text, name).find(({ preferred }) => preferred);
  return fix ? applied(lines(text), fix.edit).join('\n') : text;
};

describe('quick fixes', () => {
  test.each([
    ['a misspelt key', '---\nid: a\ntitel: A\n---\n\nLook.', '---\nid: a\ntitle: A\n---\n\nLook.'],
    ['a quoted misspelt key', '---\nid: a\n"ratios": 8\n---\n\nLook.', '---\nid: a\nratio: 8\n---\n\nLook.'],
    ['a key that means nothing', '---\nid: a\ncolour: red\n---\n\nLook.', '---\nid: a\n---\n\nLook.'],
    [
      'a key that means nothing, with a list',
      '---\nid: a\ncolours:\n  - red\n  - blue\n---\n\nLook.',
      '---\nid: a\n---\n\nLook.',
    ],
    ['no id', '---\ntitle: A\n---\n\nLook.', '---\nid: my-task\ntitle: A\n---\n\nLook.'],
    ['no front matter', 'Look.', '---\nid: my-task\n---\n\nLook.'],
    ['an open front matter', '---\nid: a\nLook at it.', '---\nid: a\n---\nLook at it.'],
    ['an id with spaces', '---\nid: My Täsk!\n---\n\nLook.', '---\nid: my-task\n---\n\nLook.'],
    ['an unknown strategy', '---\nid: a\nstrategy: m0-sf\n---\n\nLook.', '---\nid: a\nstrategy: m0-fs\n---\n\nLook.'],
    [
      'a scope that is no list',
      '---\nid: a\nscope: src/**\n---\n\nLook.',
      '---\nid: a\nscope: ["src/**"]\n---\n\nLook.',
    ],
    ['half a token', '---\nid: a\ntokens: 1024.4\n---\n\nLook.', '---\nid: a\ntokens: 1024\n---\n\nLook.'],
    ['a number as a title', '---\nid: a\ntitle: 7\n---\n\nLook.', '---\nid: a\ntitle: "7"\n---\n\nLook.'],
  ])('put %s right', (_, before, after) => {
    expect(fixed(before)).toBe(after);
    expect(validateCrib(after)).toEqual([]);
  });

  test('give a question an answer to fill in', () => {
    const text = '---\nid: a\n---\n\nLook.\n\n## Examples\n\nQ: one\n\nQ: two\n\nA: 2\n';
    expect(fixed(text)).toContain('Q: one\n\nA: \n\nQ: two');
  });

  test('offer to remove a key beside renaming it', () => {
    const titles = fixesOf('---\nid: a\ntitel: A\n---\n\nLook.').map(({ title }) => title);
    expect(titles).toEqual(['Change to "title"', 'Remove "titel"']);
  });

  test('do not rename to a key that is there already', () => {
    expect(fixed('---\nid: a\ntitle: A\ntitel: B\n---\n\nLook.')).toBe('---\nid: a\ntitle: A\n---\n\nLook.');
  });

  test('never throw and never touch lines that are not there, whatever the text', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom('---', 'id: a', 'titel: x', 'scope: [', '  - a', '## Examples', 'Q: x', 'A: y', '"k": 1', '- a'),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 10 }), fc.boolean(), (pieces, headed) => {
        const text = ((headed ? '---\n' : '') + pieces.join('\n')).replaceAll('\r', '');
        for (const problem of validateCrib(text)) {
          for (const { edit } of fixesFor(problem, lines(text), 'x', english)) {
            expect(edit.line).toBeGreaterThanOrEqual(0);
            expect(edit.line + edit.count).toBeLessThanOrEqual(lines(text).length);
          }
        }
      }),
    );
  });

  test('make ids of any name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (name) => {
        const id = slug(name);
        if (id !== '') expect(validateCrib(`---\nid: ${JSON.stringify(id)}\n---\n\nLook.`)).toEqual([]);
      }),
    );
    expect(slug('Error handling: Überblick')).toBe('error-handling-uberblick');
  });
});

describe('places', () => {
  const text = lines('---\nid: a\nscope:\n  - src/**\nti\n---\n\nLook.\n\n## Examples\n\nQ: one');

  test.each([
    [1, 1, { part: 'key', key: 'id', start: 0, end: 2 }],
    [1, 5, { part: 'value', key: 'id', typed: 'a' }],
    [3, 9, { part: 'value', key: 'scope', typed: 'src/*' }],
    [4, 2, { part: 'front', typed: 'ti' }],
    [0, 1, { part: 'nothing' }],
    [5, 1, { part: 'nothing' }],
    [7, 2, { part: 'body', typed: 'Lo' }],
    [9, 4, { part: 'mark', mark: 'examples', start: 0, end: 11 }],
    [11, 1, { part: 'mark', mark: 'Q', start: 0, end: 2 }],
    [11, 5, { part: 'body', typed: 'Q: on' }],
  ] as const)('line %i column %i', (line, column, place) => {
    expect(placeAt(text, line, column)).toEqual(place);
  });

  test('know where the front matter ends', () => {
    expect(frontMatterEnd(text)).toBe(5);
    expect(frontMatterEnd(['Look.'])).toBe(-1);
    expect(frontMatterEnd(['---', 'id: a'])).toBe(2);
    expect([...keyLines(text).keys()]).toEqual(['id', 'scope']);
  });
});

test('every key and mark is explained, and its snippet names it', () => {
  for (const key of Object.keys(cribKeys) as (keyof typeof cribKeys)[]) {
    expect(keyText(key, english)).not.toBe('');
    expect(keySnippets[key]).toMatch(new RegExp(`^${key}: `, 'u'));
  }
  for (const mark of ['Q', 'A', 'examples'] as const) expect(markText(mark, english)).not.toBe('');
});
