import { cp, mkdir, rm } from 'node:fs/promises';
import { build } from 'esbuild';

/** One bundle a process. What is native or loads files of its own stays outside and is found in node_modules. */
const common = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: true,
  legalComments: 'none',
  logLevel: 'warning',
  external: ['onnxruntime-node', 'vscode'],
  // CommonJS dependencies inside an ESM bundle ask for `require`.
  banner: {
    js: "import { createRequire as cribRequire } from 'node:module'; const require = cribRequire(import.meta.url);",
  },
};

await rm('dist', { recursive: true, force: true });
await Promise.all([
  build({ ...common, entryPoints: { cli: 'src/cli/main.ts' }, outdir: 'dist' }),
  build({ ...common, entryPoints: { worker: 'src/worker/main.ts' }, outdir: 'dist' }),
  build({
    ...common,
    entryPoints: { host: 'src/host/extension.ts' },
    outdir: 'dist',
    format: 'cjs',
    banner: {},
    outExtension: { '.js': '.cjs' },
  }),
  build({
    ...common,
    entryPoints: { webview: 'src/webview/main.ts' },
    outdir: 'dist',
    platform: 'browser',
    target: 'es2022',
    banner: {},
  }),
]);

const grammars = 'dist/grammars';
await mkdir(grammars, { recursive: true });
await cp('node_modules/web-tree-sitter/web-tree-sitter.wasm', `${grammars}/web-tree-sitter.wasm`);
await cp('node_modules/@vscode/tree-sitter-wasm/wasm', grammars, {
  recursive: true,
  filter: (file) => !/\.(js|ts)$|tree-sitter\.wasm$/.test(file) || /web-tree-sitter\.wasm$/.test(file),
});
