import type { IgnoreRules } from './ignore.ts';
import { isAtOrBelow } from './paths.ts';

/**
 * Which rule wins. For one file, from the strongest to the weakest:
 *
 * 1. The filters (`filters.ts`, `secrets.ts`), symbolic links, limits: nothing brings such a file back.
 * 2. `.cribsheetignore` files, nested, gitignore syntax, one rule list: the last pattern that matches wins, an inner
 *    file comes after an outer one, and below a folder that they leave out nothing comes back. A `!` pattern that
 *    matches a file or folder brings it back whatever git says, a folder with everything below it.
 * 3. What git tracks is in, even in folders named below and even where an ignore file matches it.
 * 4. Folders that only tools write (`standardFolders.ts`, `node_modules` for one) are out. Only a `!` pattern that
 *    names the folder or a path inside it reaches there; `!*.proto` or `!lib/` does not search `node_modules`.
 * 5. git's ignore rules (or, without git, the `.gitignore` files read by `walk.ts`).
 *
 * A standing is what 2 and 4 say about everything in one folder.
 */
export interface Standing {
  /** The `.cribsheetignore` patterns in force in this folder. */
  readonly crib: IgnoreRules;
  /** The topmost folder that `.cribsheetignore` leaves out, if this is or lies in one. */
  readonly out?: string;
  /** The topmost tool folder, if this is or lies in one and nothing brought it back. */
  readonly toolFolder?: string;
  /** A `!` pattern brought this folder or one above it back. */
  readonly broughtBack: boolean;
}

export function rootStanding(crib: IgnoreRules): Standing {
  return { crib, broughtBack: false };
}

/** The standing of a folder, given its parent's; its own `.cribsheetignore` is added with `withCribFile`. */
export function standingOf(parent: Standing, folder: string, isToolFolder: boolean): Standing {
  if (parent.out !== undefined) return parent;
  const verdict = parent.crib.verdict(folder, true);
  if (verdict === 'out') return { ...parent, out: folder };
  if (verdict === 'in' && isNamed(parent, folder)) return { crib: parent.crib, broughtBack: true };
  if (isToolFolder && parent.toolFolder === undefined) {
    return { crib: parent.crib, toolFolder: folder, broughtBack: false };
  }
  return parent;
}

/**
 * Does the `.cribsheetignore` in `folder` count? The topmost always; another unless git ignores it (then a switch of
 * branch or a clone would not have it) or it came with a dependency.
 */
export function countsCribFile(standing: Standing, folder: string, isListed: boolean): boolean {
  if (standing.out !== undefined || standing.toolFolder !== undefined) return false;
  return folder === '' || standing.broughtBack || isListed;
}

export function withCribFile(standing: Standing, folder: string, text: string): Standing {
  return { ...standing, crib: standing.crib.with(folder, text) };
}

/** Is the file in, as far as ignore rules go? `standing` is its folder's. */
export function isLetIn(standing: Standing, path: string, git: 'tracked' | 'untracked' | 'ignored'): boolean {
  if (standing.out !== undefined) return false;
  const verdict = standing.crib.verdict(path, false);
  if (verdict === 'out') return false;
  if (verdict === 'in' && isNamed(standing, path)) return true;
  if (standing.broughtBack || git === 'tracked') return true;
  return git === 'untracked' && standing.toolFolder === undefined;
}

/** Can a `!` pattern match something in this folder, which is out otherwise? `standing` is the folder's own; `more` are places that patterns of files further inside name. */
export function mayComeBackBelow(standing: Standing, folder: string, more: readonly string[] = []): boolean {
  const { crib, out, toolFolder } = standing;
  if (out !== undefined) return false;
  const leadsThere = (root: string) =>
    (toolFolder === undefined || isAtOrBelow(root, toolFolder)) &&
    (isAtOrBelow(folder, root) || isAtOrBelow(root, folder));
  return crib.reincludes.some(leadsThere) || more.some(leadsThere);
}

/** Inside a tool folder a `!` pattern counts only if it says so: its plain part leads there. */
function isNamed({ crib, toolFolder }: Standing, path: string): boolean {
  if (toolFolder === undefined) return true;
  return crib.reincludes.some((root) => isAtOrBelow(root, toolFolder) && isAtOrBelow(path, root));
}
