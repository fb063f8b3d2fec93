import { readFile } from 'node:fs/promises';
import { CribsheetError } from '../../src/common/errors.ts';

type Registry = 'npm' | 'pypi';

/** One pinned package of the list. */
export interface PackageSpec {
  registry: Registry;
  name: string;
  version: string;
  /** PyPI: the source distribution, which holds what a wheel has only compiled (Rust, C, Java …). */
  sdist?: true;
  /** Take only these of its languages. Default: all that the chunker knows. */
  languages?: string[];
  /** Another limit for its text than the usual one, in kilobytes. */
  kilobytes?: number;
}

/** What the evaluations use, and what could hold this repository's own code. The dependencies of `package.json` belong to it. */
const reservedNames = ['cribsheet', 'kvpress', '@huggingface/jinja', '@huggingface/tokenizers'];

/** Name of a package that is a file name too: `npm-@scope__name`. */
export function packageId({ registry, name }: Pick<PackageSpec, 'registry' | 'name'>): string {
  return `${registry}-${name.replaceAll('/', '__')}`;
}

export interface PackageList {
  specs: PackageSpec[];
  /** Packages that may not be trained on, because the evaluations use them. */
  reserved: PackageSpec[];
}

/**
 * The list in `file` without the dependencies of `manifest` (a `package.json`).
 * @throws CribsheetError `file-unreadable` (missing, no JSON, no list of pinned packages)
 */
export async function readPackageList(file: string, manifest: string): Promise<PackageList> {
  const isReserved = new Set([...reservedNames, ...(await dependencyNames(manifest))]);
  const list = await readJson(file);
  const found: PackageList = { specs: [], reserved: [] };
  const ids = new Set<string>();
  for (const entry of Array.isArray(list) ? (list as unknown[]) : [list]) {
    if (!isSpec(entry)) throw broken(file, `${JSON.stringify(entry)} is no pinned package`);
    const id = packageId(entry);
    if (ids.has(id)) throw broken(file, `${entry.registry} ${entry.name} stands in it twice`);
    ids.add(id);
    (isReserved.has(entry.name) ? found.reserved : found.specs).push(entry);
  }
  return found;
}

function isSpec(entry: unknown): entry is PackageSpec {
  if (typeof entry !== 'object' || entry === null) return false;
  const { registry, name, version, sdist, languages, kilobytes } = entry as Record<string, unknown>;
  return (
    (registry === 'npm' || registry === 'pypi') &&
    typeof name === 'string' &&
    // Names go onto a command line and into paths.
    /^(?:@[\w.-]+\/)?[A-Za-z0-9][\w.-]*$/.test(name) &&
    typeof version === 'string' &&
    /^\d[\w.+-]*$/.test(version) &&
    (sdist === undefined || (sdist === true && registry === 'pypi')) &&
    (languages === undefined || (Array.isArray(languages) && languages.every((l) => typeof l === 'string'))) &&
    (kilobytes === undefined || (typeof kilobytes === 'number' && kilobytes > 0))
  );
}

async function dependencyNames(manifest: string): Promise<string[]> {
  const { dependencies = {}, devDependencies = {} } = (await readJson(manifest)) as Record<string, object | undefined>;
  return [...Object.keys(dependencies), ...Object.keys(devDependencies)];
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw broken(file, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function broken(file: string, what: string, cause?: unknown): CribsheetError {
  return new CribsheetError(
    'file-unreadable',
    `${file} cannot be used: ${what}.`,
    'Mend the list: each entry is {"registry": "npm" or "pypi", "name", "version"}, with an exact version.',
    { cause },
  );
}
