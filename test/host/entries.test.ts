import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const dist = path.resolve(repository, process.env['CRIBSHEET_DIST'] ?? 'dist');
const bundle = (name: string): string => readFileSync(path.join(dist, name), 'utf8');

test.each(['extension.cjs', 'host.cjs', 'worker.js', 'cli.js'])(
  '%s links no module that reaches the network',
  (name) => {
    const modules = [...bundle(name).matchAll(/(?:\bfrom|\brequire\(|\bimport\()\s*["'](?:node:)?([\w/]+)["']/gu)].map(
      (match) => match[1]!,
    );
    expect(modules).toContain(name === 'extension.cjs' ? 'vscode' : 'path');
    // The channel to the worker can also be a socket of this machine, which is what `net` is for.
    expect(modules.filter((one) => /^(?:https?|http2|tls|dgram|dns|undici)(?:\/|$)/u.test(one))).toEqual([]);
  },
);

test('the webview has no way to the network', () => {
  expect(bundle('webview.js')).not.toMatch(/\bfetch\(|XMLHttpRequest|WebSocket|EventSource|sendBeacon/u);
});

test.each(['extension.cjs', 'host.cjs'])('%s holds no engine', (name) => {
  expect(bundle(name)).not.toMatch(/onnxruntime|tree-sitter|node:sqlite/u);
});
