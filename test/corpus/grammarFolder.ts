import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const modules = new URL('../../node_modules/', import.meta.url).pathname;

/** A folder as the build lays it out: the runtime of web-tree-sitter beside the grammars. Removed by `remove`. */
export async function grammarFolder(): Promise<{ folder: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'cribsheet-grammars-'));
  await cp(join(modules, 'web-tree-sitter/web-tree-sitter.wasm'), join(folder, 'web-tree-sitter.wasm'));
  const grammars = join(modules, '@vscode/tree-sitter-wasm/wasm');
  for (const name of await readdir(grammars)) {
    if (/^tree-sitter-.+\.wasm$/.test(name)) await cp(join(grammars, name), join(folder, name));
  }
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
