import { spawnSync } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { copied, readme, runtimeFolder, shippedBundles } from './contents.ts';
import { bundledPackages, notices, type Metafile } from './notices.ts';
import { runtimeBinaries, type Target } from './targets.ts';

/** Root of the repository. */
export const repository = path.resolve(import.meta.dirname, '..');

/** Parts of package.json that VS Code has no use for, and that would make vsce look for packages to install. */
const developmentOnly = ['scripts', 'dependencies', 'devDependencies', 'bin', 'private'];

/** Packages that are shipped as files and not inside a bundle. */
const filePackages = ['web-tree-sitter', '@vscode/tree-sitter-wasm', '@vscode/codicons'];
const runtimePackages = ['onnxruntime-node', 'onnxruntime-common'];

/** Makes `folder` anew: the release bundles and all that is shipped for every target. Nothing of a target yet. */
export async function stageCommon(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  const dist = path.join(folder, 'dist');
  await mkdir(dist, { recursive: true });
  const built = path.join(folder, 'built');
  const metafile = path.join(folder, 'metafile.json');
  bundle(built, metafile);
  for (const file of await readdir(built)) {
    const isShipped = shippedBundles.includes(file) || /^(grammars|codicon\.(css|ttf))$/.test(file);
    if (isShipped) await cp(path.join(built, file), path.join(dist, file), { recursive: true });
  }
  const packages = bundledPackages(JSON.parse(await readFile(metafile, 'utf8')) as Metafile, (file) =>
    shippedBundles.includes(file),
  );
  const others = [...filePackages, ...runtimePackages].map((name) => `node_modules/${name}`);
  await writeFile(
    path.join(folder, 'THIRD-PARTY-NOTICES.txt'),
    await notices([...packages, ...others].map((name) => path.resolve(repository, name))),
  );
  await rm(built, { recursive: true });
  await rm(metafile);
  await copyParts(folder);
}

function bundle(out: string, metafile: string): void {
  const script = path.join(repository, 'esbuild.config.mjs');
  const run = spawnSync(process.execPath, [script, '--release', '--out', out, '--metafile', metafile], {
    cwd: repository,
    stdio: 'inherit',
  });
  if (run.status !== 0) throw new Error('The bundles could not be built.');
}

async function copyParts(folder: string): Promise<void> {
  const there = await readdir(repository);
  const translations = there.filter((file) => /^package\.nls(\..+)?\.json$/.test(file));
  for (const part of [...copied, ...translations]) {
    await cp(path.join(repository, part), path.join(folder, part), { recursive: true });
  }
  // Its pictures lie beside it in the package.
  const text = await readFile(path.join(repository, readme), 'utf8');
  await writeFile(path.join(folder, 'README.md'), text.replaceAll('](../', ']('));
  await cp(path.join(repository, '.vscodeignore'), path.join(folder, '.vscodeignore'));
  const manifest = JSON.parse(await readFile(path.join(repository, 'package.json'), 'utf8')) as Record<string, unknown>;
  const shipped = Object.entries(manifest).filter(([key]) => !developmentOnly.includes(key));
  await writeFile(path.join(folder, 'package.json'), JSON.stringify(Object.fromEntries(shipped), undefined, 2));
}

/** Puts the runtime of `target` into a staged folder, in place of another target's. */
export async function stageRuntime(folder: string, target: Target): Promise<void> {
  const to = path.join(folder, runtimeFolder);
  await rm(to, { recursive: true, force: true });
  if (target.runtime === undefined) return;
  const source = path.join(repository, 'node_modules');
  const node = 'onnxruntime-node';
  const common = 'onnxruntime-common';
  await copyScripts(path.join(source, node, 'dist'), path.join(to, node, 'dist'));
  await copyScripts(path.join(source, common, 'dist/cjs'), path.join(to, common, 'dist/cjs'));
  for (const name of runtimePackages) await copyManifest(path.join(source, name), path.join(to, name));
  const binaries = path.join(runtimeBinaries, target.runtime.folder);
  for (const file of target.runtime.files) {
    await cp(path.join(source, node, binaries, file), path.join(to, node, binaries, file));
  }
}

async function copyScripts(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const file of await readdir(from)) {
    if (!/(\.js|^package\.json)$/.test(file)) continue;
    const text = await readFile(path.join(from, file), 'utf8');
    await writeFile(path.join(to, file), text.replace(/^\/\/# sourceMappingURL=.*$/gm, ''));
  }
}

/** Without its dependencies (they are for the installation only) and scripts. */
async function copyManifest(from: string, to: string): Promise<void> {
  const manifest = JSON.parse(await readFile(path.join(from, 'package.json'), 'utf8')) as Record<string, unknown>;
  const kept = ['name', 'version', 'license', 'author', 'repository', 'type', 'main', 'exports'];
  const shipped = Object.fromEntries(Object.entries(manifest).filter(([key]) => kept.includes(key)));
  await writeFile(path.join(to, 'package.json'), JSON.stringify(shipped, undefined, 2));
}
