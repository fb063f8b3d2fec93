import type { SheetSummary } from '../../common/sheets.ts';
import { blockKeys, withoutBlocks } from './remaining.ts';
import type { SheetFile } from './sheetFile.ts';
import type { BlockStore } from './store.ts';

/** A sheet without its block keys and lines. */
export function describeSheet(sheet: Omit<SheetFile, 'version'>): SheetSummary {
  const { id, task, strategy, ratio, createdAt, complete, scope, coverage, leftOut, skipped } = sheet;
  return {
    id,
    task,
    model: sheet.model.name,
    fingerprint: sheet.model.fingerprint,
    strategy,
    ratio,
    ...(sheet.tokens === undefined ? {} : { tokens: sheet.tokens }),
    ...(sheet.storage === undefined ? {} : { storage: sheet.storage }),
    ...(sheet.weighted ? { weighted: true } : {}),
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

/** Positions of preamble and segments, on average over all heads of all layers: what takes memory. */
export function positionsOf({ preamble, segments }: Pick<SheetFile, 'preamble' | 'segments'>): number {
  return Math.round(segments.reduce((sum, s) => sum + (s.average ?? s.kept), preamble.kept));
}

/** A sheet as far as its blocks are there, with what these take. @throws CribsheetError `file-unreadable` */
export async function describeStored(sheet: Omit<SheetFile, 'version'>, store: BlockStore): Promise<SheetSummary> {
  const { bytes, gone } = await lookUp(sheet, store);
  return { ...describeSheet(withoutBlocks(sheet, gone)), bytes, missingBlocks: gone.size };
}

/** Bytes of a sheet's blocks on disk (other sheets may share them), and how many of them are gone. */
export async function sheetSize(
  sheet: Pick<SheetFile, 'preamble' | 'segments'>,
  store: BlockStore,
): Promise<{ bytes: number; missingBlocks: number }> {
  const { bytes, gone } = await lookUp(sheet, store);
  return { bytes, missingBlocks: gone.size };
}

async function lookUp(
  sheet: Pick<SheetFile, 'preamble' | 'segments'>,
  store: BlockStore,
): Promise<{ bytes: number; gone: Set<string> }> {
  const keys = blockKeys(sheet);
  const sizes = await Promise.all(keys.map((key) => store.size(key)));
  return {
    bytes: sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0),
    gone: new Set(keys.filter((_, i) => sizes[i] === undefined)),
  };
}
