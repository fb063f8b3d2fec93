import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { runInNewContext } from 'node:vm';
import { build } from 'esbuild';
import { vscodeOnce } from '../../esbuild.vscode.ts';
import manifest from '../../package.json' with { type: 'json' };
import { english, repository } from './texts.ts';

/** The extension host's bundle, built from source the way that is shipped. */
export async function hostBundle(): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: repository,
    entryPoints: ['src/host/extension.ts'],
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    minify: true,
    keepNames: true,
    plugins: [vscodeOnce],
    write: false,
    logLevel: 'silent',
  });
  return outputFiles[0]!.text;
}

/** What activation did to VS Code. */
export interface Activation {
  commands: string[];
  subscriptions: unknown[];
  log: string[];
  views: string[];
  contexts: Record<string, unknown>;
}

/**
 * Activates a bundle with an editor that has no folder open and answers everything else with nothing. What the
 * extension does to a real one is asserted by the tests that run in it.
 * @param globals in place of those of the language
 */
export function activate(bundle: string, globals: Record<string, unknown> = {}): Activation {
  const seen: Activation = { commands: [], subscriptions: [], log: [], views: [], contexts: {} };
  const disposable = { dispose: () => undefined };
  const register = (list: string[]) => (name: string) => {
    list.push(name);
    return disposable;
  };
  const vscode = {
    ...namespaces(),
    version: '1.106.0',
    env: nothing({ appName: 'Test', language: 'en' }),
    l10n: { t: english, bundle: undefined },
    Disposable: { from: () => disposable },
    Uri: nothing({ joinPath: (base: { fsPath: string }, ...parts: string[]) => uri(path.join(base.fsPath, ...parts)) }),
    window: nothing({
      createOutputChannel: () => nothing({ info: (line: string) => seen.log.push(line) }),
      createTreeView: (name: string) => {
        register(seen.views)(name);
        return nothing({ visible: false });
      },
      registerWebviewViewProvider: register(seen.views),
    }),
    workspace: nothing({
      workspaceFolders: undefined,
      isTrusted: true,
      getConfiguration: () => ({ get: () => undefined, inspect: () => undefined }),
    }),
    commands: {
      registerCommand: register(seen.commands),
      executeCommand: (command: string, key: string, value: unknown) => {
        if (command === 'setContext') seen.contexts[key] = value;
        return Promise.resolve();
      },
    },
  };
  const real = createRequire(import.meta.url);
  const require = (name: string): unknown => (name === 'vscode' ? vscode : real(name));
  const module: { exports: { activate?: (context: unknown) => void } } = { exports: {} };
  const node = { module, require, process, performance, setTimeout, clearTimeout, queueMicrotask, Buffer };
  runInNewContext(bundle, { ...node, ...globals });
  const storageUri = uri(path.join(repository, 'not', 'there'));
  module.exports.activate!({
    subscriptions: seen.subscriptions,
    extension: { id: 'cribsheet.cribsheet', packageJSON: manifest },
    extensionUri: uri(repository),
    storageUri,
    globalStorageUri: storageUri,
  });
  return seen;
}

/** What the source takes from `vscode`: a bundle copies its properties, so they have to be there by name. */
function namespaces(): Record<string, unknown> {
  const folder = path.join(repository, 'src', 'host');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const names = files.flatMap((name) => readFileSync(path.join(folder, name), 'utf8').match(/\bvscode\.\w+/gu) ?? []);
  return Object.fromEntries(names.map((name) => [name.slice('vscode.'.length), nothing()]));
}

const uri = (fsPath: string) => ({ fsPath, scheme: 'file', toString: () => `file://${fsPath}` });

/** Has every property, can be called, made and walked through, and does nothing. */
function nothing(known: Record<string, unknown> = {}): unknown {
  // An arrow function cannot be called with `new`.
  const target = function target(): void {
    // Nothing.
  };
  return new Proxy(target, {
    get: (_, key) => {
      if (typeof key === 'string' && Object.hasOwn(known, key)) return known[key];
      if (key === Symbol.iterator) return () => [][Symbol.iterator]();
      if (key === Symbol.toPrimitive) return () => '';
      return key === 'then' ? undefined : nothing();
    },
    set: () => true,
    apply: () => nothing(),
    construct: () => nothing() as object,
  });
}
