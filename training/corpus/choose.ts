import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { throwIfCancelled } from '../../src/common/errors.ts';
import { languageOf } from '../../src/engine/corpus/languages.ts';
import type { PackageSpec } from './packages.ts';
import { isSourcePath, sideLanguages } from './sourcePaths.ts';
import { humanSource } from './sourceText.ts';
import { bestVariants } from './variants.ts';

/** Raise it with every change that chooses other files: packages are then unpacked again. */
export const choiceVersion = 2;

const fileBytes = { least: 400, most: 150_000 } as const;
const mostFiles = 150;
const usualKilobytes = 500;
/** Most kilobytes of a language in one package: what is plentiful gets less, so that the corpus is a mixture. */
const kilobytesOf: Readonly<Record<string, number>> = { typescript: 300, tsx: 300, javascript: 120, python: 130 };
/** Side languages may add this share of the code's bytes, each. */
const sideShare = 0.04;
/** Files that share so many leading folders are chosen together, so that callers and callees stay in one corpus. */
const neighbourhood = 2;

export interface FoundFile {
  /** Relative to the package, forward slashes. */
  path: string;
  bytes: number;
}

/** The files of an unpacked package that are learnt from, in path order, within the limits; chosen by hash, so always the same. */
export async function chooseSources(
  root: string,
  files: readonly FoundFile[],
  spec: PackageSpec,
  signal?: AbortSignal,
): Promise<FoundFile[]> {
  const named = files.filter(({ path: name }) => isSourcePath(name, spec.languages));
  // Variants first: where the source is too large, its compiled form is no better.
  const candidates = (spec.registry === 'npm' ? bestVariants(named) : named)
    .filter(({ bytes }) => bytes >= fileBytes.least && bytes <= fileBytes.most)
    .toSorted(byHash);
  const most = 1_000 * (spec.kilobytes ?? usualKilobytes);
  const left = new Map<string, number>();
  const chosen: FoundFile[] = [];
  let bytes = 0;
  for (const file of candidates.filter(({ path: p }) => !isSide(p))) {
    if (chosen.length >= mostFiles) break;
    const language = languageOf(file.path);
    const room = left.get(language) ?? 1_000 * (spec.kilobytes ?? kilobytesOf[language] ?? usualKilobytes);
    if (file.bytes > Math.min(room, most - bytes) || !(await isHuman(root, file, signal))) continue;
    chosen.push(file);
    bytes += file.bytes;
    left.set(language, room - file.bytes);
  }
  for (const language of sideLanguages) {
    let room = sideShare * bytes;
    for (const file of candidates.filter(({ path: p }) => languageOf(p) === language)) {
      if (file.bytes > room || !(await isHuman(root, file, signal))) continue;
      chosen.push(file);
      room -= file.bytes;
    }
  }
  return chosen.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function isHuman(root: string, file: FoundFile, signal: AbortSignal | undefined): Promise<boolean> {
  throwIfCancelled(signal);
  return humanSource(await readFile(path.join(root, file.path)), file.path) !== undefined;
}

const isSide = (file: string): boolean => sideLanguages.has(languageOf(file));

function byHash(a: FoundFile, b: FoundFile): number {
  const [one, other] = [orderKey(a.path), orderKey(b.path)];
  return one < other ? -1 : one > other ? 1 : 0;
}

function orderKey(file: string): string {
  const folders = file.split('/').slice(0, -1).slice(0, neighbourhood).join('/');
  return `${sha256(folders)}${sha256(file)}`;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
