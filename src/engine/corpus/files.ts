import { realpath, stat } from 'node:fs/promises';
import { CribsheetError, throwIfCancelled } from '../../common/errors.ts';
import { limits } from '../../common/limits.ts';
import { GitListing } from './gitListing.ts';
import { IgnoreRules } from './ignore.ts';
import { rootStanding } from './precedence.ts';
import { findRepository, rulesAbove } from './repository.ts';
import { Scope } from './scope.ts';
import { Selection } from './selection.ts';
import type { FileListing } from './types.ts';
import { walk, type WalkOptions } from './walk.ts';

export interface ListOptions {
  /** Which part of the workspace; see `Scope`. Default: all of it. */
  scope?: readonly string[] | undefined;
  /** Default `limits.maxFiles`. Tracked files go first, then the order is that of paths (of a walk's folders). */
  maxFiles?: number | undefined;
  /** Most names that git, and a walk, may hand over. Default `limits.maxListed`. */
  maxListed?: number | undefined;
  /** The git program. Default `git`. */
  git?: string | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * The files of the workspace folder `root` that belong to the corpus as far as their place, name and kind say (what
 * needs their bytes is decided by `readCorpus`). `precedence.ts` says which rule wins where several speak.
 *
 * With git: tracked and untracked files that git does not ignore, also in a subfolder of a repository, in submodules
 * and in nested repositories (each by its own rules); deleted files are left out. Without git, outside repositories,
 * where git refuses (then `gitProblem` says why) and in an ignored folder: an own walk. Symbolic links are never
 * followed. What git ignores is not among `skipped`; what the walk ignores is, a whole folder once with a slash at its
 * end. Where names run past `maxListed`, the folder where that happened (`./`: the workspace) is skipped as
 * `too-many-files`.
 *
 * Errors: `workspace-missing`, `cancelled`.
 */
export async function listFiles(root: string, options: ListOptions = {}): Promise<FileListing> {
  const { git, signal, maxFiles = limits.maxFiles, maxListed = limits.maxListed } = options;
  throwIfCancelled(signal);
  const folder = await workspaceFolder(root);
  const scope = new Scope(options.scope ?? []);
  const selection = new Selection(scope, maxFiles);
  const search = async (by: Omit<WalkOptions, 'reaches' | 'maxEntries' | 'signal'>) => {
    const reaches = (path: string) => scope.reaches(path);
    for await (const { path, reason } of walk(folder, { ...by, reaches, maxEntries: maxListed, signal })) {
      if (reason === undefined) selection.add(path);
      else selection.skip(path, reason);
    }
  };

  const repository = await findRepository(folder);
  let gitProblem = '';
  if (repository !== undefined) {
    const listing = new GitListing(folder, { scope, selection, search, git, maxListed, signal });
    const answer = await listing.run();
    if (answer === 'done') return selection.listing('git');
    gitProblem = answer.problem;
  }
  const above = await rulesAbove(folder, repository);
  await search({ standing: rootStanding(IgnoreRules.none()), git: above.rules, gitPrefix: above.prefix });
  return selection.listing('walk', gitProblem);
}

/** The real path of a workspace folder. @throws CribsheetError `workspace-missing` */
export async function workspaceFolder(root: string): Promise<string> {
  const action = 'Check the path, or open another folder.';
  let isFolder: boolean;
  try {
    isFolder = (await stat(root)).isDirectory();
  } catch (cause) {
    const isGone = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    const message = isGone ? `There is no folder ${root}.` : `The folder ${root} cannot be opened.`;
    throw new CribsheetError('workspace-missing', message, action, { cause });
  }
  if (!isFolder) throw new CribsheetError('workspace-missing', `${root} is not a folder.`, action);
  return realpath(root);
}
