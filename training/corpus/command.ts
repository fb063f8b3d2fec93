import { spawn } from 'node:child_process';
import { cancelledError, CribsheetError, throwIfCancelled } from '../../src/common/errors.ts';

interface CommandOptions {
  cwd?: string;
  env?: Readonly<Record<string, string>>;
  signal?: AbortSignal | undefined;
}

/**
 * Runs a program to its end and drops its output.
 * @throws CribsheetError `file-unreadable` with the last line that the program complained with, `cancelled`
 */
export async function runCommand(
  program: string,
  args: readonly string[],
  { cwd, env, signal }: CommandOptions = {},
): Promise<void> {
  throwIfCancelled(signal);
  const child = spawn(program, args, {
    ...(cwd === undefined ? {} : { cwd }),
    ...(signal ? { signal } : {}),
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-4_000);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('close', resolve);
    child.on('error', (cause) => {
      reject(signal?.aborted ? cancelledError() : cannotStart(program, cause));
    });
  });
  if (code !== 0) throw failed(program, args, complaint);
}

function cannotStart(program: string, cause: Error): CribsheetError {
  return new CribsheetError(
    'file-unreadable',
    `${program} cannot be started: ${cause.message}.`,
    `Install ${program}, or put it on the PATH.`,
    { cause },
  );
}

function failed(program: string, args: readonly string[], complaint: string): CribsheetError {
  const last = complaint.trim().split('\n').at(-1)?.trim() ?? '';
  return new CribsheetError(
    'file-unreadable',
    `"${program} ${args.join(' ')}" failed${last === '' ? '' : `: ${last}`}`,
    'Run that command by hand to see more; check the network and the version.',
  );
}
