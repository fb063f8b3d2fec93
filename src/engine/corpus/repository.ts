import { lstat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { gitFileName, readIgnoreFile } from './ignoreFiles.ts';
import { IgnoreRules } from './ignore.ts';
import { readRegularFile } from './openFile.ts';
import { joinPath } from './paths.ts';

/** The nearest folder at or above `folder` (absolute) that holds a `.git`, without asking git. */
export async function findRepository(folder: string): Promise<string | undefined> {
  for (let at = folder; ; at = dirname(at)) {
    if (await isRepository(at)) return at;
    if (dirname(at) === at) return undefined;
  }
}

export async function isRepository(folder: string): Promise<boolean> {
  return lstat(join(folder, '.git')).then(
    () => true,
    () => false,
  );
}

/** A second work tree of some repository (`git worktree add`): it holds the same files on another branch. */
export async function isLinkedWorktree(folder: string): Promise<boolean> {
  const bytes = await readRegularFile(join(folder, '.git'), 4096);
  return typeof bytes !== 'string' && /^gitdir:.*[\\/]worktrees[\\/][^\\/]+\s*$/.test(new TextDecoder().decode(bytes));
}

/** What `.git/info/exclude` of a repository says; `prefix` is the repository's place below the rules' outermost folder. */
export async function excludeRules(repository: string, prefix = ''): Promise<IgnoreRules> {
  return IgnoreRules.none().with(prefix, await readIgnoreFile(join(repository, '.git', 'info', 'exclude')));
}

export interface RulesAbove {
  rules: IgnoreRules;
  /** Place of the folder below the outermost, with a slash at its end; empty where they are the same. */
  prefix: string;
}

/**
 * git's rules that `repository` has for the folder `root` in it, from the files above `root`, read without git. A
 * workspace in an ignored folder was opened on purpose: then they do not count.
 */
export async function rulesAbove(root: string, repository: string | undefined): Promise<RulesAbove> {
  if (repository === undefined) return { rules: IgnoreRules.none(), prefix: '' };
  let rules = await excludeRules(repository);
  let folder = '';
  for (const name of relative(repository, root)
    .split(sep)
    .filter((part) => part !== '')) {
    rules = rules.with(folder, await readIgnoreFile(join(repository, folder, gitFileName)));
    folder = joinPath(folder, name);
    if (rules.verdict(folder, true) === 'out') return { rules: IgnoreRules.none(), prefix: '' };
  }
  return { rules, prefix: folder === '' ? '' : `${folder}/` };
}
