import type { DatabaseSync } from 'node:sqlite';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { throwIfCancelled } from '../../common/errors.ts';
import { definedNames } from '../corpus/naming.ts';
import type { Chunk } from '../corpus/types.ts';
import { terms } from './identifiers.ts';
import { baseKey } from './lookup.ts';
import { chunkRow, selectChunks } from './rows.ts';
import { isBusy } from './sqliteError.ts';

/** A file as it is now. */
export interface IndexedFile {
  path: string;
  /** SHA-256 of the bytes, hex: equal hash, equal chunks. */
  hash: string;
  /** Called only where the file is new or changed. */
  chunks: () => readonly Chunk[] | Promise<readonly Chunk[]>;
}

export interface UpdateOptions {
  signal?: AbortSignal;
  /** Files done, of all. */
  onProgress?: (done: number, total: number) => void;
  /** How long to wait for another process that is updating the same index, in milliseconds. */
  waitMs?: number;
}

/** Numbers of files. */
export interface UpdateCounts {
  added: number;
  changed: number;
  removed: number;
  unchanged: number;
}

const defaultWaitMs = 120_000;
const retryMs = 50;
/** The event loop gets its turn after about this time. */
const sliceMs = 20;

/** Starts a write transaction; waits for other processes without blocking this one. */
export async function beginWriting(db: DatabaseSync, { signal, waitMs = defaultWaitMs }: UpdateOptions): Promise<void> {
  db.exec('PRAGMA busy_timeout = 0');
  const end = Date.now() + waitMs;
  for (;;) {
    throwIfCancelled(signal);
    try {
      db.exec('BEGIN IMMEDIATE');
      return;
    } catch (error) {
      if (!isBusy(error) || Date.now() > end) throw error;
    }
    await setTimeout(retryMs);
  }
}

/** Makes the index hold exactly `files`. Runs inside a transaction of the caller. */
export async function writeFiles(
  db: DatabaseSync,
  files: ReadonlyMap<string, IndexedFile>,
  { signal, onProgress }: UpdateOptions,
): Promise<UpdateCounts> {
  const known = new Map<string, { id: number; hash: string }>();
  for (const row of db.prepare('SELECT id, path, hash FROM files').iterate()) {
    known.set(String(row['path']), { id: Number(row['id']), hash: String(row['hash']) });
  }
  const write = writer(db);
  const counts: UpdateCounts = { added: 0, changed: 0, removed: 0, unchanged: 0 };
  let done = 0;
  let turn = Date.now();
  const step = async (): Promise<void> => {
    if (Date.now() - turn < sliceMs) return;
    onProgress?.(done, files.size);
    await setImmediate();
    throwIfCancelled(signal);
    turn = Date.now();
  };
  throwIfCancelled(signal);
  for (const [path, { id }] of known) {
    if (files.has(path)) continue;
    write.removeFile(id);
    counts.removed += 1;
    await step();
  }
  for (const file of files.values()) {
    const old = known.get(file.path);
    if (old?.hash === file.hash) {
      counts.unchanged += 1;
    } else {
      if (old) write.removeFile(old.id);
      const id = write.addFile(file);
      for (const chunk of await file.chunks()) {
        write.addChunk(id, file.path, chunk);
        await step();
      }
      counts[old ? 'changed' : 'added'] += 1;
    }
    done += 1;
    await step();
  }
  onProgress?.(files.size, files.size);
  return counts;
}

interface Writer {
  removeFile: (id: number) => void;
  addFile: (file: IndexedFile) => number;
  addChunk: (file: number, path: string, chunk: Chunk) => void;
}

function writer(db: DatabaseSync): Writer {
  const addFile = db.prepare('INSERT INTO files (path, base, hash) VALUES (?, ?, ?)');
  const addChunk = db.prepare('INSERT INTO chunks VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const addWords = db.prepare('INSERT INTO words (rowid, path, name, doc, body) VALUES (?, ?, ?, ?, ?)');
  const addName = db.prepare('INSERT INTO names VALUES (?, ?, ?, ?)');
  const oldChunks = db.prepare(`${selectChunks} WHERE chunks.file = ?`);
  const removeWords = db.prepare(
    `INSERT INTO words (words, rowid, path, name, doc, body) VALUES ('delete', ?, ?, ?, ?, ?)`,
  );
  const cache = new Map<string, readonly string[]>();
  const removals = [
    'DELETE FROM names WHERE chunk IN (SELECT id FROM chunks WHERE file = ?)',
    'DELETE FROM chunks WHERE file = ?',
    'DELETE FROM files WHERE id = ?',
  ].map((sql) => db.prepare(sql));
  return {
    removeFile(id) {
      for (const row of oldChunks.all(id)) removeWords.run(Number(row['id']), ...wordColumns(chunkRow(row), cache));
      for (const removal of removals) removal.run(id);
    },
    addFile({ path, hash }) {
      return Number(addFile.run(path, baseKey(path), hash).lastInsertRowid);
    },
    addChunk(file, path, chunk) {
      const { startLine, endLine, nameLine, kind, name, qualifiedName, parameters, returns, doc, language, text } =
        chunk;
      const about = [kind, name, qualifiedName, parameters ?? null, returns ?? null, doc ?? null];
      const { lastInsertRowid: id } = addChunk.run(file, startLine, endLine, nameLine, ...about, language, text);
      addWords.run(id, ...wordColumns({ ...chunk, path }, cache));
      for (const own of definedNames(chunk)) addName.run(id, own, qualified(own, chunk), own.toLowerCase());
    },
  };
}

/** A name with its owners; the qualified name of several definitions lists theirs, as their name does. */
function qualified(name: string, chunk: Chunk): string {
  if (name === chunk.name) return chunk.qualifiedName;
  return chunk.qualifiedName.split(', ').find((one) => one.endsWith(`.${name}`)) ?? name;
}

/** What the columns of `words` hold for a chunk. Must not depend on anything that the table `chunks` does not hold. */
function wordColumns(chunk: Chunk, cache: Map<string, readonly string[]>): [string, string, string, string] {
  const { path, qualifiedName, doc, parameters, returns, text } = chunk;
  const joined = (column: string): string => terms(column, cache).join(' ');
  return [joined(path), joined(qualifiedName), joined([doc, parameters, returns].join(' ')), joined(text)];
}
