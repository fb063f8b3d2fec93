import { reasonByName } from './filters.ts';
import type { Scope } from './scope.ts';
import type { FileListing, SkippedFile, SkipReason } from './types.ts';

/** Collects a listing within a scope: each path once, without what its name rules out, and at most `maxFiles` let in. */
export class Selection {
  private readonly scope: Scope;
  private readonly maxFiles: number;
  private readonly paths = new Set<string>();
  private readonly skipped = new Map<string, SkipReason>();

  constructor(scope: Scope, maxFiles: number) {
    this.scope = scope;
    this.maxFiles = maxFiles;
  }

  get isFull(): boolean {
    return this.paths.size >= this.maxFiles;
  }

  add(path: string): void {
    if (this.paths.has(path) || !this.scope.matches(path)) return;
    const reason = reasonByName(path) ?? (this.isFull ? 'too-many-files' : undefined);
    if (reason === undefined) this.paths.add(path);
    else this.skip(path, reason);
  }

  /** A path that ends in a slash is a whole folder. */
  skip(path: string, reason: SkipReason): void {
    const isFolder = path.endsWith('/');
    const concerns = isFolder ? this.scope.reaches(path.slice(0, -1)) : this.scope.matches(path);
    if ((concerns || reason === 'too-many-files') && !this.skipped.has(path)) this.skipped.set(path, reason);
  }

  listing(source: FileListing['source'], gitProblem = ''): FileListing {
    const skipped: SkippedFile[] = [...this.skipped.keys()].sort().map((path) => this.skippedFile(path));
    const listing: FileListing = { paths: [...this.paths].sort(), skipped, source };
    return gitProblem === '' ? listing : { ...listing, gitProblem };
  }

  private skippedFile(path: string): SkippedFile {
    return { path, reason: this.skipped.get(path)! };
  }
}
