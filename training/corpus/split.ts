import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { throwIfCancelled } from '../../src/common/errors.ts';
import type { FetchedPackage } from './fetch.ts';
import { SimilarityIndex, signatureOf } from './minhash.ts';
import { packageId } from './packages.ts';
import { shingleHashes } from './shingles.ts';
import { readMade, writeWhole, type Split, type WorkFolder } from './workFolder.ts';

/** One package of this many is held out. */
const heldOutOf = 11n;
/** Estimated Jaccard similarity of token 5-grams from which on two files are the same for training. */
export const nearDuplicate = 0.7;
/** Raise it with every change that could drop other files. */
const splitVersion = 1;

/** By the name alone, so that a new version, and the same package of another registry, stay on their side. */
export function splitOf(name: string): Split {
  const digest = createHash('sha256').update(name).digest('hex');
  return BigInt(`0x${digest}`) % heldOutOf === 0n ? 'heldout' : 'train';
}

export interface DroppedFile {
  path: string;
  /** The file that stays: package and path. */
  like: string;
  similarity: number;
}

export interface SplitPackage {
  id: string;
  split: Split;
  dropped: DroppedFile[];
}

interface TextFile {
  id: string;
  path: string;
  split: Split;
}

/** Drops near-duplicates: files come one after the other, held-out packages first. */
export class Deduplicator {
  private readonly index = new SimilarityIndex<TextFile>(nearDuplicate);

  /**
   * The earlier file that this one repeats, or undefined. Training files are compared with every held-out file, also with
   * those that are dropped themselves: similarity is not transitive.
   */
  repeats(file: TextFile, text: string): DroppedFile | undefined {
    const signature = signatureOf(shingleHashes(text));
    const found = this.index.find(signature);
    if (!found || file.split === 'heldout') this.index.add(signature, file);
    if (!found) return undefined;
    return { path: file.path, like: `${found.value.id} ${found.value.path}`, similarity: found.similarity };
  }
}

interface SplitFile {
  key: string;
  packages: SplitPackage[];
}

export interface SplitOptions {
  signal?: AbortSignal | undefined;
  onProgress?: ((done: number, total: number, name: string) => void) | undefined;
}

/** Assigns every package to a split and finds the files that are left out as near-duplicates. Remembered while nothing changes. */
export async function splitPackages(
  packages: readonly FetchedPackage[],
  work: WorkFolder,
  { signal, onProgress }: SplitOptions = {},
): Promise<SplitPackage[]> {
  const facts = packages.map(({ spec, files, choiceVersion }) => [spec, choiceVersion, files]);
  const key = createHash('sha256')
    .update(JSON.stringify([splitVersion, facts]))
    .digest('hex');
  const known = await readMade<SplitFile>(work.splitFile);
  if (known?.key === key) return known.packages;

  const deduplicator = new Deduplicator();
  const result: SplitPackage[] = [];
  // In the order of the list, so that packages that are added to its end change nothing for those before them.
  const on = (side: Split): FetchedPackage[] => packages.filter(({ spec }) => splitOf(spec.name) === side);
  const ordered = [...on('heldout'), ...on('train')];
  for (const [index, { spec, files }] of ordered.entries()) {
    const entry: SplitPackage = { id: packageId(spec), split: splitOf(spec.name), dropped: [] };
    for (const { path: file } of files) {
      throwIfCancelled(signal);
      const text = await readFile(path.join(work.sources(spec), file), 'utf8');
      const dropped = deduplicator.repeats({ id: entry.id, path: file, split: entry.split }, text);
      if (dropped) entry.dropped.push(dropped);
    }
    result.push(entry);
    onProgress?.(index + 1, ordered.length, spec.name);
    await nextTurn();
  }
  await writeWhole(work.splitFile, JSON.stringify({ key, packages: result } satisfies SplitFile));
  return result;
}
