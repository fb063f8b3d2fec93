import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { webviewTexts } from '../../src/host/webviewTexts.ts';
import { hostTexts, readJson, repository } from './texts.ts';

type Texts = Record<string, string>;
const placeholders = (text: string): string[] => [...new Set(text.match(/\{\d+\}/gu) ?? [])].sort();
const commandLinks = (text: string): string[] => (text.match(/\(command:[\w.]+\)/gu) ?? []).sort();

describe('texts of the extension host', () => {
  const found = hostTexts();
  const german = readJson<Texts>('l10n/bundle.l10n.de.json');
  const english = readJson<Texts>('l10n/bundle.l10n.json');
  const asked = [...new Set(found.flatMap(({ text }) => text ?? []))].sort();

  test('can all be translated: the first argument of t is a literal', () => {
    expect(found.filter(({ text }) => text === undefined)).toEqual([]);
    expect(asked.length).toBeGreaterThan(100);
  });

  test('are in both bundles, and nothing else is', () => {
    expect(Object.keys(english).sort()).toEqual(asked);
    expect(
      Object.keys(german)
        .filter((key) => !key.startsWith('webview/'))
        .sort(),
    ).toEqual(asked);
    for (const [key, text] of Object.entries(english)) expect(text).toBe(key);
  });

  test('have the same places to fill in, in both languages', () => {
    for (const text of asked) {
      expect(placeholders(german[text] ?? ''), text).toEqual(placeholders(text));
      expect(german[text], text).not.toBe('');
    }
  });
});

describe('texts of the webview', () => {
  const german = webviewTexts(readJson<Texts>('l10n/bundle.l10n.de.json'));
  const source = readFileSync(path.join(repository, 'src', 'webview', 'strings.ts'), 'utf8').split('} as const')[0]!;
  const own = new Map(
    [...source.matchAll(/^ {2}(\w+):\s+(?:'((?:[^'\\]|\\.)*)'|"([^"]*)")/gmu)].map((m) => [m[1]!, m[2] ?? m[3] ?? '']),
  );

  test('have German for every key, with the same places to fill in', () => {
    expect(own.size).toBeGreaterThan(50);
    expect(Object.keys(german).sort()).toEqual([...own.keys()].sort());
    for (const [key, text] of own) expect(placeholders(german[key] ?? ''), key).toEqual(placeholders(text));
  });

  test('are none where the language is English', () => {
    expect(webviewTexts(undefined)).toEqual({});
  });
});

describe('texts of package.json', () => {
  const english = readJson<Texts>('package.nls.json');
  const german = readJson<Texts>('package.nls.de.json');
  const used = new Set([...JSON.stringify(readJson('package.json')).matchAll(/"%([\w.]+)%"/gu)].map((m) => m[1]!));

  test('are in both languages, and each is used', () => {
    expect(Object.keys(english).sort()).toEqual([...used].sort());
    expect(Object.keys(german).sort()).toEqual([...used].sort());
  });

  test('name every command, view, setting and step by a key', () => {
    const raw = readFileSync(path.join(repository, 'package.json'), 'utf8');
    const contributes = raw.slice(raw.indexOf('"contributes"'), raw.indexOf('"scripts"'));
    for (const [, key, value] of contributes.matchAll(
      /"(title|name|description|markdownDescription|contents|altText)": "(.*?)"/gu,
    )) {
      if (value !== 'Cribsheet') expect(value, key).toMatch(/^%[\w.]+%$/u);
    }
  });

  test('keep their links', () => {
    for (const [key, text] of Object.entries(english)) {
      expect(commandLinks(german[key] ?? ''), key).toEqual(commandLinks(text));
      expect(german[key], key).not.toBe('');
    }
  });
});
