import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { limits } from '../common/limits.ts';
import { SheetFolder, type SheetFile } from '../engine/sheet/sheetFile.ts';
import { BlockStore } from '../engine/sheet/store.ts';
import type { StoreLocation } from '../engine/storeLocation.ts';

/** The block store of a location, with the default quota. */
export function blockStore({ folder }: StoreLocation): BlockStore {
  return new BlockStore({ folder, quotaBytes: limits.storeBytes });
}

/** Sheets of one workspace folder. */
export function sheetsOf(store: StoreLocation, root: string): SheetFolder {
  return new SheetFolder(path.join(store.workspace(root), 'sheets'));
}

/** Sheets of all workspaces. */
export async function allSheets({ folder }: StoreLocation): Promise<SheetFile[]> {
  const workspaces = path.join(folder, 'workspaces');
  const names = await readdir(workspaces).catch(() => []);
  const lists = await Promise.all(names.map((name) => new SheetFolder(path.join(workspaces, name, 'sheets')).list()));
  return lists.flat();
}

/** Keys of all blocks of a sheet. */
export function blockKeys({ preamble, segments }: SheetFile): string[] {
  return [...new Set([preamble.key, ...segments.map((s) => s.key)])];
}
