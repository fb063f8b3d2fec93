import type { SheetSummary } from '../../common/sheets.ts';
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

/** Positions of preamble and segments, on average over the layers: what takes memory. */
export function positionsOf({ preamble, segments }: Pick<SheetFile, 'preamble' | 'segments'>): number {
  return Math.round(segments.reduce((sum, s) => sum + (s.average ?? s.kept), preamble.kept));
}

/** Bytes of a sheet's blocks on disk (other sheets may share them), and how many of them are gone. */
export async function sheetSize(
  { preamble, segments }: Pick<SheetFile, 'preamble' | 'segments'>,
  store: BlockStore,
): Promise<{ bytes: number; missingBlocks: number }> {
  const keys = [...new Set([preamble.key, ...segments.map((s) => s.key)])];
  const sizes = await Promise.all(keys.map((key) => store.size(key)));
  return {
    bytes: sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0),
    missingBlocks: sizes.filter((size) => size === undefined).length,
  };
}
