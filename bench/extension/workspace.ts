import { execFileSync } from 'node:child_process';
import { cp, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';

/** A copy of the first `count` source files of this repository: real code of a known size. @returns the folder */
export async function sourceWorkspace(repository: string, folder: string, count: number): Promise<string> {
  const listed = execFileSync('git', ['ls-files', '-z', '*.ts', '*.py', '*.md', '*.mjs'], { cwd: repository });
  const files = listed
    .toString()
    .split('\0')
    .filter((file) => file !== '');
  // Code before text, the product before its tests.
  const rank = (file: string): number => (file.startsWith('src/') ? 0 : file.endsWith('.md') ? 2 : 1);
  const chosen = files.toSorted((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1)).slice(0, count);
  if (chosen.length < count) throw new Error(`This repository has only ${String(chosen.length)} such files.`);
  await rm(folder, { recursive: true, force: true });
  for (const file of chosen) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await cp(path.join(repository, file), path.join(folder, file));
  }
  execFileSync('git', ['init', '--quiet'], { cwd: folder });
  return folder;
}
