import type { Dirent } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { throwIfCancelled } from '../../common/errors.ts';
import { cribFileName, gitFileName, readIgnoreFile } from './ignoreFiles.ts';
import type { IgnoreRules } from './ignore.ts';
import { isGitFolder, joinPath } from './paths.ts';
import { countsCribFile, isLetIn, mayComeBackBelow, standingOf, withCribFile, type Standing } from './precedence.ts';
import { excludeRules, isLinkedWorktree } from './repository.ts';
import { isBuildFolder, isToolFolder } from './standardFolders.ts';
import type { SkipReason } from './types.ts';

/** A file (or, with a slash at its end, a whole folder that was left out). Without a reason: let in. */
export interface Found {
  path: string;
  reason?: SkipReason;
}

export interface WalkOptions {
  /** Standing of the folder where the walk starts, without that folder's own `.cribsheetignore`. */
  standing: Standing;
  /** git's rules in force in that folder, without its own `.gitignore`. */
  git: IgnoreRules;
  /** What `git`'s patterns are relative to: `a/b/` where `root` is the folder `b` in `a` of the outermost. */
  gitPrefix?: string;
  /** Where to start, relative to `root`. Default: `root` itself. */
  start?: string;
  /** Given where git has made a listing: find only what `!` patterns bring back beside it; `git` is not asked. */
  listed?: (path: string) => boolean;
  /** Further places that a `!` pattern names (`IgnoreRules.reincludes`). */
  reincludes?: readonly string[];
  /** Can anything in this folder be wanted? Default: yes. */
  reaches?: (folder: string) => boolean;
  /** Most folder entries to look at; the folder where that was enough is reported as `too-many-files`. */
  maxEntries: number;
  signal?: AbortSignal | undefined;
}

interface Folder {
  path: string;
  standing: Standing;
  git: IgnoreRules;
  /** git ignores it, or it is build output. */
  ignored: boolean;
}

/** Entries between two turns of the event loop, so that a cancel gets in. */
const entriesPerTurn = 1_000;

/**
 * The files below a folder, by `.gitignore`, `.git/info/exclude` of nested repositories and `.cribsheetignore` files
 * (git's global ignore file is not read). In path order folder by folder, a folder's files before its subfolders.
 * Symbolic links are reported, never followed, so no loop and no way out exists. `.git` is passed over, and so are
 * linked worktrees of a repository, which hold the same files again (reported as ignored).
 */
export async function* walk(root: string, options: WalkOptions): AsyncGenerator<Found> {
  const { standing, git, start = '', listed, signal } = options;
  const rules = new FolderRules(root, options);
  const open: Folder[] = [{ path: start, standing, git, ignored: listed !== undefined }];
  let budget = options.maxEntries;
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    throwIfCancelled(signal);
    const entries = await listFolder(join(root, folder.path), budget, signal);
    if (entries === 'unreadable') {
      yield { path: reportName(folder.path), reason: 'unreadable' };
      continue;
    }
    budget -= entries.list.length;
    const here = await rules.readIn(folder, entries.list);
    if (here === 'worktree') {
      yield { path: reportName(folder.path), reason: 'ignored' };
      continue;
    }
    const subfolders: Folder[] = [];
    for (const [index, entry] of entries.list.entries()) {
      if (index % entriesPerTurn === entriesPerTurn - 1) await setImmediate();
      throwIfCancelled(signal);
      const path = joinPath(here.path, entry.name);
      if (isGitFolder(entry.name)) continue;
      if (!entry.isDirectory()) {
        const found = await rules.judge(here, path, entry);
        if (found !== undefined) yield found;
      } else if (options.reaches?.(path) ?? true) {
        const next = await rules.enter(here, path, entry.name);
        if (isOut(next) && !isOut(here)) yield { path: reportName(path), reason: 'ignored' };
        if (!isOut(next) || mayComeBackBelow(next.standing, path, options.reincludes)) subfolders.push(next);
      }
    }
    open.push(...subfolders.reverse());
    if (entries.cut) {
      yield { path: reportName(folder.path), reason: 'too-many-files' };
      return;
    }
  }
}

/** Everything here is out, but for what a `!` pattern still brings back: the files need not each be reported. */
function isOut({ ignored, standing }: Folder): boolean {
  return standing.out !== undefined || ((ignored || standing.toolFolder !== undefined) && !standing.broughtBack);
}

function reportName(folder: string): string {
  return folder === '' ? './' : `${folder}/`;
}

/** What the rules say about one folder after the other. */
class FolderRules {
  private readonly root: string;
  private readonly start: string;
  private readonly gitPrefix: string;
  private readonly listed: ((path: string) => boolean) | undefined;

  constructor(root: string, { start = '', gitPrefix = '', listed }: WalkOptions) {
    this.root = root;
    this.start = start;
    this.gitPrefix = gitPrefix;
    this.listed = listed;
  }

  /** A subfolder before its own ignore files are read. */
  async enter(parent: Folder, path: string, name: string): Promise<Folder> {
    const standing = standingOf(parent.standing, path, isToolFolder(name));
    let ignored = parent.ignored || parent.git.verdict(this.gitPrefix + path, true) === 'out';
    if (!ignored && parent.git.isEmpty) ignored = await isBuildFolder(join(this.root, parent.path), name);
    return { path, standing, git: parent.git, ignored };
  }

  /** Adds what the folder's own ignore files say; a nested repository starts anew with git's rules. */
  async readIn(folder: Folder, entries: readonly Dirent[]): Promise<Folder | 'worktree'> {
    let { git, standing } = folder;
    const absolute = join(this.root, folder.path);
    const gitPath = this.gitPrefix + folder.path;
    const has = (name: string) => entries.some((entry) => entry.name === name && entry.isFile());
    if (folder.path !== this.start && entries.some((entry) => isGitFolder(entry.name))) {
      if (await isLinkedWorktree(absolute)) return 'worktree';
      git = await excludeRules(absolute, gitPath);
    }
    if (!folder.ignored && has(gitFileName)) git = git.with(gitPath, await readIgnoreFile(join(absolute, gitFileName)));
    if (has(cribFileName)) {
      const file = joinPath(folder.path, cribFileName);
      const isListed = this.listed?.(file) ?? this.gitState({ ...folder, git }, file) === 'untracked';
      if (countsCribFile(standing, folder.path, isListed)) {
        standing = withCribFile(standing, folder.path, await readIgnoreFile(join(absolute, cribFileName)));
      }
    }
    return { ...folder, git, standing };
  }

  /** One entry that is no folder; undefined where nobody needs to hear of it. */
  async judge(folder: Folder, path: string, entry: Dirent): Promise<Found | undefined> {
    if (this.listed?.(path)) return undefined;
    if (isLetIn(folder.standing, path, this.gitState(folder, path))) return fileOf(this.root, path, entry);
    return isOut(folder) ? undefined : { path, reason: 'ignored' };
  }

  private gitState(folder: Folder, path: string): 'untracked' | 'ignored' {
    return folder.ignored || folder.git.verdict(this.gitPrefix + path, false) === 'out' ? 'ignored' : 'untracked';
  }
}

async function fileOf(root: string, path: string, entry: Dirent): Promise<Found> {
  if (entry.isSymbolicLink()) return { path, reason: 'symlink' };
  if (!entry.isFile()) return { path, reason: 'unreadable' };
  // A name that is not UTF-8 arrives with replacement characters and cannot be opened by them.
  if (path.includes('\uFFFD') && !(await isThere(join(root, path)))) return { path, reason: 'unreadable' };
  return { path };
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/** Entries in path order (a folder sorts as if its name ended in a slash), at most `most`. */
async function listFolder(
  path: string,
  most: number,
  signal: AbortSignal | undefined,
): Promise<{ list: Dirent[]; cut: boolean } | 'unreadable'> {
  const list: Dirent[] = [];
  let cut = false;
  try {
    for await (const entry of await opendir(path, { bufferSize: 512 })) {
      if (signal?.aborted) break;
      if (list.length >= most) {
        cut = true;
        break;
      }
      list.push(entry);
    }
  } catch {
    // No right to look, or gone since its parent was listed.
    return 'unreadable';
  }
  const key = (entry: Dirent) => (entry.isDirectory() ? `${entry.name}/` : entry.name);
  const keyed = list.map((entry) => [key(entry), entry] as const);
  keyed.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return { list: keyed.map(([, entry]) => entry), cut };
}
