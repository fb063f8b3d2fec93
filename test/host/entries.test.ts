import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const dist = path.resolve(repository, process.env['CRIBSHEET_DIST'] ?? 'dist');
const bundle = (name: string): string => readFileSync(path.join(dist, name), 'utf8');

test('the host bundle holds no engine', () => {
  expect(bundle('host.cjs')).not.toMatch(/onnxruntime|tree-sitter|node:sqlite/u);
});
