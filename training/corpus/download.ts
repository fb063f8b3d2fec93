import { cp, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { CribsheetError } from '../../src/common/errors.ts';
import { runCommand } from './command.ts';
import type { PackageSpec } from './packages.ts';
import type { WorkFolder } from './workFolder.ts';

/** Wheels are chosen for this Python, whatever Python runs here: the newest releases ask for it. */
const pythonVersion = '3.13';

/** Where a package lies once it is downloaded: an archive, or (source distributions) a folder. */
export type Download = { archive: string } | { folder: string };

/**
 * Downloads one package with the registry's own client unless it is there. Runs no code of the package.
 * @throws CribsheetError `file-unreadable` with the client's complaint, `store-unwritable`, `cancelled`
 */
export async function download(spec: PackageSpec, work: WorkFolder, signal?: AbortSignal): Promise<Download> {
  const place = path.join(work.downloads, spec.sdist ? 'sdist' : spec.registry);
  await makeFolder(place);
  const there = await findDownload(spec, place);
  if (there) return there;
  // Into a folder of its own first: a killed client leaves half an archive.
  const arrival = await mkdtemp(path.join(work.downloads, 'arrival-'));
  try {
    if (spec.sdist) await downloadSourceDistribution(spec, work, arrival, place, signal);
    else {
      const { program, args } = spec.registry === 'npm' ? npmPack(spec, arrival) : pipDownload(spec, arrival);
      await runCommand(program, args, { cwd: arrival, signal });
      for (const name of await readdir(arrival)) await rename(path.join(arrival, name), path.join(place, name));
    }
  } finally {
    await rm(arrival, { recursive: true, force: true });
  }
  const found = await findDownload(spec, place);
  if (found) return found;
  throw new CribsheetError(
    'file-unreadable',
    `${spec.registry} handed out no archive for ${spec.name} ${spec.version}.`,
    'Check the name and the version in training/corpus/packages.json.',
  );
}

function npmPack({ name, version }: PackageSpec, to: string): { program: string; args: string[] } {
  return {
    program: 'npm',
    args: ['pack', '--ignore-scripts', '--silent', '--pack-destination', to, `${name}@${version}`],
  };
}

function pipDownload({ name, version }: PackageSpec, to: string): { program: string; args: string[] } {
  const choice = ['--no-deps', '--only-binary', ':all:', '--python-version', pythonVersion];
  return { program: 'pip', args: ['download', '--quiet', ...choice, '--dest', to, `${name}==${version}`] };
}

/**
 * pip hands out a source distribution only after its build backend has answered, and that would run the package's own
 * code and install compilers' companions. With an interpreter that has no backends, pip stops right after unpacking;
 * what it unpacked is all that is wanted.
 */
async function downloadSourceDistribution(
  { name, version }: PackageSpec,
  work: WorkFolder,
  arrival: string,
  place: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const bare = path.join(work.downloads, 'bare');
  const python = path.join(bare, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  if (!(await exists(python))) await runCommand('python3', ['-m', 'venv', '--without-pip', bare], { signal });
  const keep = ['--no-deps', '--no-clean', '--no-build-isolation', '--use-pep517', '--no-binary', ':all:'];
  const args = ['--python', python, 'download', '--quiet', ...keep, '--dest', arrival, `${name}==${version}`];
  const complaint = await runCommand('pip', args, { env: { TMPDIR: arrival }, signal }).catch((error: unknown) => {
    if (CribsheetError.is(error, 'cancelled')) throw error;
    return error;
  });
  const unpacked = await findUnpacked(arrival);
  if (unpacked !== undefined) await cp(unpacked, path.join(place, `${name}-${version}`), { recursive: true });
  else if (complaint !== undefined) throw complaint;
}

/** pip unpacks to `pip-download-…/<name>_<hash>/`. */
async function findUnpacked(arrival: string): Promise<string | undefined> {
  for (const temporary of await readdir(arrival)) {
    if (!temporary.startsWith('pip-download-')) continue;
    const [inside] = await readdir(path.join(arrival, temporary));
    if (inside !== undefined) return path.join(arrival, temporary, inside);
  }
  return undefined;
}

async function findDownload(spec: PackageSpec, place: string): Promise<Download | undefined> {
  const { registry, name, version } = spec;
  if (spec.sdist) {
    const folder = path.join(place, `${name}-${version}`);
    return (await exists(folder)) ? { folder } : undefined;
  }
  const wanted = registry === 'npm' ? [`${npmFileName(name)}-${version}.tgz`] : await readdir(place);
  for (const file of wanted) {
    const fits = registry === 'npm' || isWheelOf(file, name, version);
    if (fits && (await exists(path.join(place, file)))) return { archive: path.join(place, file) };
  }
  return undefined;
}

const npmFileName = (name: string): string => name.replace(/^@/, '').replaceAll('/', '-');

/** `{name}-{version}-{tags}.whl`: https://packaging.python.org/specifications/binary-distribution-format */
function isWheelOf(file: string, name: string, version: string): boolean {
  const plain = (text: string): string => text.toLowerCase().replace(/[-_.]+/g, '_');
  const [found = '', release = ''] = file.split('-');
  return file.endsWith('.whl') && plain(found) === plain(name) && release === version;
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    const action = 'Choose another folder with --work.';
    throw new CribsheetError('store-unwritable', `The folder ${folder} cannot be made.`, action, { cause });
  }
}

const exists = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );
