import { join } from 'node:path';
import { runGit, type GitOptions } from './git.ts';
import { joinPath } from './paths.ts';
import { isLinkedWorktree, isRepository } from './repository.ts';

/** What git says about the files of a folder; paths relative to it. */
export class GitFiles {
  /** In git's index; they may be deleted on disk, or lie behind a symbolic link. */
  readonly tracked = new Set<string>();
  /** Neither in the index nor ignored. */
  readonly untracked = new Set<string>();
  /** Submodules and nested repositories for which git had no answer: to be walked. */
  readonly unanswered: string[] = [];
  /** Linked worktrees of a repository, which hold the same files again: left out. */
  readonly worktrees: string[] = [];
  /** There are more than `maxListed` files. */
  cut = false;

  has(path: string): boolean {
    return this.tracked.has(path) || this.untracked.has(path);
  }
}

export interface AskGitOptions extends GitOptions {
  /** Which paths count; the others are dropped as they come. */
  wanted: (path: string) => boolean;
  /** Is this submodule or nested repository to be looked at? */
  enters: (folder: string) => Promise<boolean>;
  maxListed: number;
}

export type GitAnswer = 'done' | { problem: string };

/** Git's mode of a submodule in `ls-files --stage`. */
const submoduleMode = '160000';

/**
 * Puts what `git ls-files -co --exclude-standard` says about `root` (absolute; it may be a subfolder of a repository)
 * into `files`, by two listings, tracked files first: where there are too many, they are the ones to keep. Submodules
 * and nested repositories are part of the workspace: each is asked in turn, by its own rules. An empty problem means
 * that `root` is an ignored folder of a repository.
 */
export async function askGit(root: string, files: GitFiles, options: AskGitOptions): Promise<GitAnswer> {
  const open = [''];
  for (let folder = open.shift(); folder !== undefined && !files.cut; folder = open.shift()) {
    const absolute = join(root, folder);
    const isNested = folder !== '';
    if (isNested && !(await options.enters(folder))) continue;
    if (isNested && (await isLinkedWorktree(absolute))) {
      files.worktrees.push(folder);
      continue;
    }
    const answer = await askOne(absolute, folder, files, options);
    if (Array.isArray(answer)) open.push(...answer);
    else if (isNested) files.unanswered.push(folder);
    else return answer;
  }
  const isEmpty = files.tracked.size + files.untracked.size + files.unanswered.length === 0;
  return isEmpty && (await isIgnored(root, options)) ? { problem: '' } : 'done';
}

/** Adds the files of the repository at `folder`; returns the repositories in it. */
async function askOne(
  absolute: string,
  folder: string,
  files: GitFiles,
  options: AskGitOptions,
): Promise<string[] | { problem: string }> {
  const nested = new Set<string>();
  const add = (list: Set<string>, path: string): boolean => {
    if (!options.wanted(path)) return true;
    files.cut = files.tracked.size + files.untracked.size >= options.maxListed;
    if (!files.cut) list.add(path);
    return !files.cut;
  };
  const onTracked = (item: string): boolean => {
    // "mode object stage<TAB>path"; a file in conflict comes once for each stage.
    const path = joinPath(folder, item.slice(item.indexOf('\t') + 1));
    if (!item.startsWith(submoduleMode)) return add(files.tracked, path);
    nested.add(path);
    return true;
  };
  const onOther = (item: string): boolean => {
    const path = joinPath(folder, item);
    if (!path.endsWith('/')) return add(files.untracked, path);
    nested.add(path.slice(0, -1));
    return true;
  };
  const by: GitOptions = { git: options.git, signal: options.signal, isRepository: folder !== '' };
  const tracked = await runGit(absolute, ['ls-files', '--stage', '-z'], onTracked, by);
  if (tracked.code !== 0) return problemOf(tracked.code, tracked.message);
  if (files.cut) return [];
  const others = await runGit(absolute, ['ls-files', '-o', '--exclude-standard', '-z'], onOther, by);
  if (others.code !== 0) return problemOf(others.code, others.message);
  return [...nested].sort();
}

function problemOf(code: number | undefined, message: string): { problem: string } {
  return { problem: message === '' ? `git ended with code ${String(code ?? 'none')}` : message };
}

/** A workspace in an ignored folder of some repository was opened on purpose; git has nothing to say about it. */
async function isIgnored(root: string, options: GitOptions): Promise<boolean> {
  if (await isRepository(root)) return false;
  const answer = await runGit(root, ['check-ignore', '-q', '.'], () => true, options);
  return answer.code === 0;
}
