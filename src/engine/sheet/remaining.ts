import { staysOnDisk } from '../../common/sheets.ts';
import type { SheetFile, SheetSegment } from './sheetFile.ts';
import type { BlockStore } from './store.ts';

type Blocks = Pick<SheetFile, 'preamble' | 'segments'>;

/** Keys of all blocks of a sheet. */
export function blockKeys({ preamble, segments }: Blocks): string[] {
  return [...new Set([preamble.key, ...segments.map((s) => s.key)])];
}

/** Which blocks of a sheet are gone; whether the others verify shows when they are read. @throws CribsheetError `file-unreadable` */
export async function goneBlocks(sheet: Blocks, store: BlockStore): Promise<Set<string>> {
  const keys = blockKeys(sheet);
  const there = await Promise.all(keys.map((key) => store.has(key)));
  return new Set(keys.filter((_, i) => !there[i]));
}

/**
 * What is left of a sheet without some of its blocks: a sheet that is not complete and says what it does not cover. Nothing
 * can be read without the preamble, and one that stays on disk is read as a whole or not at all.
 */
export function withoutBlocks<T extends Omit<SheetFile, 'version'>>(sheet: T, gone: ReadonlySet<string>): T {
  if (gone.size === 0) return sheet;
  const nothing = gone.has(sheet.preamble.key) || staysOnDisk(sheet);
  const isLost = ({ key }: SheetSegment): boolean => nothing || gone.has(key);
  const segments = sheet.segments.filter((s) => !isLost(s));
  const lines = sheet.segments.filter(isLost).flatMap((s) => s.lines);
  const lost = new Set(lines.flatMap(({ path }) => sheet.paths[path] ?? []));
  for (const { path } of sheet.leftOut) lost.delete(path);
  const { coverage } = sheet;
  const tokens = segments.reduce((sum, s) => sum + s.tokens, 0);
  return {
    ...sheet,
    complete: false,
    segments,
    leftOut: [...sheet.leftOut, ...[...lost].map((path) => ({ path, reason: 'not-built' as const }))],
    coverage: { ...coverage, files: coverage.files - lost.size, tokens },
  };
}

/** The sheet as far as its blocks are there now. @throws CribsheetError `file-unreadable` */
export async function remaining<T extends Omit<SheetFile, 'version'>>(sheet: T, store: BlockStore): Promise<T> {
  return withoutBlocks(sheet, await goneBlocks(sheet, store));
}
