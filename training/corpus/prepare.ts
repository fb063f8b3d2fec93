import { createHash } from 'node:crypto';
import { access, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { CribsheetError, throwIfCancelled } from '../../src/common/errors.ts';
import { chunkerVersion } from '../../src/engine/corpus/chunker.ts';
import type { Grammars } from '../../src/engine/corpus/grammars.ts';
import { readCorpus } from '../../src/engine/corpus/read.ts';
import type { FetchedPackage } from './fetch.ts';
import { packageId, type PackageSpec } from './packages.ts';
import { countDefinitions, recordsOf, recordVersion, type ChunkRecord } from './records.ts';
import type { SplitPackage } from './split.ts';
import { readMade, splits, writeWhole, type Split, type WorkFolder } from './workFolder.ts';

/** A package with fewer definitions has too little to ask about. */
const leastDefinitions = 8;

/** What became of one package. */
export interface PreparedPackage {
  id: string;
  spec: PackageSpec;
  licence: string;
  split: Split;
  files: number;
  /** Files left out as near-duplicates. */
  dropped: number;
  chunks: number;
  definitions: number;
  /** Bytes of text by language. */
  bytes: Record<string, number>;
  /** Changes whenever the chunks must be made anew. */
  key: string;
  /** Why no chunks were written. */
  skipped?: string;
}

export interface PrepareOptions {
  signal?: AbortSignal | undefined;
  onProgress?: ((done: number, total: number, name: string) => void) | undefined;
}

/**
 * Writes the chunks of every package to `work.chunks`, one JSON record a line, read and cut by the product's own code.
 * What is up to date is not made again; files of packages that are gone are removed.
 * @throws CribsheetError `store-unwritable`, `cancelled`
 */
export async function preparePackages(
  packages: readonly FetchedPackage[],
  split: readonly SplitPackage[],
  work: WorkFolder,
  grammars: Grammars,
  { signal, onProgress }: PrepareOptions = {},
): Promise<PreparedPackage[]> {
  const known = new Map((await readMade<PreparedPackage[]>(work.preparedFile))?.map((entry) => [entry.id, entry]));
  const splitById = new Map(split.map((entry) => [entry.id, entry]));
  const prepared: PreparedPackage[] = [];
  for (const [index, fetched] of packages.entries()) {
    throwIfCancelled(signal);
    const sides = splitById.get(packageId(fetched.spec))!;
    const before = known.get(sides.id);
    const key = keyOf(fetched, sides);
    const entry = before?.key === key && (await isWritten(before, work)) ? before : undefined;
    prepared.push(entry ?? (await preparePackage(fetched, sides, key, work, grammars, signal)));
    // After every package: a run that is killed goes on from here.
    if (!entry) await writeWhole(work.preparedFile, JSON.stringify([...merged(known, prepared)]));
    onProgress?.(index + 1, packages.length, fetched.spec.name);
  }
  await writeWhole(work.preparedFile, JSON.stringify(prepared));
  await removeOthers(prepared, work);
  return prepared;
}

async function preparePackage(
  { spec, licence, files }: FetchedPackage,
  { id, split, dropped }: SplitPackage,
  key: string,
  work: WorkFolder,
  grammars: Grammars,
  signal: AbortSignal | undefined,
): Promise<PreparedPackage> {
  const out = new Set(dropped.map(({ path: file }) => file));
  const result: PreparedPackage = {
    ...{ id, spec, licence, split, files: 0, dropped: dropped.length, chunks: 0, definitions: 0, bytes: {}, key },
  };
  const records: ChunkRecord[] = [];
  for (const file of files.length === 0 ? [] : await readSources(work.sources(spec), signal)) {
    if (out.has(file.path)) continue;
    records.push(...(await recordsOf(file, grammars, signal)));
    result.files++;
    result.bytes[file.language] = (result.bytes[file.language] ?? 0) + file.bytes;
  }
  result.chunks = records.length;
  result.definitions = countDefinitions(records);
  if (result.definitions < leastDefinitions) return { ...result, skipped: skipReason(result) };
  await writeWhole(work.chunks(split, spec), records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  return result;
}

/** Files that the product's filters let in; none where they let nothing in. */
async function readSources(root: string, signal: AbortSignal | undefined) {
  try {
    return (await readCorpus(root, { signal })).files;
  } catch (error) {
    if (CribsheetError.is(error, 'workspace-empty')) return [];
    throw error;
  }
}

function skipReason({ definitions, dropped }: PreparedPackage): string {
  const repeated = dropped > 0 ? ` after ${String(dropped)} near-duplicates` : '';
  return definitions === 0 ? `no definition${repeated}` : `only ${String(definitions)} definitions${repeated}`;
}

function keyOf({ spec, choiceVersion, files }: FetchedPackage, { split, dropped }: SplitPackage): string {
  const facts = [chunkerVersion, recordVersion, leastDefinitions, spec, choiceVersion, files, split, dropped];
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex');
}

async function isWritten({ skipped, split, spec }: PreparedPackage, work: WorkFolder): Promise<boolean> {
  if (skipped !== undefined) return true;
  return access(work.chunks(split, spec)).then(
    () => true,
    () => false,
  );
}

function merged(known: ReadonlyMap<string, PreparedPackage>, prepared: readonly PreparedPackage[]) {
  return new Map([...known, ...prepared.map((entry) => [entry.id, entry] as const)]).values();
}

/** Chunks of packages that are not in the list any more, or that changed sides. */
async function removeOthers(prepared: readonly PreparedPackage[], work: WorkFolder): Promise<void> {
  const wanted = new Set(
    prepared.filter(({ skipped }) => skipped === undefined).map(({ split, spec }) => work.chunks(split, spec)),
  );
  for (const split of splits) {
    const folder = path.join(work.root, 'chunks', split);
    for (const name of await readdir(folder).catch(() => [])) {
      if (!wanted.has(path.join(folder, name))) await rm(path.join(folder, name), { force: true });
    }
  }
}
