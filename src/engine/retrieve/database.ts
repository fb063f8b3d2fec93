import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type Sqlite from 'node:sqlite';
import type { DatabaseSync } from 'node:sqlite';
import { CribsheetError } from '../../common/errors.ts';
import { makeFolder } from '../makeFolder.ts';
import { createTables, readVersion, wantedVersion } from './schema.ts';
import { explainError, isDamage } from './sqliteError.ts';

export interface DatabaseOptions {
  file: string;
  contentVersion: string;
  /** Says in one sentence why the index is built anew. */
  onMessage: (message: string) => void;
}

/** How long a call waits for another process's lock; long writers are waited for elsewhere, without blocking. */
const busyMs = 5_000;

/**
 * Opens the index, creating it where there is none. One of another version is emptied, a damaged file is deleted;
 * both are told. Opening processes go one after the other: none of them sees a file that another one is replacing.
 * @param isDamaged asked once no other process is opening the file: shall it be replaced, whatever it looks like?
 * @throws CribsheetError `index-unavailable` without FTS5; errors of SQLite and of the file system
 */
export function openDatabase(options: DatabaseOptions, isDamaged: () => boolean = () => false): DatabaseSync {
  makeFolder(dirname(options.file));
  // Locked by SQLite itself, so a dead process leaves no lock behind. It stays empty: nothing is ever written to it.
  const gate = connect(`${options.file}-lock`);
  try {
    gate.exec('BEGIN EXCLUSIVE');
    try {
      if (!isDamaged()) return openReady(options);
    } catch (error) {
      if (!isDamage(error)) throw error;
    }
    for (const suffix of ['-wal', '-shm', '-journal', '']) rmSync(options.file + suffix, { force: true });
    options.onMessage('The index was damaged: it was deleted and has to be built anew.');
    return openReady(options);
  } finally {
    gate.close();
  }
}

/** A connection to the file, checked for FTS5, with the tables of this version. */
function openReady({ file, contentVersion, onMessage }: DatabaseOptions): DatabaseSync {
  const db = connect(file);
  try {
    requireFullText(db);
    // Readers go on while one process writes. A power cut may lose the last update but does not damage the file.
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 67108864');
    db.exec('PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON');
    const wanted = wantedVersion(contentVersion);
    const found = readVersion(db);
    if (found === wanted) return db;
    db.exec('BEGIN IMMEDIATE');
    createTables(db, wanted);
    db.exec('COMMIT');
    if (found !== undefined) onMessage(`The index was made by another version of Cribsheet and has to be built anew.`);
    return db;
  } catch (error) {
    const reason = explainError(db, error);
    db.close();
    throw reason;
  }
}

/** Loaded when needed: a Node without SQLite gets a typed error instead of a process that does not start. */
function connect(file: string): DatabaseSync {
  const sqlite: typeof Sqlite | undefined = process.getBuiltinModule('node:sqlite');
  if (!sqlite) throw noFullText();
  return new sqlite.DatabaseSync(file, { timeout: busyMs, enableForeignKeyConstraints: false });
}

function requireFullText(db: DatabaseSync): void {
  try {
    db.exec('CREATE VIRTUAL TABLE temp.p USING fts5 (x); DROP TABLE temp.p');
  } catch (error) {
    // Reading a damaged file fails here as well.
    throw /no such module/u.test((error as Error).message) ? noFullText(error) : error;
  }
}

function noFullText(cause?: unknown): CribsheetError {
  return new CribsheetError(
    'index-unavailable',
    `The SQLite of Node ${process.versions.node} has no full text search (FTS5).`,
    'Use Node 22.16 or later.',
    { cause },
  );
}
