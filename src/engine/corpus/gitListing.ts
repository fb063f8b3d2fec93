import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { throwIfCancelled } from '../../common/errors.ts';
import { FolderViews } from './folderViews.ts';
import { GitFiles, askGit } from './gitFiles.ts';
import { cribFileName } from './ignoreFiles.ts';
import { IgnoreRules } from './ignore.ts';
import { baseName, harmlessName, isInside, parentOf } from './paths.ts';
import { isLetIn, rootStanding } from './precedence.ts';
import { excludeRules } from './repository.ts';
import type { Scope } from './scope.ts';
import type { Selection } from './selection.ts';
import type { SkipReason } from './types.ts';
import type { WalkOptions } from './walk.ts';

export interface GitListingParts {
  scope: Scope;
  /** Receives the files. */
  selection: Selection;
  /** Walks in the workspace and puts what it finds into `selection`. */
  search: (by: Pick<WalkOptions, 'standing' | 'git' | 'start' | 'listed' | 'reincludes'>) => Promise<void>;
  git: string | undefined;
  maxListed: number;
  signal: AbortSignal | undefined;
}

/** Files looked at on disk at the same time. */
const parallel = 64;

type Kind = 'file' | 'symlink' | 'unreadable' | 'gone';

/** The listing of a folder in a repository, by what git says about its files and by what is on disk. */
export class GitListing {
  private readonly root: string;
  private readonly parts: GitListingParts;
  private readonly files = new GitFiles();
  private readonly views: FolderViews;

  constructor(root: string, parts: GitListingParts) {
    this.root = root;
    this.parts = parts;
    this.views = new FolderViews(root, (path) => this.files.has(path));
  }

  /** Fills the selection, or leaves it as it is and says why git did not answer. */
  async run(): Promise<'done' | { problem: string }> {
    const { scope, selection, git, maxListed, signal } = this.parts;
    const { files, views } = this;
    const answer = await askGit(this.root, files, {
      git,
      signal,
      maxListed,
      wanted: (path) => scope.matches(path) || baseName(path) === cribFileName,
      enters: (folder) => this.entersRepository(folder),
    });
    if (answer !== 'done') return answer;
    await views.at('');
    for (const folder of files.worktrees) selection.skip(`${folder}/`, 'ignored');
    await this.examine(files.tracked, 'tracked');
    await this.examine(files.untracked, 'untracked');
    for (const start of files.unanswered) {
      const { standing } = await views.at(start);
      await this.parts.search({ standing, start, git: await excludeRules(join(this.root, start), start) });
    }
    if (views.reincludes.size > 0) await this.bringBack([...views.reincludes]);
    if (files.cut) selection.skip('./', 'too-many-files');
    return 'done';
  }

  /** Files that only a `!` pattern lets in: git's listing does not have them. */
  private bringBack(reincludes: readonly string[]): Promise<void> {
    const none = IgnoreRules.none();
    const listed = (path: string) => this.files.has(path);
    return this.parts.search({ standing: rootStanding(none), git: none, listed, reincludes });
  }

  private async entersRepository(folder: string): Promise<boolean> {
    if (!isInside(folder) || !this.parts.scope.reaches(folder)) return false;
    const { standing, disk } = await this.views.at(folder);
    if (standing.out !== undefined) this.parts.selection.skip(`${standing.out}/`, 'ignored');
    else if (disk === 'link') this.parts.selection.skip(folder, 'symlink');
    return standing.out === undefined && disk === 'folder';
  }

  /** In path order, a few at a time; where the selection is full, a file's name says enough. */
  private async examine(files: ReadonlySet<string>, git: 'tracked' | 'untracked'): Promise<void> {
    const { selection, signal } = this.parts;
    const sorted = [...files].sort();
    for (let start = 0; start < sorted.length; start += parallel) {
      throwIfCancelled(signal);
      const batch = sorted.slice(start, start + parallel);
      if (selection.isFull) {
        for (const path of batch) if (isInside(path)) selection.add(path);
        await setImmediate();
        continue;
      }
      for (const { path, reason } of await Promise.all(batch.map((file) => this.examineOne(file, git)))) {
        if (reason === undefined) selection.add(path);
        else if (reason !== 'gone') selection.skip(path, reason);
      }
    }
  }

  private async examineOne(
    path: string,
    git: 'tracked' | 'untracked',
  ): Promise<{ path: string; reason?: SkipReason | 'gone' }> {
    if (!isInside(path)) return { path: harmlessName(path), reason: 'unreadable' };
    const { standing, disk } = await this.views.at(parentOf(path));
    if (standing.out !== undefined) return { path: `${standing.out}/`, reason: 'ignored' };
    if (disk === 'link') return { path, reason: 'symlink' };
    const kind = await kindOnDisk(join(this.root, path), path);
    if (kind === 'gone') return { path, reason: kind };
    if (isLetIn(standing, path, git)) return kind === 'file' ? { path } : { path, reason: kind };
    const { toolFolder } = standing;
    return { path: toolFolder === undefined || git === 'tracked' ? path : `${toolFolder}/`, reason: 'ignored' };
  }
}

async function kindOnDisk(absolute: string, path: string): Promise<Kind> {
  try {
    const stats = await lstat(absolute);
    if (stats.isSymbolicLink()) return 'symlink';
    if (stats.isFile()) return 'file';
    // A folder stands where git tracks a file: the file is gone.
    return stats.isDirectory() ? 'gone' : 'unreadable';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const isGone = code === 'ENOENT' || code === 'ENOTDIR';
    // A name that is not UTF-8 arrives with replacement characters and cannot be opened by them.
    return isGone && !path.includes('\uFFFD') ? 'gone' : 'unreadable';
  }
}
