import path from 'node:path';
import { limits } from '../src/common/limits.ts';
import type { Task } from '../src/common/task.ts';
import { strategyByName } from '../src/engine/compress/strategies/byName.ts';
import type { Segment } from '../src/engine/corpus/types.ts';
import type { Decoder } from '../src/engine/model/decoder.ts';
import { SheetBuilder } from '../src/engine/sheet/builder.ts';
import { SheetFolder, type SheetFile } from '../src/engine/sheet/sheetFile.ts';
import { BlockStore } from '../src/engine/sheet/store.ts';

/** Compresses segments into a sheet on disk, by the product's own way. Finished blocks are found again by content. */
export async function buildSheet(
  decoder: Decoder,
  folder: string,
  task: Task,
  segments: readonly Segment[],
  ratio: number,
): Promise<{ file: SheetFile; store: BlockStore }> {
  const store = new BlockStore({ folder, quotaBytes: limits.storeBytes });
  const sheets = new SheetFolder(path.join(folder, 'sheets'));
  const sheetId = `${decoder.profile.name}-${segments.length}`;
  await new SheetBuilder(decoder, store, sheets).build({
    task,
    strategy: strategyByName('m0-zs'),
    ratio,
    sheetTokens: decoder.window,
    scope: [],
    segments,
    files: segments.map((s) => ({ path: s.paths[0]!, hash: s.id })),
    skipped: [],
    sheetId,
  });
  const file = await sheets.read(sheetId);
  if (!file) throw new Error(`The sheet ${sheetId} was not written.`);
  return { file, store };
}
