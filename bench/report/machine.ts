import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** What the figures were measured on. No names of hosts, users or folders. */
export interface Machine {
  cpu: string;
  cores: number;
  /** Instruction sets that decide how fast integer products are. */
  instructions: string[];
  memoryGiB: number;
  os: string;
  node: string;
  packages: Record<string, string>;
  /** ISO 8601. */
  date: string;
  /** Commit of the checkout; with `+` where files differ from it. */
  commit: string;
}

const listed = ['avx2', 'avx512f', 'avx512_vnni', 'avx_vnni', 'amx_int8', 'asimddp', 'i8mm', 'sve'];

/** @param packages folders of packages whose versions are told, by name */
export function describeMachine(root: string, packages: Readonly<Record<string, string | undefined>>): Machine {
  const cpus = os.cpus();
  return {
    cpu: cpus[0]?.model.trim() ?? 'unknown',
    cores: cpus.length,
    instructions: instructions(),
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    os: `${os.type()} ${os.release()} ${os.arch()}`,
    node: process.version,
    packages: Object.fromEntries(
      Object.entries(packages).map(([name, folder]) => [
        name,
        folder === undefined ? 'not installed' : version(folder),
      ]),
    ),
    date: new Date().toISOString(),
    commit: commit(root),
  };
}

function instructions(): string[] {
  if (!existsSync('/proc/cpuinfo')) return [];
  const line = readFileSync('/proc/cpuinfo', 'utf8').match(/^(?:flags|Features)\s*:(.*)$/m)?.[1] ?? '';
  const flags = new Set(line.trim().split(/\s+/));
  return listed.filter((name) => flags.has(name));
}

function version(folder: string): string {
  const file = path.join(folder, 'package.json');
  if (!existsSync(file)) return 'not installed';
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

function commit(root: string): string {
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    return git('rev-parse', '--short=12', 'HEAD') + (git('status', '--porcelain') ? '+' : '');
  } catch {
    return 'unknown';
  }
}
