import { execFileSync } from 'node:child_process';

/**
 * Puts a small disk of its own at `folder`, in memory, to be full soon. Returns what takes it away again, or undefined
 * where mounting is not permitted.
 */
export function smallDisk(folder: string, kibibytes: number): (() => void) | undefined {
  const run = (tool: string, ...words: string[]): void => void execFileSync(tool, words, { stdio: 'ignore' });
  try {
    run('mount', '-t', 'tmpfs', '-o', `size=${kibibytes}k`, 'tmpfs', folder);
  } catch {
    return undefined;
  }
  return () => run('umount', folder);
}
