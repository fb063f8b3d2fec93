import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };

const repository = fileURLToPath(new URL('../../', import.meta.url));
const dist = path.resolve(repository, process.env['CRIBSHEET_DIST'] ?? 'dist');
const bundle = (name: string): string => readFileSync(path.join(dist, name), 'utf8');

/** The part of VS Code that activation touches. The real one comes with the end-to-end tests. */
function fakeVscode(commands: string[], lines: string[]) {
  const disposable = { dispose: () => undefined };
  return {
    version: '1.106.0',
    env: { appName: 'Test' },
    l10n: { t: (text: string) => text },
    window: { createOutputChannel: () => ({ ...disposable, info: (line: string) => lines.push(line) }) },
    commands: {
      registerCommand: (name: string) => {
        commands.push(name);
        return disposable;
      },
    },
  };
}

test('activation registers exactly the commands that package.json contributes', () => {
  const [commands, lines]: [string[], string[]] = [[], []];
  const vscode = fakeVscode(commands, lines);
  const real = createRequire(import.meta.url);
  const require = (name: string): unknown => (name === 'vscode' ? vscode : real(name));
  const module: { exports: { activate?: (context: unknown) => void } } = { exports: {} };
  runInNewContext(bundle('host.cjs'), { module, require, process });
  const subscriptions: unknown[] = [];
  module.exports.activate!({ subscriptions, extension: { packageJSON: manifest } });
  expect(commands).toEqual(manifest.contributes.commands.map(({ command }) => command));
  expect(subscriptions.length).toBeGreaterThanOrEqual(commands.length);
  expect(lines[0]).toContain(manifest.version);
});

test('the host bundle holds no engine', () => {
  expect(bundle('host.cjs')).not.toMatch(/onnxruntime|tree-sitter|node:sqlite/u);
});

test('the webview says that it is not connected, as text', () => {
  const shown: { textContent: string; role: string }[] = [];
  const element = { textContent: '', role: '', setAttribute: (_: string, value: string) => (element.role = value) };
  const body = { replaceChildren: (child: typeof element) => shown.push(child) };
  runInNewContext(bundle('webview.js'), { document: { createElement: () => element, body } });
  expect(shown).toMatchObject([{ role: 'status', textContent: 'Cribsheet is not connected.' }]);
});
