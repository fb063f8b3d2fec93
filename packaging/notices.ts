import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { licenceTexts, statedOnly } from './licences.ts';

/** What esbuild writes about its outputs, as far as it is needed here. */
export interface Metafile {
  outputs: Record<string, { inputs: Record<string, unknown> }>;
}

/** Folder of the package that holds a file of node_modules, relative as the file is; undefined for our own files. */
function packageFolder(file: string): string | undefined {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file.replaceAll('\\', '/'))?.[0];
}

/** Folders of the packages of which code stands in the named bundles. */
export function bundledPackages(metafile: Metafile, isShipped: (file: string) => boolean): string[] {
  const folders = new Set<string>();
  for (const [output, { inputs }] of Object.entries(metafile.outputs)) {
    if (!isShipped(path.posix.basename(output))) continue;
    for (const input of Object.keys(inputs)) {
      const folder = packageFolder(input);
      if (folder !== undefined) folders.add(folder);
    }
  }
  return [...folders];
}

interface Manifest {
  name: string;
  version: string;
  license?: string;
  homepage?: string;
  repository?: string | { url: string };
}

/**
 * The text of THIRD-PARTY-NOTICES: one section a package, in order of names, with every licence and notice file that
 * the package brings.
 * @throws Error for a package of which no licence text is known
 */
export async function notices(packages: Iterable<string>): Promise<string> {
  const sections = new Map<string, string>();
  for (const folder of new Set(packages)) {
    const manifest = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8')) as Manifest;
    sections.set(`${manifest.name}@${manifest.version}`, await section(folder, manifest));
  }
  const head =
    'THIRD-PARTY NOTICES\n\nCribsheet contains software of others, listed here with its licences. ' +
    'This file is made when the extension is packaged.\n';
  const ordered = [...sections].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text);
  return [head, ...ordered].join(`\n${'-'.repeat(80)}\n\n`);
}

async function section(folder: string, manifest: Manifest): Promise<string> {
  const stated = statedOnly[manifest.name];
  const files = (await readdir(folder))
    .filter((file) => /^(licen[cs]e|copying|notice|third-?party)/i.test(file))
    .sort();
  const texts = await Promise.all(files.map(async (file) => (await readFile(path.join(folder, file), 'utf8')).trim()));
  if (texts.length === 0) {
    const text = stated !== undefined && stated.licence === manifest.license && licenceTexts[stated.licence];
    if (!text) {
      throw new Error(
        `${manifest.name} ${manifest.version} (${manifest.license ?? 'no licence'}) brings no licence text. ` +
          'Find it and name it in packaging/licences.ts.',
      );
    }
    texts.push(`${stated.copyright}\n\n${text}`);
  }
  const where = typeof manifest.repository === 'string' ? manifest.repository : manifest.repository?.url;
  const title = `${manifest.name} ${manifest.version}\nLicence: ${manifest.license ?? 'see below'}`;
  const source = where === undefined ? '' : `\n${where.replace(/^git\+/, '').replace(/\.git$/, '')}`;
  const note = stated?.note === undefined ? '' : `\n\n${stated.note}`;
  return `${title}${source}${note}\n\n${texts.join('\n\n')}\n`;
}
