import { decodeBlock } from './block.ts';
import { originOf } from './lineRuns.ts';
import type { SheetFile } from './sheetFile.ts';
import type { BlockStore } from './store.ts';

/** `weight`: share of the keys and values of a line's tokens that were kept, over all layers and heads, 0–1. */
export interface KeptLine {
  line: number;
  tokens: number;
  weight: number;
}

/**
 * What a sheet kept of a file, by its lines then, in order. File and card lines count for the line that they describe;
 * lines of segments that are not in the sheet (or whose block is gone) are missing.
 * @throws CribsheetError `file-unreadable`
 */
export async function keptLines(
  { paths, segments }: Pick<SheetFile, 'paths' | 'segments'>,
  path: string,
  store: BlockStore,
): Promise<KeptLine[]> {
  const file = paths.indexOf(path);
  const counts = new Map<number, { tokens: number; kept: number; slots: number }>();
  for (const { key, lines } of segments) {
    if (file < 0 || !lines.some((run) => run.path === file)) continue;
    const bytes = await store.read(key);
    const block = bytes && decodeBlock(bytes, 'float16');
    if (!block) continue;
    const slots = block.positions.length * (block.positions[0]?.length ?? 0);
    const countsOf = Array.from(block.lineOf, (rendered) => {
      const origin = originOf(lines, rendered);
      if (origin.path !== file) return undefined;
      let count = counts.get(origin.line);
      if (!count) counts.set(origin.line, (count = { tokens: 0, kept: 0, slots }));
      count.tokens++;
      return count;
    });
    for (const token of block.positions.flat().flatMap((heads) => [...heads])) {
      const count = countsOf[token];
      if (count) count.kept++;
    }
  }
  return [...counts]
    .sort(([a], [b]) => a - b)
    .map(([line, { tokens, kept, slots }]) => ({ line, tokens, weight: kept / Math.max(1, tokens * slots) }));
}
