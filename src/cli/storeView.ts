import path from 'node:path';
import { SheetFolder } from '../engine/sheet/sheetFile.ts';
import type { StoreLocation } from '../engine/storeLocation.ts';

/** Sheets of one workspace folder. */
export function sheetsOf(store: StoreLocation, root: string): SheetFolder {
  return new SheetFolder(path.join(store.workspace(root), 'sheets'));
}
