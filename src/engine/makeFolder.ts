import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Creates a folder and those above it. `mkdir` with `recursive` never returns where the system says ENOENT for a
 * folder whose parent is there (seen with Node 24 below /proc), and a store may be put anywhere.
 * @throws the system's error
 */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (isFolder(path)) return;
    if (code !== 'ENOENT' || dirname(path) === path || isFolder(dirname(path))) throw error;
    makeFolder(dirname(path));
    // The parent is there now, so this ends.
    makeFolder(path);
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
