import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { runInNewContext } from 'node:vm';
import { build } from 'esbuild';
import { extensionBundle, hostBundle } from '../../esbuild.host.ts';
import manifest from '../../package.json' with { type: 'json' };
import { english, repository } from './texts.ts';

/** The bundles of the extension host: the one that VS Code waits for, and the one that it loads afterwards. */
export interface HostBundles {
  extension: string;
  host: string;
}

/** Built from source the way that is shipped. */
export async function hostBundles(): Promise<HostBundles> {
  const [extension, host] = await Promise.all(
    [extensionBundle, hostBundle].map(async (options) => {
      const release = { minify: true, keepNames: true, outdir: 'dist' };
      const asked = { absWorkingDir: repository, ...release, write: false, logLevel: 'silent' } as const;
      const { outputFiles } = await build({ ...options, ...asked });
      return outputFiles[0]!.text;
    }),
  );
  return { extension: extension!, host: host! };
}

/** What activation did to VS Code. */
export interface Activation {
  /** What each registered command runs. */
  commands: Map<string, (...args: unknown[]) => Promise<void>>;
  subscriptions: unknown[];
  log: string[];
  views: string[];
  contexts: Record<string, unknown>;
  /** What the user was told. */
  errors: string[];
  /** For each time that the host was started: the commands that it has something to run for. */
  started: string[][];
  /** Does what was put off until activation had returned. */
  afterwards: () => Promise<void>;
}

interface HostModule {
  start: (context: unknown) => { commands: ReadonlyMap<string, unknown> };
}

/**
 * Activates the extension with an editor that has no folder open and answers everything else with nothing. What the
 * extension does to a real one is asserted by the tests that run in it.
 * @param globals in place of those of the language
 */
export function activate(bundles: HostBundles, globals: Record<string, unknown> = {}): Activation {
  const later: (() => void)[] = [];
  const seen: Activation = {
    commands: new Map(),
    subscriptions: [],
    log: [],
    views: [],
    contexts: {},
    errors: [],
    started: [],
    afterwards: async () => {
      for (const work of later.splice(0)) work();
      // What is loaded is loaded in microtasks, and they come first.
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
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
      showErrorMessage: (message: string) => seen.errors.push(message),
    }),
    workspace: nothing({
      workspaceFolders: undefined,
      isTrusted: true,
      getConfiguration: () => ({ get: () => undefined, inspect: () => undefined }),
    }),
    commands: {
      registerCommand: (id: string, run: (...args: unknown[]) => Promise<void>) => {
        seen.commands.set(id, run);
        return disposable;
      },
      executeCommand: (command: string, key: string, value: unknown) => {
        if (command === 'setContext') seen.contexts[key] = value;
        return Promise.resolve();
      },
    },
  };
  const real = createRequire(import.meta.url);
  const require = (name: string): unknown => {
    if (name === 'vscode') return vscode;
    if (name !== './host.cjs') return real(name);
    const { start } = load<HostModule>(bundles.host);
    const watched: HostModule['start'] = (context) => {
      const host = start(context);
      seen.started.push([...host.commands.keys()]);
      return host;
    };
    return { __esModule: true, start: watched };
  };
  const timers = { setTimeout, clearTimeout, setImmediate: (work: () => void) => later.push(work), queueMicrotask };
  const load = <T>(code: string): T => {
    const module = { exports: {} };
    runInNewContext(code, { module, require, process, performance, Buffer, ...timers, ...globals });
    return module.exports as T;
  };
  const storageUri = uri(path.join(repository, 'not', 'there'));
  load<{ activate: (context: unknown) => void }>(bundles.extension).activate({
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
