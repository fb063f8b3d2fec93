/**
 * Is this a path that stays below the folder it is relative to? Forward slashes, no empty, `.` or `..` part, nothing
 * inside a `.git`. A repository's index is data from outside: git prints `../x` where a crafted index says so.
 */
export function isInside(path: string): boolean {
  if (path === '' || path.includes('\0')) return false;
  if (process.platform === 'win32' && /[\\:]/.test(path)) return false;
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && !isGitFolder(part));
}

/** A name for reports, made of a path that `isInside` refused: parts that lead elsewhere become `…`. */
export function harmlessName(path: string): string {
  const parts = path.replaceAll('\0', '…').split(process.platform === 'win32' ? /[\\/:]/ : '/');
  return parts.map((part) => (part === '' || part === '.' || part === '..' ? '…' : part)).join('/');
}

/** File systems of Windows and macOS do not tell `.git` from `.GIT`. */
export function isGitFolder(name: string): boolean {
  return name.length === 4 && name.toLowerCase() === '.git';
}

/** `a/b/c` → `a/b`; the root's own entries have the parent `''`. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash === -1 ? '' : path.slice(0, slash);
}

/** `a/b/c` → `c`. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** `('', 'a')` → `a`, `('a', 'b')` → `a/b`. */
export function joinPath(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

/** Is `path` the folder itself or below it? The root is `''`. */
export function isAtOrBelow(path: string, folder: string): boolean {
  return folder === '' || path === folder || (path.startsWith(folder) && path[folder.length] === '/');
}
