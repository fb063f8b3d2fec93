import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';

/** Bytes of all files at or below a path; symbolic links are followed once, what vanishes meanwhile counts as nothing. */
export async function bytesBelow(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  const sizes = await Promise.all(
    entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) =>
        stat(path.join(entry.parentPath, entry.name)).then(
          (s) => (s.isFile() ? s.size : 0),
          () => 0,
        ),
      ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
