import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CribsheetError } from '../../src/common/errors.ts';
import { packageId, type PackageSpec } from './packages.ts';

export type Split = 'train' | 'heldout';
export const splits: readonly Split[] = ['train', 'heldout'];

/** Where the corpus lies, outside the repository. */
export class WorkFolder {
  readonly root: string;

  constructor(root: string) {
    this.root = path.resolve(root);
  }

  /** Archives as the registries hand them out. */
  get downloads(): string {
    return path.join(this.root, 'downloads');
  }

  /** The chosen source files of a package, by their paths in the package. */
  sources({ registry, name }: Pick<PackageSpec, 'registry' | 'name'>): string {
    return path.join(this.root, 'packages', registry, name.replaceAll('/', '__'));
  }

  /** What was fetched for a package: its licence, or why it was left out. */
  record(spec: Pick<PackageSpec, 'registry' | 'name'>): string {
    return `${this.sources(spec)}.json`;
  }

  get splitFile(): string {
    return path.join(this.root, 'split.json');
  }

  /** What `prepare` wrote last time, by package. */
  get preparedFile(): string {
    return path.join(this.root, 'prepared.json');
  }

  chunks(split: Split, spec: Pick<PackageSpec, 'registry' | 'name'>): string {
    return path.join(this.root, 'chunks', split, `${packageId(spec)}.jsonl`);
  }
}

/** Writes the whole file or nothing: to a name beside the chunks first, so that a reader never sees half of it. */
export async function writeWhole(file: string, text: string): Promise<void> {
  const partial = `${file}.${String(process.pid)}.partial`;
  try {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(partial, text);
    await rename(partial, file);
  } catch (cause) {
    throw new CribsheetError(
      'store-unwritable',
      `${file} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}.`,
      'Choose another folder with --work, or free some space.',
      { cause },
    );
  }
}

/** The JSON in a file that an earlier run wrote; undefined where it is missing or damaged, so that it is made anew. */
export async function readMade<T>(file: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as T;
  } catch {
    return undefined;
  }
}
