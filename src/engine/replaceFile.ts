import { randomUUID } from 'node:crypto';
import { readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder } from './makeFolder.ts';

/** A temporary file that is older belongs to a process that died, milliseconds. */
export const STALE_MS = 3_600_000;
const temporaryForm = /^.+\.\d+\.[0-9a-f-]{36}\.tmp$/u;

/**
 * Writes a file that appears whole or not at all, and makes its folder. What processes that died left in this folder more
 * than an hour ago is swept.
 * @throws the system's error
 */
export async function replaceFile(file: string, text: string): Promise<void> {
  const temporary = `${file}.${process.pid}.${randomUUID()}.tmp`;
  try {
    makeFolder(path.dirname(file));
    await sweepTemporary(path.dirname(file));
    await writeFile(temporary, text, { flush: true });
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** Never fails: who cannot delete them meets the reason when writing. */
async function sweepTemporary(folder: string): Promise<void> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => temporaryForm.test(name));
  for (const name of names) {
    const file = path.join(folder, name);
    const age = Date.now() - ((await stat(file).catch(() => undefined))?.mtimeMs ?? Date.now());
    if (age > STALE_MS) await rm(file, { force: true }).catch(() => undefined);
  }
}
