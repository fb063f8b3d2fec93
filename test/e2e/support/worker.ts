import { readdirSync, readFileSync } from 'node:fs';

/**
 * Processes of the engine below a process, found in /proc: tests end and stop real ones. Only descendants of the test's
 * own server are looked at, so that no other window on the machine is touched.
 */
export function workersBelow(server: number): number[] {
  const parents = new Map<number, number>();
  const commands = new Map<number, string>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      // The name in brackets may hold blanks; state and parent follow the last bracket.
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (state === 'Z') continue;
      parents.set(Number(name), Number(parent));
      commands.set(Number(name), readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' '));
    } catch {
      // The process has ended meanwhile.
    }
  }
  const isBelow = (pid: number): boolean => {
    for (let at = parents.get(pid); at !== undefined && at > 1; at = parents.get(at)) if (at === server) return true;
    return false;
  };
  return [...commands].filter(([pid, text]) => /dist\/worker\.js/.test(text) && isBelow(pid)).map(([pid]) => pid);
}

/** Resident memory of a process in bytes. */
export function residentBytes(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'));
  if (line === null) throw new Error(`Process ${String(pid)} has ended.`);
  return Number(line[1]) * 1024;
}

/** The extension host of a server. */
export function extensionHostBelow(server: number): number {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8');
      if (parent === server && command.includes('--type=extensionHost')) return Number(name);
    } catch {
      // The process has ended meanwhile.
    }
  }
  throw new Error('The server has no extension host.');
}
