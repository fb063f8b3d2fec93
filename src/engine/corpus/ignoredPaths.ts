import { runGit, type GitOptions } from './git.ts';
import { isInside, parentOf } from './paths.ts';
import { findRepository } from './repository.ts';

/** More are not remembered; what is beyond counts as if nobody ignored it. */
const maxIgnored = 10_000;

/**
 * What git ignores in the folder `root` (absolute): paths relative to it, a whole folder once with a slash at its end.
 * None outside of a repository and where git does not answer. @throws CribsheetError `cancelled`
 */
export async function ignoredByGit(root: string, options: Omit<GitOptions, 'isRepository'> = {}): Promise<string[]> {
  if ((await findRepository(root)) === undefined) return [];
  const ignored: string[] = [];
  const add = (path: string): boolean => {
    // A workspace in an ignored folder is the ignored folder itself.
    if (isInside(path.replace(/\/$/u, ''))) ignored.push(path);
    return ignored.length < maxIgnored;
  };
  const { code } = await runGit(
    root,
    ['ls-files', '-o', '-i', '--exclude-standard', '--directory', '-z'],
    add,
    options,
  );
  return code === 0 ? ignored : [];
}

/** The ignored paths that hold none of `files`: a `!` pattern of a `.cribsheetignore` brings single files back. */
export function withoutFiles(ignored: readonly string[], files: readonly string[]): string[] {
  const left = new Set(ignored);
  for (const file of files) {
    left.delete(file);
    for (let folder = parentOf(file); folder !== ''; folder = parentOf(folder)) left.delete(`${folder}/`);
  }
  return [...left];
}
