import { cp, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { CribsheetError, throwIfCancelled } from '../../src/common/errors.ts';
import { choiceVersion, chooseSources, type FoundFile } from './choose.ts';
import { download } from './download.ts';
import { isPermissive, licenceOf } from './licence.ts';
import type { PackageSpec } from './packages.ts';
import { listUnpacked, unpack } from './unpack.ts';
import { readMade, writeWhole, type WorkFolder } from './workFolder.ts';

/** Clients that run at the same time. */
const parallel = 3;

/** What is known of a package once it was fetched. Kept beside its sources. */
export interface FetchedPackage {
  spec: PackageSpec;
  choiceVersion: number;
  licence: string;
  files: FoundFile[];
  /** Why nothing of it is used. */
  refused?: string;
}

export interface FetchResult {
  packages: FetchedPackage[];
  /** Packages that could not be had this time; the next run tries again. */
  failed: { spec: PackageSpec; error: CribsheetError }[];
}

export interface FetchOptions {
  signal?: AbortSignal | undefined;
  onProgress?: ((done: number, total: number, name: string) => void) | undefined;
}

/**
 * Brings every package of the list to `work.sources`, source files only. What is there is not fetched again; a package
 * that fails or whose licence is not permissive is left out and reported.
 * @throws CribsheetError `store-unwritable`, `cancelled`
 */
export async function fetchPackages(
  specs: readonly PackageSpec[],
  work: WorkFolder,
  { signal, onProgress }: FetchOptions = {},
): Promise<FetchResult> {
  const result: FetchResult = { packages: [], failed: [] };
  const waiting = [...specs];
  let done = 0;
  const worker = async (): Promise<void> => {
    for (let spec = waiting.shift(); spec !== undefined; spec = waiting.shift()) {
      throwIfCancelled(signal);
      try {
        result.packages.push(await fetchPackage(spec, work, signal));
      } catch (error) {
        if (!CribsheetError.is(error, 'file-unreadable')) {
          // The other workers stop too.
          waiting.length = 0;
          throw error;
        }
        result.failed.push({ spec, error });
      }
      onProgress?.(++done, specs.length, spec.name);
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  // Workers finish in any order; what follows must not depend on it.
  const order = new Map(specs.map((spec, index) => [spec, index]));
  result.packages.sort((a, b) => order.get(a.spec)! - order.get(b.spec)!);
  return result;
}

async function fetchPackage(spec: PackageSpec, work: WorkFolder, signal?: AbortSignal): Promise<FetchedPackage> {
  const known = await readMade<FetchedPackage>(work.record(spec));
  if (known?.choiceVersion === choiceVersion && JSON.stringify(known.spec) === JSON.stringify(spec)) {
    return { ...known, spec };
  }
  const archive = await download(spec, work, signal);
  const folder = await mkdtemp(path.join(work.downloads, 'unpacked-'));
  try {
    const { root, metadata } = await unpack(archive, folder, signal);
    const licence = await licenceOf(spec, root, metadata);
    const fetched: FetchedPackage = { spec, choiceVersion, licence, files: [] };
    if (!isPermissive(licence)) fetched.refused = `licence ${licence === '' ? 'not stated' : licence}`;
    else fetched.files = await chooseSources(root, await listUnpacked(root, signal), spec, signal);
    await layOut(root, fetched.files, work.sources(spec));
    await writeWhole(work.record(spec), JSON.stringify(fetched));
    return fetched;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Replaces the folder `target` by the chosen files of `root`. */
async function layOut(root: string, files: readonly FoundFile[], target: string): Promise<void> {
  const partial = `${target}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  for (const file of files) await cp(path.join(root, file.path), path.join(partial, file.path));
  await rm(target, { recursive: true, force: true });
  await rename(partial, target);
}
