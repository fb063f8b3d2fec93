import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../src/common/errors.ts';
import { editorError } from '../../src/host/editorError.ts';
import { inDisplayLanguage, knownTexts } from '../../src/host/engineTexts.ts';
import { english, readJson, repository } from './texts.ts';

/** Texts in the source of engine and worker: literals, with `{0}`, `{1}` … for what is filled in. */
const folders = ['src/engine', 'src/worker', 'src/common'];
const sources = folders.flatMap((folder) =>
  readdirSync(path.join(repository, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => path.join(repository, folder, name)),
);

function textOf(node: ts.Node | undefined): string | undefined {
  if (!node) return undefined;
  if (ts.isStringLiteralLike(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return undefined;
  return node.head.text + node.templateSpans.map(({ literal }, i) => `{${i}}${literal.text}`).join('');
}

const texts = new Set<string>();
const failures: { code: string; message: string | undefined; action: string | undefined }[] = [];
for (const file of sources) {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const visit = (node: ts.Node): void => {
    const text = textOf(node);
    if (text !== undefined) texts.add(text);
    if (ts.isNewExpression(node) && node.expression.getText() === 'CribsheetError') {
      const [code, message, action] = (node.arguments ?? []).map(textOf);
      if (code !== undefined) failures.push({ code, message, action });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
}

const german = readJson<Record<string, string>>('l10n/bundle.l10n.de.json');
const inGerman = (message: string, ...args: (string | number | boolean)[]): string =>
  english(german[message] ?? message, ...args);

describe('what the engine says of failures', () => {
  // A sentence that a function ends is known with its end.
  const composed = (text: string): boolean => texts.has(text) || texts.has(text.replace(/\.$/u, ''));

  test('is known as it stands in its source', () => {
    expect(knownTexts().filter((text) => !composed(text))).toEqual([]);
  });

  test('is all known for the failures that people meet', () => {
    const common: ErrorCode[] = [
      'worker-dead',
      'model-missing',
      'model-broken',
      'tokenizer-mismatch',
      'store-full',
      'store-unwritable',
      'context-too-long',
      'workspace-missing',
      'busy',
    ];
    const met = failures.filter(({ code }) => common.some((one) => one === code));
    expect(met.length).toBeGreaterThan(20);
    const known = new Set(knownTexts());
    const forTerminals = /--[a-z]|cribsheet [a-z]/u;
    const said = met.flatMap(({ message, action }) => [
      ...(message === undefined ? [] : [message]),
      // Advice with flags is told in other words anyway.
      ...(action === undefined ||
      forTerminals.test(action) ||
      action.includes('"segmentTokens"') ||
      action.includes('"probePad"')
        ? []
        : [action]),
    ]);
    expect(said.filter((text) => !known.has(text))).toEqual([]);
  });

  test('is told in German, with what differs in its place', () => {
    const error = {
      code: 'model-broken',
      message: 'The weights model.onnx.data are incomplete: 12 of 40 bytes are there.',
      action: 'Download or copy the model again.',
    } as const;
    expect(editorError(error, inGerman)).toEqual({
      code: 'model-broken',
      message: 'Die Gewichte model.onnx.data sind unvollständig: 12 von 40 Bytes sind da.',
      action: 'Laden oder kopieren Sie das Modell noch einmal.',
    });
    expect(editorError(error, english)).toEqual(error);
    const twice = editorError(editorError(error, inGerman), inGerman);
    expect(twice).toEqual(editorError(error, inGerman));
  });

  test('a folder of that name is no sheet on disk', () => {
    const action = (flags: string): string =>
      editorError({ code: 'sheet-missing', message: '', action: flags }, english).action;
    expect(action('Run "cribsheet compress /srv/offload-api --task review", or ask with --mode rag.')).not.toContain(
      'on disk',
    );
    expect(action('Run "cribsheet compress /srv/api --task review --strategy offload".')).toContain('on disk');
  });

  test('goes for why a mode was taken, too', () => {
    expect(inDisplayLanguage('the sheet does not cover openLedger (src/ledger.ts)', inGerman)).toBe(
      'der Spickzettel deckt openLedger nicht ab (src/ledger.ts)',
    );
    const reasons = readFileSync(path.join(repository, 'src/engine/answer/route.ts'), 'utf8').matchAll(
      /reason: (['`])(.*?)\1/gu,
    );
    const said = [...reasons].map(([, , text]) => {
      let at = 0;
      return text!.replaceAll(/\$\{.*?\}/gu, () => `{${at++}}`);
    });
    expect(said.length).toBeGreaterThan(5);
    expect(said.filter((text) => !knownTexts().includes(text))).toEqual([]);
  });

  test('is taken by its most particular form, line breaks and dollars included', () => {
    const told = (text: string): string => inDisplayLanguage(text, inGerman);
    expect(told('The store /a/$&/b cannot be written: EROFS: read-only\nfile system.')).toBe(
      'In den Speicher /a/$&/b kann nicht geschrieben werden: EROFS: read-only\nfile system.',
    );
    expect(told('There is no model in /m (looked for a and b).')).toBe(
      'In /m ist kein Modell (gesucht wurde nach a und b).'.replace('und', 'and'),
    );
    expect(told('Something else.')).toBe('Something else.');
    expect(told('')).toBe('');
  });

  test('comes back word for word in English', () => {
    for (const text of knownTexts()) {
      const filled = english(text, 'one', 'two', 'three');
      expect(inDisplayLanguage(filled, english)).toBe(filled);
    }
  });
});
