import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Coverage } from '../../common/answers.ts';
import { CribsheetError } from '../../common/errors.ts';
import type { SkippedFile } from '../corpus/types.ts';

const SHEET_VERSION = 1;

/** `count` rendered lines from `rendered` on come from consecutive lines of one file (0: all from the same line). */
export interface LineRun {
  rendered: number;
  /** Index into `SheetFile.paths`. */
  path: number;
  line: number;
}

/** One segment of a sheet: where its block is and where its lines come from. */
export interface SheetSegment {
  key: string;
  /** Source tokens and kept positions per head. */
  tokens: number;
  kept: number;
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
  createdAt: string;
  /** False after a cancel: what is there answers, the rest is built by the next run. */
  complete: boolean;
  scope: string[];
  preamble: { key: string; kept: number };
  segments: SheetSegment[];
  paths: string[];
  /** SHA-256 of every covered file when it was read, in the order of `paths`. */
  hashes: string[];
  skipped: SkippedFile[];
  /** Files that did not fit, and why. */
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
    const temporary = `${file}.${process.pid}.tmp`;
    try {
      await mkdir(this.folder, { recursive: true });
      await writeFile(temporary, JSON.stringify({ version: SHEET_VERSION, ...sheet }));
      await rename(temporary, file);
    } catch (cause) {
      await rm(temporary, { force: true }).catch(() => undefined);
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

  /** Undefined where there is none, or one of another version (its blocks are found again by content). */
  async read(id: string): Promise<SheetFile | undefined> {
    const text = await readFile(this.fileOf(id), 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    try {
      const sheet = JSON.parse(text) as SheetFile;
      return sheet.version === SHEET_VERSION ? sheet : undefined;
    } catch {
      return undefined;
    }
  }

  /** All sheets, newest first. */
  async list(): Promise<SheetFile[]> {
    const names = await readdir(this.folder).catch(() => []);
    const ids = names.filter((n) => n.endsWith('.json')).map((n) => n.slice(0, -'.json'.length));
    const sheets = await Promise.all(ids.map((id) => this.read(id)));
    return sheets.filter((s) => s !== undefined).sort((a, b) => b.createdAt.localeCompare(a.createdAt));
  }

  /** Deletes the sheet; its blocks stay until the quota needs their space. */
  async delete(id: string): Promise<void> {
    await rm(this.fileOf(id), { force: true });
  }

  private fileOf(id: string): string {
    if (!/^[a-z0-9][a-z0-9._-]*$/i.test(id)) throw new RangeError(`"${id}" is no sheet id`);
    return path.join(this.folder, `${id}.json`);
  }
}
