import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { splitIdentifier, terms } from '../../src/engine/retrieve/identifiers.ts';

describe('splitting', () => {
  test.each([
    ['parseHTTPUrl2', 'parse http url 2'],
    ['parse_http_url_2', 'parse http url 2'],
    ['parse-HTTP-url2', 'parse http url 2'],
    ['HTTPServer', 'http server'],
    ['getURLs', 'get urls'],
    ['APIs', 'apis'],
    ['toISOString', 'to iso string'],
    ['XMLHttpRequest', 'xml http request'],
    ['utf8Decode', 'utf 8 decode'],
    ['__init__', 'init'],
    ['$el', 'el'],
    ['MAX_CHUNK_CHARS', 'max chunk chars'],
    ['a', 'a'],
    ['größeÄndern', 'größe ändern'],
    ['名前', '名前'],
    ['Server.start', 'server start'],
    ['', ''],
    ['___', ''],
  ])('%s gives %s', (identifier, words) => {
    expect(splitIdentifier(identifier).join(' ')).toBe(words);
  });

  test('loses no letter and no digit, and adds none', () => {
    const letters = (text: string): string => (text.match(/[\p{L}\p{N}\p{M}]/gu) ?? []).join('');
    // Lower and upper case are not inverses in every script: compare what is equal without regard to case.
    const fold = (text: string): string => text.toLowerCase().toUpperCase().normalize('NFC');
    const identifier = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom(...'aZ09_-$éÉßΣσςİ漢ǅ', 'e\u0301', 'HTTP', 'Urls') }),
    );
    fc.assert(
      fc.property(identifier, (text) => {
        const parts = splitIdentifier(text);
        expect(fold(parts.join(''))).toBe(fold(letters(text)));
        for (const part of parts) expect(part).toMatch(/^[\p{L}\p{N}\p{M}]+$/u);
      }),
      { numRuns: 400 },
    );
  });
});

describe('terms', () => {
  test.each([
    ['call parseUrl(x)', 'call parse url parseurl x'],
    ['parse_url parseUrl ParseURL', 'parse url parseurl parse url parseurl parse url parseurl'],
    ['api-lookup', 'api lookup apilookup'],
    ['a - b', 'a b'],
    ['src/my-file.test.ts', 'src my file myfile test ts'],
    ['全文検索', '全文 文検 検索'],
    ['猫', '猫'],
    ['"quoted" AND (NOT x*)', 'quoted and not x'],
  ])('of %s', (text, expected) => {
    expect(terms(text).join(' ')).toBe(expected);
  });

  test('leave out data that looks like words', () => {
    expect(terms('a'.repeat(65))).toEqual([]);
    expect(terms('a1'.repeat(20))).toEqual(['a1'.repeat(20)]);
    expect(terms('Ab'.repeat(2_000))).toEqual([]);
  });
});
