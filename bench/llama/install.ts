import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export const LLAMA_CPP_VERSION = '3.22.1';

/** Packages with the prebuilt CPU binaries, by platform. */
const binaries: Readonly<Record<string, string>> = {
  'linux-x64': 'linux-x64',
  'linux-arm64': 'linux-arm64',
  'darwin-arm64': 'mac-arm64-metal',
  'darwin-x64': 'mac-x64',
  'win32-x64': 'win-x64',
  'win32-arm64': 'win-arm64',
};

const ownFolder = (work: string): string => path.join(work, 'llama-cpp');

/** Folder of the installed package: the checkout's own, or the one that `installLlamaCpp` made. */
export function findLlamaCpp(root: string, work: string): string | undefined {
  const folders = [root, ownFolder(work)].map((f) => path.join(f, 'node_modules', 'node-llama-cpp'));
  return folders.find((folder) => existsSync(path.join(folder, 'package.json')));
}

/**
 * Installs node-llama-cpp with npm into the work folder. It is no dependency of the checkout, because an ordinary
 * install brings its CUDA and Vulkan libraries along (about 700 MB); this one takes the CPU library alone (85 MB) and
 * runs no scripts, so nothing is compiled or fetched from elsewhere.
 * @throws Error where npm fails or there are no binaries for this platform
 */
export function installLlamaCpp(work: string): void {
  const binary = binaries[`${process.platform}-${process.arch}`];
  if (!binary) throw new Error(`node-llama-cpp has no binaries for ${process.platform}-${process.arch}.`);
  const folder = ownFolder(work);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
  const packages = ['node-llama-cpp', `@node-llama-cpp/${binary}`].map((name) => `${name}@${LLAMA_CPP_VERSION}`);
  const flags = ['--no-save', '--no-audit', '--no-fund', '--omit=optional', '--ignore-scripts'];
  const args = ['install', '--prefix', folder, ...flags, ...packages];
  // Under `npm run`, npm says where it is; started by hand it has to be on the path.
  const npm = process.env['npm_execpath'];
  if (npm) execFileSync(process.execPath, [npm, ...args], { stdio: 'inherit' });
  else execFileSync('npm', args, { stdio: 'inherit', shell: process.platform === 'win32' });
}
