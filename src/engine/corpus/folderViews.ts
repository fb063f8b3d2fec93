import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { cribFileName, readIgnoreFile } from './ignoreFiles.ts';
import { IgnoreRules } from './ignore.ts';
import { baseName, joinPath, parentOf } from './paths.ts';
import { countsCribFile, rootStanding, standingOf, withCribFile, type Standing } from './precedence.ts';
import { isToolFolder } from './standardFolders.ts';

export interface FolderView {
  standing: Standing;
  /** What is on disk: a link is a symbolic link here or above, so that the folder may lie outside the workspace. */
  disk: 'folder' | 'link' | 'gone';
}

/** Standings of the folders in which git lists files, worked out once each, from the workspace folder down. */
export class FolderViews {
  /** Where `!` patterns of the files read so far can match. */
  readonly reincludes = new Set<string>();
  private readonly root: string;
  private readonly isListed: (path: string) => boolean;
  private readonly views = new Map<string, Promise<FolderView>>();

  /** `isListed`: is the file in git's listing? */
  constructor(root: string, isListed: (path: string) => boolean) {
    this.root = root;
    this.isListed = isListed;
  }

  /** `folder` relative to the workspace folder, which is `''`. */
  at(folder: string): Promise<FolderView> {
    let view = this.views.get(folder);
    if (view === undefined) {
      view = this.look(folder);
      this.views.set(folder, view);
    }
    return view;
  }

  private async look(folder: string): Promise<FolderView> {
    if (folder === '') return { standing: await this.opened(rootStanding(IgnoreRules.none()), ''), disk: 'folder' };
    const parent = await this.at(parentOf(folder));
    const standing = standingOf(parent.standing, folder, isToolFolder(baseName(folder)));
    if (parent.disk !== 'folder' || standing.out !== undefined) return { standing, disk: parent.disk };
    const disk = await kindOnDisk(join(this.root, folder));
    return { standing: disk === 'folder' ? await this.opened(standing, folder) : standing, disk };
  }

  /** With the folder's own patterns. */
  private async opened(standing: Standing, folder: string): Promise<Standing> {
    const path = joinPath(folder, cribFileName);
    if (!countsCribFile(standing, folder, this.isListed(path))) return standing;
    const text = await readIgnoreFile(join(this.root, path));
    const next = withCribFile(standing, folder, text);
    for (const root of next.crib.reincludes) this.reincludes.add(root);
    return next;
  }
}

async function kindOnDisk(path: string): Promise<FolderView['disk']> {
  try {
    const stats = await lstat(path);
    if (stats.isSymbolicLink()) return 'link';
    return stats.isDirectory() ? 'folder' : 'gone';
  } catch {
    // A tracked file's folder may be deleted; one that cannot be looked into has no readable files either.
    return 'gone';
  }
}
