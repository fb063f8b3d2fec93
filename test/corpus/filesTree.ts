import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { IgnoreRules } from '../../src/engine/corpus/ignore.ts';
import { rootStanding } from '../../src/engine/corpus/precedence.ts';
import { excludeRules } from '../../src/engine/corpus/repository.ts';
import type { FileListing, SkippedFile } from '../../src/engine/corpus/types.ts';
import { walk, type Found } from '../../src/engine/corpus/walk.ts';

// Nothing of the machine's own git configuration (a global ignore file, say) takes part, here and in the code under test.
Object.assign(process.env, {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  XDG_CONFIG_HOME: '/nonexistent',
});

/** A folder of files for one test; `using` removes it. */
export class Tree {
  readonly root: string;
  private readonly base: string;

  constructor(files: Readonly<Record<string, string | Uint8Array>> = {}) {
    this.base = realpathSync(mkdtempSync(join(tmpdir(), 'cribsheet-files-')));
    this.root = join(this.base, 'workspace');
    mkdirSync(this.root);
    this.write(files);
  }

  write(files: Readonly<Record<string, string | Uint8Array>>): void {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(this.at(path)), { recursive: true });
      writeFileSync(this.at(path), content);
    }
  }

  at(path: string): string {
    return join(this.root, path);
  }

  /** Makes a named pipe, which blocks whoever opens it and waits. */
  pipe(path: string): void {
    execFileSync('sh', ['-c', 'mkfifo "$0"', this.at(path)]);
  }

  /** Output of a git command in the folder. */
  git(...args: string[]): string {
    return execFileSync('git', ['-C', this.root, '-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  [Symbol.dispose](): void {
    rmSync(this.base, { recursive: true, force: true });
  }
}

export function nulSplit(text: string): string[] {
  return text.split('\0').filter((item) => item !== '');
}

/** All that a walk finds, without `listFiles` around it. */
export async function walked(root: string): Promise<Found[]> {
  const standing = rootStanding(IgnoreRules.none());
  const found: Found[] = [];
  for await (const item of walk(root, { standing, git: await excludeRules(root), maxEntries: 100_000 }))
    found.push(item);
  return found;
}

export function reasonOf(listing: Pick<FileListing, 'skipped'> | { skipped: SkippedFile[] }, path: string): string {
  const found = listing.skipped.filter((skip) => skip.path === path);
  return found.map(({ reason }) => reason).join(' and ');
}
