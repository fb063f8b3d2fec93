import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createVSIX } from '@vscode/vsce';
import { build } from 'esbuild';

const manifest = {
  name: 'driver',
  publisher: 'cribsheet-test',
  version: '1.0.0',
  description: 'Arranges things for the tests of Cribsheet.',
  license: 'MIT',
  engines: { vscode: '^1.106.0' },
  extensionKind: ['workspace'],
  capabilities: { untrustedWorkspaces: { supported: true }, virtualWorkspaces: true },
  activationEvents: ['onStartupFinished', 'onFileSystem:crib-test'],
  main: './extension.js',
};

/** Packs an extension that does nothing: what activation costs at least. @returns its VSIX */
export async function packEmpty(folder: string, name: string): Promise<string> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const empty = { ...manifest, name, description: 'Does nothing.', activationEvents: [] };
  await writeFile(path.join(folder, 'package.json'), JSON.stringify(empty));
  await writeFile(path.join(folder, 'extension.js'), 'exports.activate = () => {};\n');
  return pack(folder);
}

/** Packs the extension that helps the tests. @returns its VSIX */
export async function packDriver(folder: string): Promise<string> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'package.json'), JSON.stringify(manifest));
  await build({
    entryPoints: [path.join(import.meta.dirname, 'extension.ts')],
    outfile: path.join(folder, 'extension.js'),
    bundle: true,
    format: 'cjs',
    platform: 'node',
    external: ['vscode'],
    logLevel: 'warning',
  });
  return pack(folder);
}

async function pack(folder: string): Promise<string> {
  await writeFile(path.join(folder, 'README.md'), 'Not for use.\n');
  const packagePath = `${folder}.vsix`;
  const options = { cwd: folder, packagePath, dependencies: false, skipLicense: true };
  await createVSIX({ ...options, allowMissingRepository: true, allowUnusedFilesPattern: true });
  return packagePath;
}
