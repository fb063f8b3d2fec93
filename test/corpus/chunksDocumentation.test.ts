import { describe, expect, it } from 'vitest';
import { firstSentence } from '../../src/engine/corpus/documentation.ts';

describe('firstSentence', () => {
  it.each([
    ['/** Opens a file. Then more. */', 'Opens a file'],
    ['/**\n * Opens a file\n * for reading.\n *\n * @param name its name\n */', 'Opens a file for reading'],
    ['/**\r\n * Opens.\r\n */', 'Opens'],
    ['// Opens a file\n// for reading.', 'Opens a file for reading'],
    ['/// Opens a file.', 'Opens a file'],
    ['//! A crate.', 'A crate'],
    ['# Opens a file.', 'Opens a file'],
    ['/* Opens a file. */', 'Opens a file'],
    ['/// <summary>\n/// Opens a <see cref="T:File"/>.\n/// </summary>', 'Opens a File'],
    ['Opens a file.\n\n    Args:\n        name: x', 'Opens a file'],
    ['\n    Opens a file\n    Args:\n        name: x', 'Opens a file'],
    ['Opens, e.g. for reading, version 1.2 of it. More.', 'Opens, e.g. for reading, version 1.2 of it'],
    ['/** Is it open? Says so. */', 'Is it open?'],
    ['/** Opens a {@link File}, see {@link a.b | the other}. */', 'Opens a File, see the other'],
    ['/** @description Opens a file. */', 'Opens a file'],
    ['/** Opens {@code {a}}, {@link  b  } and {@link c | {d }. **/', 'Opens {a}, b and {d'],
    ['/** Opens {@link {@link b}. */', 'Opens {@link b'],
    ['<!-- Opens. -->', 'Opens'],
    ['// eslint-disable-next-line no-undef\n// Opens.', 'Opens'],
    ['#!/bin/sh\n# Opens.', 'Opens'],
    ['/** Öffnet eine Datei – schnell 🚀. Ja. */', 'Öffnet eine Datei – schnell 🚀'],
  ])('%j', (source, sentence) => {
    expect(firstSentence(source)).toBe(sentence);
  });

  it.each([
    '',
    '//',
    '/** */',
    '/** @returns nothing */',
    '// ---------',
    '/* eslint-disable */',
    '// @ts-ignore',
    '# noqa',
    '/** @internal */',
  ])('nothing in %j', (source) => {
    expect(firstSentence(source)).toBeUndefined();
  });

  // Any expression here whose time grows with a power of the text would take days.
  const many = 500_000;
  it.each([
    ['blanks', `/** Opens. {@link${' '.repeat(many)}`],
    ['blanks inside', `/** Opens. {@link a${' '.repeat(many)}b`],
    ['tags that never close', `/** Opens. ${'{@a b'.repeat(many)}`],
    ['labels that never close', `/** Opens. ${'{@a b|'.repeat(many)}`],
    ['stars', `/** Opens. ${'*'.repeat(many)}x`],
    ['dashes', `<!-- Opens. ${'-'.repeat(many)}x`],
    ['line ends', `/** Opens. ${'\n'.repeat(many)}x`],
    ['elements', `/** Opens. ${'<see a="'.repeat(many)}`],
    ['abbreviations', `/** Opens. ${'e.g. '.repeat(many)}`],
  ])('is found at once in a comment without end: %s', (_, source) => {
    expect(firstSentence(source)).toBe('Opens');
  });

  it('is cut at a word', () => {
    const sentence = firstSentence(`/** ${'word '.repeat(60)}*/`)!;
    expect(sentence.length).toBeLessThanOrEqual(120);
    expect(sentence).toMatch(/^(?:word )+word…$/);
  });

  it('a word without end is cut too', () => {
    expect(firstSentence('🚀a'.repeat(200))!.length).toBeLessThanOrEqual(120);
  });
});
