import { staysOnDisk } from '../common/sheets.ts';
import type { Decoder } from '../engine/model/decoder.ts';
import type { SheetFile } from '../engine/sheet/sheetFile.ts';
import { positionsOf } from '../engine/sheet/summary.ts';

/** Bytes of keys and values of a sheet, in half precision. */
export function sheetBytes(sheet: Pick<SheetFile, 'preamble' | 'segments'>, decoder: Decoder): number {
  return positionsOf(sheet) * decoder.kvBytesPerPosition;
}

/** The command that renews a sheet. */
export function compressAgain(folder: string, sheet: Pick<SheetFile, 'task' | 'scope' | 'strategy'>): string {
  const { task, scope } = sheet;
  const scopes = scope.map((glob) => ` --scope ${shellWord(glob)}`).join('');
  const kind = staysOnDisk(sheet) ? ' --strategy offload' : '';
  return `cribsheet compress ${shellWord(folder)} --task ${task.id}${kind}${scopes}`;
}

/** A word as it can be pasted into a shell. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./~-]+$/u.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
