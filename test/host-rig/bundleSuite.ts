import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';

/** Bundles the in-host tests as CommonJS, which is what an extension host loads. @returns the file with `run()` */
export async function bundleSuite(out: string): Promise<string> {
  const folder = path.join(import.meta.dirname, 'suite');
  const files = (await readdir(folder)).filter((file) => file === 'index.ts' || file.endsWith('.host.ts'));
  await rm(out, { recursive: true, force: true });
  await build({
    entryPoints: files.map((file) => path.join(folder, file)),
    outdir: out,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    sourcemap: 'inline',
    // Mocha stays outside: index and tests must share one copy.
    external: ['vscode', 'mocha'],
    logLevel: 'warning',
  });
  return path.join(out, 'index.cjs');
}
