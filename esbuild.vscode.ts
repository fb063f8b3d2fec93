import type { Plugin } from 'esbuild';

/**
 * Gives all files one and the same view of the module `vscode`. Otherwise esbuild makes a copy of its hundreds of
 * properties for each file that imports it, at every activation.
 */
export const vscodeOnce: Plugin = {
  name: 'vscode-once',
  setup(build) {
    build.onResolve({ filter: /^vscode$/ }, ({ namespace }) =>
      namespace === 'vscode-once' ? { path: 'vscode', external: true } : { path: 'vscode', namespace: 'vscode-once' },
    );
    build.onLoad({ filter: /.*/, namespace: 'vscode-once' }, () => ({ contents: "export * from 'vscode';" }));
  },
};
