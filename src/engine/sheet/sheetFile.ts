import { readFile, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Coverage } from '../../common/answers.ts';
import { CribsheetError } from '../../common/errors.ts';
import type { Storage } from '../../common/names.ts';
import type { SkippedFile } from '../corpus/types.ts';
import { replaceFile } from '../replaceFile.ts';

const SHEET_VERSION = 1;
const extension = '.json';
const idForm = /^[a-z0-9][a-z0-9._-]*$/i;

/** The rendered lines from `rendered` up to the next run come from consecutive lines of one file. */
export interface LineRun {
  rendered: number;
  /** Index into `SheetFile.paths`. */
  path: number;
  line: number;
}

/** One segment of a sheet: where its block is and where its lines come from. */
export interface SheetSegment {
  key: string;
  /** Source tokens, and kept positions of the fullest head. */
  tokens: number;
  kept: number;
  /** Kept positions on average over all heads of all layers, where these differ. */
  average?: number;
  lines: LineRun[];
}

/** A crib sheet: which blocks stand in it, in which order, and what they cover. The blocks themselves are content-addressed. */
export interface SheetFile {
  version: number;
  id: string;
  task: { id: string; title: string };
  model: { name: string; fingerprint: string };
  strategy: string;
  ratio: number;
  /** Its size in positions, where that was asked for instead of a ratio. */
  tokens?: number;
  /** Its segments share the positions by structural weight, too. */
  weighted?: boolean;
  /** What the model wrote for the task, where the strategy asked for that: its blocks were made with it. */
  notes?: string;
  /** How its blocks are written; absent: fp16. */
  storage?: Storage;
  createdAt: string;
  /** False after a cancel: what is there answers, the rest is built by the next run. */
  complete: boolean;
  scope: string[];
  preamble: { key: string; kept: number };
  segments: SheetSegment[];
  /** Positions that all segments take in each layer, or in each head of each layer (`ownHeads`); absent where these are equal. */
  lengths?: number[];
  /** Heads of one layer keep different numbers of positions: the sheet is read by a session of its own. */
  ownHeads?: boolean;
  paths: string[];
  /** SHA-256 of every covered file when it was read, in the order of `paths`. */
  hashes: string[];
  skipped: SkippedFile[];
  /** Files that are not wholly in the sheet, and why. */
  leftOut: { path: string; reason: 'sheet-full' | 'not-built' }[];
  coverage: Coverage;
}

/** Reads and writes the sheets of one workspace, one JSON file each. */
export class SheetFolder {
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  async write(sheet: Omit<SheetFile, 'version'>): Promise<void> {
    const file = this.fileOf(sheet.id);
    try {
      await replaceFile(file, JSON.stringify({ ...sheet, version: SHEET_VERSION }));
    } catch (cause) {
      const full = ['ENOSPC', 'EDQUOT', 'EFBIG'].includes((cause as NodeJS.ErrnoException).code ?? '');
      throw new CribsheetError(
        full ? 'store-full' : 'store-unwritable',
        full
          ? `There is no space left for the sheet in ${this.folder}.`
          : `The sheet cannot be written to ${this.folder}.`,
        full
          ? 'Free some space (cribsheet sheets delete), then run it again: finished blocks are kept.'
          : 'Choose another place with --store.',
        { cause },
      );
    }
  }

  /**
   * Undefined where there is none, one of another version (its blocks are found again by content), or no whole one.
   * @throws CribsheetError `file-unreadable`
   */
  async read(id: string): Promise<SheetFile | undefined> {
    const file = this.fileOf(id);
    const text = await unlessAbsent(readFile(file, 'utf8'), file);
    if (text === undefined) return undefined;
    try {
      const sheet: unknown = JSON.parse(text);
      return isSheet(sheet) && sheet.id === id ? sheet : undefined;
    } catch {
      return undefined;
    }
  }

  /** All sheets, newest first. What is no sheet is passed over. @throws CribsheetError `file-unreadable` */
  async list(): Promise<SheetFile[]> {
    const names = (await unlessAbsent(readdir(this.folder), this.folder)) ?? [];
    const ids = names.filter((n) => n.endsWith(extension)).map((n) => n.slice(0, -extension.length));
    const sheets = await Promise.all(ids.filter((id) => idForm.test(id)).map((id) => this.read(id)));
    return sheets.filter((s) => s !== undefined).sort((a, b) => b.createdAt.localeCompare(a.createdAt));
  }

  /** Deletes the sheet; its blocks stay (see `BlockStore.deleteUnreferenced`). */
  async delete(id: string): Promise<void> {
    await rm(this.fileOf(id), { force: true });
  }

  /** Where a sheet lies, or would. */
  fileOf(id: string): string {
    if (!idForm.test(id)) throw new RangeError(`"${id}" is no sheet id`);
    return path.join(this.folder, id + extension);
  }
}

/** Has it the fields that answering reads? Whoever edits a sheet by hand below that is on their own. */
function isSheet(value: unknown): value is SheetFile {
  const sheet = record(value);
  const lists = ['segments', 'paths', 'hashes', 'skipped', 'leftOut', 'scope'].map((key) => sheet[key]);
  return (
    sheet['version'] === SHEET_VERSION &&
    [sheet['id'], sheet['createdAt'], record(sheet['task'])['id'], record(sheet['model'])['fingerprint']].every(
      (text) => typeof text === 'string',
    ) &&
    lists.every((list) => Array.isArray(list)) &&
    typeof record(sheet['preamble'])['key'] === 'string' &&
    typeof record(sheet['coverage'])['tokens'] === 'number'
  );
}

function record(value: unknown): Partial<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? value : {};
}

async function unlessAbsent<T>(work: Promise<T>, file: string): Promise<T | undefined> {
  try {
    return await work;
  } catch (cause) {
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes((cause as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw new CribsheetError(
      'file-unreadable',
      `${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`,
      'Check the permissions of the store folder or choose another one with --store.',
      { cause },
    );
  }
}
