import { readFile } from 'node:fs/promises';
import { allowed, MAX_VSIX_BYTES, required } from './contents.ts';
import { repository } from './stage.ts';
import { targetOf } from './targets.ts';
import { readZip, type ZipEntry } from './zip.ts';

export interface VsixReport {
  target: string;
  bytes: number;
  files: number;
  /** What is wrong, one sentence each; empty where the file may be given away. */
  problems: string[];
}

/** Opens a VSIX and looks for what must not be in it, what is missing, and whether it is too large. */
export async function checkVsix(file: string, maxBytes = MAX_VSIX_BYTES): Promise<VsixReport> {
  const archive = await readFile(file);
  const entries = new Map(readZip(archive).map((entry) => [entry.name, entry]));
  const target = targetOf(targetName(entries));
  const problems: string[] = [];
  if (archive.length > maxBytes) {
    problems.push(`It has ${megabytes(archive.length)}, more than ${megabytes(maxBytes)}.`);
  }
  const patterns = allowed(target);
  for (const { name } of entries.values()) {
    if (!patterns.some((pattern) => pattern.test(name))) problems.push(`Unexpected: ${name}`);
  }
  for (const name of required(target)) {
    const entry = entries.get(name);
    if (entry === undefined) problems.push(`Missing: ${name}`);
    else if (entry.size === 0) problems.push(`Empty: ${name}`);
  }
  for (const entry of entries.values()) problems.push(...contentProblems(entry));
  for (const path of manifestPaths(entries)) {
    const name = `extension/${path.replace(/^\.\//, '')}`;
    const isThere = entries.has(name) || [...entries.keys()].some((other) => other.startsWith(`${name}/`));
    if (!isThere) problems.push(`package.json names a file that is missing: ${path}`);
  }
  return { target: target.name, bytes: archive.length, files: entries.size, problems };
}

function targetName(entries: ReadonlyMap<string, ZipEntry>): string {
  const manifest = entries.get('extension.vsixmanifest')?.read().toString('utf8') ?? '';
  return /TargetPlatform="([^"]+)"/.exec(manifest)?.[1] ?? 'none';
}

/** Reads every file, so damaged ones are found; text must not lead to source maps nor name the machine that made it. */
function contentProblems(entry: ZipEntry): string[] {
  let data: Buffer;
  try {
    data = entry.read();
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
  if (!/\.(c?js|css|json|txt|md)$/.test(entry.name)) return [];
  const text = data.toString('utf8');
  const problems: string[] = [];
  if (/^\/[/*][#@] sourceMappingURL=/m.test(text)) problems.push(`${entry.name} names a source map.`);
  if (text.includes(repository)) problems.push(`${entry.name} names the folder that it was built in.`);
  return problems;
}

/** Every relative path in package.json: icons, grammars, snippets, pictures of the walkthrough, the entry point. */
function manifestPaths(entries: ReadonlyMap<string, ZipEntry>): string[] {
  const entry = entries.get('extension/package.json');
  if (entry === undefined) return [];
  const paths = new Set<string>();
  const visit = (value: unknown): void => {
    if (typeof value === 'string') {
      if (/^(\.\/|media\/|dist\/|syntaxes\/|snippets\/|l10n\/)[^\s*]+$/.test(value)) paths.add(value);
    } else if (typeof value === 'object' && value !== null) {
      for (const part of Object.values(value)) visit(part);
    }
  };
  visit(JSON.parse(entry.read().toString('utf8')));
  return [...paths];
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
