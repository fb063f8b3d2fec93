import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** The one store that editor and command line share: blocks of all workspaces, an index and sheets for each. */
export class StoreLocation {
  readonly folder: string;

  /** @param folder an explicit choice; default: CRIBSHEET_STORE, else the platform's cache folder */
  constructor(folder?: string, env: NodeJS.ProcessEnv = process.env, platform: NodeJS.Platform = process.platform) {
    this.folder = path.resolve(folder || env['CRIBSHEET_STORE'] || platformCache(env, platform));
  }

  get models(): string {
    return path.join(this.folder, 'models');
  }

  /** What was measured of models, by their fingerprint. */
  get measured(): string {
    return path.join(this.folder, 'measured');
  }

  /** Folder of a workspace, named by a hash of its real path: two spellings of one folder are one workspace. */
  workspace(root: string): string {
    let real = path.resolve(root);
    try {
      real = realpathSync.native(real);
    } catch {
      // The folder may not exist; whoever reads it says so.
    }
    return path.join(this.folder, 'workspaces', createHash('sha256').update(real).digest('hex').slice(0, 16));
  }
}

function platformCache(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  const home = os.homedir();
  if (platform === 'win32') return path.join(env['LOCALAPPDATA'] || path.join(home, 'AppData', 'Local'), 'cribsheet');
  if (platform === 'darwin') return path.join(home, 'Library', 'Caches', 'cribsheet');
  // The XDG base directory specification: a relative path is invalid and to be ignored.
  const cache = env['XDG_CACHE_HOME'] ?? '';
  return path.join(path.isAbsolute(cache) ? cache : path.join(home, '.cache'), 'cribsheet');
}
