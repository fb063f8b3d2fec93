import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { CribsheetError, throwIfCancelled } from '../../common/errors.ts';
import { limits } from '../../common/limits.ts';
import { listFiles, type ListOptions } from './files.ts';
import { decodeSource } from './filters.ts';
import { languageOf } from './languages.ts';
import { readRegularFile } from './openFile.ts';
import type { Corpus, FileListing, SkippedFile, SkipReason, SourceFile } from './types.ts';

export interface ReadOptions extends ListOptions {
  /** A larger file is left out. Default `limits.maxFileBytes`. */
  maxFileBytes?: number | undefined;
  /** Most text of all files together, in bytes. Default `limits.maxCorpusBytes`. */
  maxCorpusBytes?: number | undefined;
  /** Files done, let in or not, out of all; goes up by one each time. */
  onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Files open at the same time. */
const parallel = 16;

/**
 * Lists the workspace folder `root` and reads what `listFiles` lets in. Files that their bytes rule out, that vanish or
 * that cannot be read are among `skipped`, as are those past the limit for the whole text.
 *
 * Errors: `workspace-missing`, `workspace-empty` (nothing let in), `cancelled`.
 */
export async function readCorpus(root: string, options: ReadOptions = {}): Promise<Corpus> {
  const listing = await listFiles(root, options);
  const { signal, onProgress, maxFileBytes, maxCorpusBytes = limits.maxCorpusBytes } = options;
  const files: SourceFile[] = [];
  const skipped: SkippedFile[] = [...listing.skipped];
  const total = listing.paths.length;
  let bytes = 0;
  let done = 0;
  for (let start = 0; start < total; start += parallel) {
    throwIfCancelled(signal);
    const batch = listing.paths.slice(start, start + parallel);
    // Past the limit a file need not be read to be left out.
    const isFull = bytes >= maxCorpusBytes;
    const read = isFull ? [] : await Promise.all(batch.map((path) => readSource(root, path, maxFileBytes)));
    for (const [index, path] of batch.entries()) {
      const file = read[index] ?? 'too-many-files';
      if (typeof file === 'string') skipped.push({ path, reason: file });
      else if (bytes + file.bytes > maxCorpusBytes) {
        skipped.push({ path, reason: 'too-many-files' });
        bytes = maxCorpusBytes;
      } else {
        files.push(file);
        bytes += file.bytes;
      }
      onProgress?.(++done, total);
    }
  }
  throwIfCancelled(signal);
  skipped.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  if (files.length === 0) throw nothingLetIn(root, listing, skipped, options.scope ?? []);
  const corpus: Corpus = { files, skipped };
  if (listing.gitProblem !== undefined) corpus.gitProblem = listing.gitProblem;
  return corpus;
}

/** One listed file, or why its bytes keep it out. Never throws. */
async function readSource(
  root: string,
  path: string,
  maxFileBytes: number = limits.maxFileBytes,
): Promise<SourceFile | SkipReason> {
  const bytes = await readRegularFile(join(root, path), maxFileBytes);
  if (typeof bytes === 'string') return bytes;
  const decoded = decodeSource(bytes, path);
  if ('reason' in decoded) return decoded.reason;
  const hash = createHash('sha256').update(bytes).digest('hex');
  return { path, text: decoded.text, hash, bytes: bytes.length, language: languageOf(path) };
}

const reasonWords: Readonly<Record<SkipReason, string>> = {
  ignored: 'ignored',
  binary: 'binary',
  minified: 'minified',
  generated: 'generated',
  'lock-file': 'lock files',
  secret: 'secrets',
  'too-large': 'too large',
  'not-utf8': 'not UTF-8',
  unreadable: 'unreadable',
  symlink: 'symbolic links',
  'too-many-files': 'over the limit',
};

function nothingLetIn(
  root: string,
  listing: FileListing,
  skipped: readonly SkippedFile[],
  scope: readonly string[],
): CribsheetError {
  const counts = new Map<SkipReason, number>();
  for (const { reason } of skipped) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const found = [...counts].map(([reason, count]) => `${String(count)} ${reasonWords[reason]}`).join(', ');
  const place = scope.length === 0 ? root : `${root} within ${scope.join(', ')}`;
  const byGit = listing.source === 'git' ? ' that git does not ignore' : '';
  const message = `No source file to read in ${place}: ${found === '' ? `there is no file${byGit}` : `left out are ${found}`}.`;
  const action =
    scope.length > 0
      ? 'Widen the scope, or bring files back with a "!" pattern in .cribsheetignore.'
      : 'Open a folder that holds source files, or bring ignored ones back with a "!" pattern in .cribsheetignore.';
  return new CribsheetError('workspace-empty', message, action);
}
