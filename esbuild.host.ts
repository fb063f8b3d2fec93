import type { BuildOptions, Plugin } from 'esbuild';

/**
 * The extension host has two bundles: `extension.cjs`, which VS Code loads and waits for at activation, and `host.cjs`,
 * which that one loads afterwards.
 */
const common = { bundle: true, format: 'cjs', platform: 'node', target: 'node20' } satisfies BuildOptions;

/** The first bundle finds the second one beside it. */
const hostApart: Plugin = {
  name: 'host-apart',
  setup(build) {
    build.onResolve({ filter: /^\.\/main\.ts$/ }, () => ({ path: './host.cjs', external: true }));
  },
};

/**
 * Gives all files one and the same view of the module `vscode`. Otherwise esbuild makes a copy of its hundreds of
 * properties for each file that imports it, at every start.
 */
const vscodeOnce: Plugin = {
  name: 'vscode-once',
  setup(build) {
    build.onResolve({ filter: /^vscode$/ }, ({ namespace }) =>
      namespace === 'vscode-once' ? { path: 'vscode', external: true } : { path: 'vscode', namespace: 'vscode-once' },
    );
    build.onLoad({ filter: /.*/, namespace: 'vscode-once' }, () => ({ contents: "export * from 'vscode';" }));
  },
};

export const extensionBundle: BuildOptions = {
  ...common,
  entryPoints: { extension: 'src/host/extension.ts' },
  external: ['vscode'],
  plugins: [hostApart],
  // VS Code answers `require('vscode')`, and for whatever is loaded by `require`.
  supported: { 'dynamic-import': false },
};

export const hostBundle: BuildOptions = {
  ...common,
  entryPoints: { host: 'src/host/main.ts' },
  plugins: [vscodeOnce],
};
