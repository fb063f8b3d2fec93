import { staysOnDisk } from '../../common/sheets.ts';
import type { Decoder } from '../model/decoder.ts';
import { AssembledSheet, type AskedSheet } from './assemble.ts';
import { OffloadedSheet } from './offload/offloadedSheet.ts';
import { blockKeys, remaining } from './remaining.ts';
import type { SheetFile } from './sheetFile.ts';
import type { BlockStore } from './store.ts';

/** Blocks of a loaded sheet count as used at most this often, milliseconds. */
const TOUCH_MS = 3_600_000;

type Kind = 'whole' | 'on disk';

interface Loaded {
  key: string;
  sheet: Promise<AskedSheet>;
  blocks: readonly string[];
  release: () => void;
  /** When its blocks counted as used last, milliseconds since 1970. */
  touchedAt: number;
}

/**
 * Sheets in memory, one of either kind: a comparison asks both in turn. Each stays until another one of its kind is asked.
 * Its blocks are held (`BlockStore.hold`): after a restart they are needed again.
 */
export class LoadedSheets {
  private readonly blocks: BlockStore;
  private readonly loaded = new Map<Kind, Loaded>();

  constructor(blocks: BlockStore) {
    this.blocks = blocks;
  }

  /**
   * A sheet to ask, loaded where it is not yet; one that failed to load is tried again next time.
   * @throws CribsheetError what `AssembledSheet.load` and `OffloadedSheet.load` throw
   */
  async get(file: SheetFile, decoder: () => Promise<Decoder>, signal?: AbortSignal): Promise<AskedSheet> {
    const known = this.find(file);
    if (!known) return this.load(file, await decoder(), signal);
    await this.countAsUsed(known);
    return known.sheet;
  }

  /** What a sheet can answer from: all that was loaded, else what is on disk. @throws CribsheetError `file-unreadable` */
  async leftOf(file: SheetFile): Promise<SheetFile> {
    const asked = await this.find(file)?.sheet.catch(() => undefined);
    return asked?.file ?? remaining(file, this.blocks);
  }

  /** Lets a sheet go, where it is loaded. */
  drop(file: SheetFile): void {
    if (this.find(file)) this.unload(kindOf(file));
  }

  private find(file: SheetFile): Loaded | undefined {
    const loaded = this.loaded.get(kindOf(file));
    return loaded?.key === keyOf(file) ? loaded : undefined;
  }

  private load(file: SheetFile, decoder: Decoder, signal: AbortSignal | undefined): Promise<AskedSheet> {
    const kind = kindOf(file);
    this.unload(kind);
    const blocks = blockKeys(file);
    const release = this.blocks.hold(blocks);
    const unloadThis = (): void => {
      if (this.loaded.get(kind) === loaded) this.unload(kind);
    };
    const sheet: Promise<AskedSheet> =
      kind === 'whole'
        ? AssembledSheet.load(file, decoder, this.blocks)
        : OffloadedSheet.load(file, decoder, this.blocks, { signal, onLost: unloadThis });
    const loaded: Loaded = { key: keyOf(file), sheet, blocks, release, touchedAt: Date.now() };
    this.loaded.set(kind, loaded);
    sheet.catch(unloadThis);
    return sheet;
  }

  private unload(kind: Kind): void {
    this.loaded.get(kind)?.release();
    this.loaded.delete(kind);
  }

  /** For other processes, which delete what was not used for long: a sheet in memory reads its blocks only once. */
  private async countAsUsed(loaded: Loaded): Promise<void> {
    if (Date.now() - loaded.touchedAt < TOUCH_MS) return;
    loaded.touchedAt = Date.now();
    for (const key of loaded.blocks) await this.blocks.touch(key);
  }
}

const kindOf = (sheet: SheetFile): Kind => (staysOnDisk(sheet) ? 'on disk' : 'whole');

/** Made anew, a sheet of the same id is another one. */
const keyOf = ({ id, createdAt }: SheetFile): string => `${id}@${createdAt}`;
