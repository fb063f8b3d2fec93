import type { SheetSummary } from '../../common/sheets.ts';
import type { SheetFile } from './sheetFile.ts';

/** A sheet without its block keys and lines. */
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
