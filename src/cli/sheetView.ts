import type { SheetSummary } from '../common/protocol.ts';
import type { Decoder } from '../engine/model/decoder.ts';
import type { SheetFile } from '../engine/sheet/sheetFile.ts';

/** A sheet without its block keys and lines, as JSON output shows it. */
export function describeSheet(sheet: Omit<SheetFile, 'version'>): SheetSummary {
  const { id, task, strategy, ratio, createdAt, complete, scope, coverage, leftOut, skipped } = sheet;
  return {
    id,
    task,
    model: sheet.model.name,
    strategy,
    ratio,
    createdAt,
    complete,
    scope,
    positions: positionsOf(sheet),
    segments: sheet.segments.length,
    coverage,
    leftOut,
    skipped,
  };
}

/** Positions of preamble and segments. */
export function positionsOf({ preamble, segments }: Pick<SheetFile, 'preamble' | 'segments'>): number {
  return segments.reduce((sum, s) => sum + s.kept, preamble.kept);
}

/** Bytes of keys and values of a sheet, in half precision. */
export function sheetBytes(sheet: Pick<SheetFile, 'preamble' | 'segments'>, decoder: Decoder): number {
  return positionsOf(sheet) * decoder.kvBytesPerPosition;
}

/** The command that renews a sheet. */
export function compressAgain(folder: string, { task, scope }: Pick<SheetFile, 'task' | 'scope'>): string {
  const scopes = scope.map((glob) => ` --scope ${shellWord(glob)}`).join('');
  return `cribsheet compress ${shellWord(folder)} --task ${task.id}${scopes}`;
}

/** A word as it can be pasted into a shell. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./~-]+$/u.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
