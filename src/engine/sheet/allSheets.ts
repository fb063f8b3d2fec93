import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { limits } from '../../common/limits.ts';
import type { StoreLocation } from '../storeLocation.ts';
import { blockKeys } from './remaining.ts';
import { SheetFolder, type SheetFile } from './sheetFile.ts';
import { BlockStore } from './store.ts';

/** Sheets of all workspaces of a store. @throws CribsheetError `file-unreadable` */
export async function allSheets({ folder }: Pick<StoreLocation, 'folder'>): Promise<SheetFile[]> {
  const workspaces = path.join(folder, 'workspaces');
  const names = await readdir(workspaces).catch(() => []);
  const lists = await Promise.all(names.map((name) => new SheetFolder(path.join(workspaces, name, 'sheets')).list()));
  return lists.flat();
}

/** The block store of a location, with the default quota; it knows what the location's sheets need. */
export function blockStore(store: Pick<StoreLocation, 'folder'>, onCorrupt?: (key: string) => void): BlockStore {
  return new BlockStore({
    folder: store.folder,
    quotaBytes: limits.storeBytes,
    referenced: async () => new Set((await allSheets(store)).flatMap(blockKeys)),
    ...(onCorrupt ? { onCorrupt } : {}),
  });
}
