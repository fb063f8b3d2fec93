import path from 'node:path';

/**
 * Paths inside a workspace folder: relative with forward slashes in the protocol, absolute on disk. `platform` is for
 * tests: rules differ between Windows and the rest.
 */

type Platform = Pick<path.PlatformPath, 'isAbsolute' | 'join' | 'relative' | 'sep'>;

/** Path of `file` relative to `root`; undefined where it lies outside. The root itself is the empty path. */
export function pathInRoot(root: string, file: string, platform: Platform = path): string | undefined {
  const relative = platform.relative(root, file);
  if (platform.isAbsolute(relative) || relative.split(platform.sep)[0] === '..') return undefined;
  return relative.split(platform.sep).join('/');
}

/** Absolute path of a relative one; undefined where it would lead out of `root`. */
export function pathOnDisk(root: string, relative: string, platform: Platform = path): string | undefined {
  if (relative === '' || relative.includes('\0') || platform.isAbsolute(relative)) return undefined;
  const joined = platform.join(root, ...relative.split('/'));
  const back = pathInRoot(root, joined, platform);
  return back === undefined || back === '' ? undefined : joined;
}

/** The longest of several roots that holds `file`, and the path in it. */
export function locate<R extends { root: string }>(
  roots: readonly R[],
  file: string,
  platform: Platform = path,
): { root: R; path: string } | undefined {
  let found: { root: R; path: string } | undefined;
  for (const root of roots) {
    const inside = pathInRoot(root.root, file, platform);
    if (inside !== undefined && (!found || root.root.length > found.root.root.length)) found = { root, path: inside };
  }
  return found;
}

/**
 * The scope that is exactly this file or folder and what is below it (`docs/cli.md`, "scope"); none for the root. A
 * character that means something in a glob becomes `?`: scopes know no escape, and any character fits it.
 */
export const scopeOf = (relative: string): string[] =>
  relative === '' ? [] : [`/${relative.replaceAll(/[*?[\]{}\\]/gu, '?')}`];
