import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { throwIfCancelled } from '../../src/common/errors.ts';
import type { FoundFile } from './choose.ts';
import { runCommand } from './command.ts';
import type { Download } from './download.ts';

/** Packages with more files than this are cut; far more than any limit for what is chosen. */
const mostEntries = 60_000;

/** An unpacked package: its own root, and its metadata file relative to that. */
export interface Unpacked {
  root: string;
  metadata: string;
}

/** Unpacks a download into the empty folder `into` where it is not a folder already. */
export async function unpack(download: Download, into: string, signal?: AbortSignal): Promise<Unpacked> {
  if ('folder' in download) return { root: download.folder, metadata: 'PKG-INFO' };
  const { archive } = download;
  if (archive.endsWith('.whl')) {
    await runCommand('python3', ['-m', 'zipfile', '-e', archive, into], { signal });
    const info = (await readdir(into)).find((name) => name.endsWith('.dist-info')) ?? '';
    return { root: into, metadata: path.join(info, 'METADATA') };
  }
  // npm's archives have one folder at the top, nearly always `package`.
  const options = ['--strip-components=1', '--no-same-owner', '--no-same-permissions'];
  await runCommand('tar', ['-xzf', archive, '-C', into, ...options], { signal });
  return { root: into, metadata: 'package.json' };
}

/** Every regular file below `root`; links are not followed. */
export async function listUnpacked(root: string, signal?: AbortSignal): Promise<FoundFile[]> {
  const files: FoundFile[] = [];
  const open = [''];
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    throwIfCancelled(signal);
    const entries = await readdir(path.join(root, folder), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) open.push(name);
      else if (entry.isFile() && files.length < mostEntries) {
        files.push({ path: name, bytes: (await stat(path.join(root, name))).size });
      }
    }
  }
  return files;
}
