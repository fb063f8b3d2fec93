import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { expect, test } from 'vitest';
import { themes } from './themes.ts';

const folder = fileURLToPath(new URL('../../src/webview/', import.meta.url));
const sheets = globSync('**/*.ts', { cwd: folder }).flatMap((file) =>
  [...readFileSync(path.join(folder, file), 'utf8').matchAll(/css`([^`]*)`/gu)].map((match) => ({
    file,
    css: match[1]!,
  })),
);

test('colours come from the theme only', () => {
  expect(sheets.length).toBeGreaterThan(8);
  const named = /:[^;{]*\b(?:white|black|gr[ae]y|red|green|blue|yellow|orange)\b/u;
  for (const { file, css } of sheets) {
    const values = css.replace(/var\(--[\w-]+/gu, '');
    expect([file, /#[0-9a-f]{3,8}\b|\b(?:rgb|hsl|oklch|color)a?\(/iu.exec(values)?.[0]]).toEqual([file, undefined]);
    expect([file, named.exec(values.replace(/\.[\w-]+|--[\w-]+/gu, ''))?.[0]]).toEqual([file, undefined]);
  }
});

test('every variable is one that a theme of the tests has', () => {
  const known = new Set(Object.values(themes).flatMap(({ variables }) => Object.keys(variables)));
  const used = sheets.flatMap(({ css }) => [...css.matchAll(/--vscode-([\w-]+)/gu)].map((match) => match[1]!));
  // Not in the themes of the tests: only set by some themes, always with a fallback.
  const optional = ['inputValidation-errorForeground', 'inputValidation-warningForeground'];
  expect([...new Set(used)].filter((name) => !known.has(name) && !optional.includes(name))).toEqual([]);
});
