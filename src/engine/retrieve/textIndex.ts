import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { CribsheetError } from '../../common/errors.ts';
import { openDatabase } from './database.ts';
import type { DatabaseOptions } from './database.ts';
import { chunksOfFile, findDefinitions, findPaths } from './lookup.ts';
import type { ChunkRow, Hit } from './rows.ts';
import { readMeta, readVersion, wantedVersion, writeMeta } from './schema.ts';
import { searchChunks } from './search.ts';
import type { SearchOptions } from './search.ts';
import { explainError, indexError, isDamage } from './sqliteError.ts';
import { beginWriting, writeFiles } from './update.ts';
import type { IndexedFile, UpdateCounts, UpdateOptions } from './update.ts';

export type { ChunkRow, Hit } from './rows.ts';

export interface TextIndexOptions {
  /** Changes with whatever decides what the chunks of a file are (chunker, grammars): another one rebuilds the index. */
  contentVersion?: string;
  /** Says in one sentence why the index has to be built anew. */
  onMessage?: (message: string) => void;
}

/**
 * Full text and definitions of a workspace in one SQLite file. Several processes may use it at once: they read while
 * one writes, and writers wait for each other. All methods but `close` throw CribsheetError `index-unavailable` where
 * the file cannot be used and where nothing was indexed yet: an empty result is an answer, never a failure.
 */
export class TextIndex {
  readonly #options: DatabaseOptions;
  #db: DatabaseSync;
  /** Which file `#db` has open: another process may have put a new one in its place. */
  #identity: string;

  private constructor(options: DatabaseOptions) {
    this.#options = options;
    this.#db = openDatabase(options);
    this.#identity = identityOf(options.file);
  }

  /**
   * Opens the index, creating file and folders where there are none. `update` has to run before the first search.
   * @throws CribsheetError `index-unavailable`, `store-full`
   */
  static open(file: string, { contentVersion = '', onMessage = () => undefined }: TextIndexOptions = {}): TextIndex {
    try {
      return new TextIndex({ file, contentVersion, onMessage });
    } catch (error) {
      throw indexError(file, error);
    }
  }

  /**
   * Makes the index hold exactly `files`, in one transaction: searches see the state before until it is done, and a
   * cancelled or failed update changes nothing. A damaged index is rebuilt.
   * @throws CribsheetError `cancelled`, `index-unavailable`, `store-full`; what `chunks` throws
   */
  async update(files: Iterable<IndexedFile>, options: UpdateOptions = {}): Promise<UpdateCounts> {
    const byPath = new Map(Array.from(files, (file) => [file.path, file]));
    try {
      return await this.#write(byPath, options).catch((error: unknown) => {
        if (!isDamage(error)) throw error;
        this.#replaceDamaged();
        return this.#write(byPath, options);
      });
    } catch (error) {
      throw indexError(this.#options.file, error);
    }
  }

  /** Chunks for a question, the best first; see search.ts for the ranking. Any string is a question. */
  search(question: string, options: SearchOptions): Hit[] {
    return this.#read((db) => searchChunks(db, question, options));
  }

  /**
   * Chunks that define a name, plain or with owners (`start`, `Server.start`); see `findDefinitions`. Case decides
   * unless no definition is written so.
   */
  definitions(name: string): ChunkRow[] {
    return this.#read((db) => findDefinitions(db, name).map(({ row }) => row));
  }

  /** Indexed paths that equal `suffix` or end with its parts, the shortest first. */
  resolvePath(suffix: string): string[] {
    return this.#read((db) => findPaths(db, suffix));
  }

  /** Indexed paths below a folder, given with its `/`, in order; `/` is the whole workspace. */
  pathsBelow(folder: string): string[] {
    const prefix = folder === '/' ? '' : folder;
    const sql = 'SELECT path FROM files WHERE substr(path, 1, length(?1)) = ?1 ORDER BY path';
    return this.#read((db) =>
      db
        .prepare(sql)
        .all(prefix)
        .map((row) => String(row['path'])),
    );
  }

  /** The chunks of one file in the order of their lines; none where the file is not indexed. */
  chunksOf(path: string): ChunkRow[] {
    return this.#read((db) => chunksOfFile(db, path).map(({ row }) => row));
  }

  /** Hash of the file's bytes when it was indexed. */
  fileHash(path: string): string | undefined {
    const hash = this.#read((db) => db.prepare('SELECT hash FROM files WHERE path = ?').get(path)?.['hash']);
    return typeof hash === 'string' ? hash : undefined;
  }

  /** How much is indexed. */
  counts(): { files: number; chunks: number } {
    const sql = 'SELECT (SELECT count(*) FROM files) AS files, (SELECT count(*) FROM chunks) AS chunks';
    const row = this.#read((db) => db.prepare(sql).get());
    return { files: Number(row?.['files']), chunks: Number(row?.['chunks']) };
  }

  /** Characters of all indexed text. */
  characters(): number {
    const row = this.#read((db) => db.prepare('SELECT sum(length(text)) AS characters FROM chunks').get());
    return Number(row?.['characters'] ?? 0);
  }

  close(): void {
    if (this.#db.isOpen) this.#db.close();
  }

  /** Writes over a connection of its own, so that this object's reads stay outside of the transaction. */
  async #write(files: ReadonlyMap<string, IndexedFile>, options: UpdateOptions): Promise<UpdateCounts> {
    const db = openDatabase(this.#options);
    try {
      await beginWriting(db, options);
      this.#requireVersion(db);
      const counts = await writeFiles(db, files, options);
      writeMeta(db, 'built', new Date().toISOString());
      db.exec('COMMIT');
      return counts;
    } catch (error) {
      throw explainError(db, error);
    } finally {
      db.close();
    }
  }

  #read<T>(work: (db: DatabaseSync) => T): T {
    const { file } = this.#options;
    try {
      if (identityOf(file) !== this.#identity) this.#reopen();
      this.#requireVersion(this.#db);
      if (readMeta(this.#db, 'built') !== undefined) return work(this.#db);
    } catch (error) {
      const reason = explainError(this.#db, error);
      if (isDamage(reason)) this.#replaceDamaged();
      throw indexError(file, reason);
    }
    throw new CribsheetError('index-unavailable', 'The workspace is not indexed yet.', 'Index it, then search again.');
  }

  #requireVersion(db: DatabaseSync): void {
    if (readVersion(db) === wantedVersion(this.#options.contentVersion)) return;
    throw new CribsheetError(
      'index-unavailable',
      `Another version of Cribsheet has taken over the index ${this.#options.file}.`,
      'Close the other version or restart this one.',
    );
  }

  #reopen(isDamaged?: () => boolean): void {
    const db = openDatabase(this.#options, isDamaged);
    this.close();
    this.#db = db;
    this.#identity = identityOf(this.#options.file);
  }

  /** Deletes the file and starts an empty one, unless another process has just done so. */
  #replaceDamaged(): void {
    this.#reopen(() => {
      // As long as the old file is open here, no new one can have its number.
      const isSame = identityOf(this.#options.file) === this.#identity;
      // Windows deletes no open file.
      this.close();
      return isSame;
    });
  }
}

function identityOf(file: string): string {
  const stats = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stats ? `${stats.dev}:${stats.ino}` : '';
}
