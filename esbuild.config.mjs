import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { extensionBundle, hostBundle } from './esbuild.host.ts';

/**
 * `--out DIR` (default: dist). `--release`: what is shipped, so no source maps and no white space; names stay, for the
 * stacks in bug reports. `--metafile FILE`: which source files went into which bundle, for the licence notices.
 */
const { values } = parseArgs({
  options: {
    out: { type: 'string', default: 'dist' },
    release: { type: 'boolean', default: false },
    metafile: { type: 'string' },
  },
});
const outdir = values.out;

/** One bundle a process. What is native or loads files of its own stays outside and is found in node_modules. */
const common = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: !values.release,
  minifyWhitespace: values.release,
  minifySyntax: values.release,
  metafile: true,
  legalComments: 'none',
  logLevel: 'warning',
  outdir,
  external: ['onnxruntime-node', 'vscode'],
  // CommonJS dependencies inside an ESM bundle ask for `require`.
  banner: {
    js: "import { createRequire as cribRequire } from 'node:module'; const require = cribRequire(import.meta.url);",
  },
};

const ofHost = {
  ...common,
  // It is read at every start. Names of functions and classes stay for stacks, those of variables go.
  minifyIdentifiers: values.release,
  keepNames: values.release,
  banner: {},
  outExtension: { '.js': '.cjs' },
};

await rm(outdir, { recursive: true, force: true });
const results = await Promise.all([
  build({ ...common, entryPoints: { cli: 'src/cli/main.ts' } }),
  build({ ...common, entryPoints: { worker: 'src/worker/main.ts' } }),
  build({ ...ofHost, ...extensionBundle }),
  build({ ...ofHost, ...hostBundle }),
  build({
    ...common,
    entryPoints: { webview: 'src/webview/main.ts' },
    platform: 'browser',
    format: 'iife',
    target: 'es2022',
    // Names as well: it is parsed again each time that the view is shown.
    minify: true,
    banner: {},
  }),
]);

// The webview's icons: a style sheet that names the font, and the font beside it.
for (const file of ['codicon.css', 'codicon.ttf'])
  await cp(`node_modules/@vscode/codicons/dist/${file}`, path.join(outdir, file));

const grammars = path.join(outdir, 'grammars');
await mkdir(grammars, { recursive: true });
await cp('node_modules/web-tree-sitter/web-tree-sitter.wasm', path.join(grammars, 'web-tree-sitter.wasm'));
await cp('node_modules/@vscode/tree-sitter-wasm/wasm', grammars, {
  recursive: true,
  filter: (file) => !/\.(js|ts)$|tree-sitter\.wasm$/.test(file) || /web-tree-sitter\.wasm$/.test(file),
});

if (values.metafile !== undefined) {
  const outputs = Object.assign({}, ...results.map((result) => result.metafile.outputs));
  await writeFile(values.metafile, JSON.stringify({ outputs }));
}
