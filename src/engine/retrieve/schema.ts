import type { DatabaseSync } from 'node:sqlite';

/** Raise it with every change of the tables, of `terms` or of what is put into them: older indexes are then rebuilt. */
const schemaVersion = '1';

/** BM25 weights of the columns of `words`: path, name, doc, body. */
export const columnWeights = [2, 8, 6, 1] as const;

/**
 * `words` holds terms (see identifiers.ts), not text; the porter tokenizer of FTS5 stems them. It has no content of
 * its own: its row ids are those of `chunks`, and to delete a row one has to say again what was put in. (FTS5's
 * `contentless_delete` would forget to count a deleted row out of BM25.) `names` has a row for every name that a chunk defines; its `key`
 * and `base` are for looking up without regard to case.
 */
const tables = `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID, STRICT;
  CREATE TABLE files (
    id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, base TEXT NOT NULL, hash TEXT NOT NULL
  ) STRICT;
  CREATE INDEX files_by_base ON files (base);
  CREATE TABLE chunks (
    id INTEGER PRIMARY KEY, file INTEGER NOT NULL,
    start_line INTEGER NOT NULL, end_line INTEGER NOT NULL, name_line INTEGER NOT NULL,
    kind TEXT NOT NULL, name TEXT NOT NULL, qualified_name TEXT NOT NULL,
    parameters TEXT, returns TEXT, doc TEXT, language TEXT NOT NULL, text TEXT NOT NULL
  ) STRICT;
  CREATE INDEX chunks_by_file ON chunks (file);
  CREATE TABLE names (
    chunk INTEGER NOT NULL, name TEXT NOT NULL, qualified TEXT NOT NULL, key TEXT NOT NULL
  ) STRICT;
  CREATE INDEX names_by_chunk ON names (chunk);
  CREATE INDEX names_by_key ON names (key);
  CREATE VIRTUAL TABLE words USING fts5 (
    path, name, doc, body, content = '', tokenize = 'porter unicode61 remove_diacritics 2'
  );
`;

/** What an index has to be made with to be usable here. */
export function wantedVersion(contentVersion: string): string {
  return `${schemaVersion}/${contentVersion}`;
}

/** The version row, or undefined in an empty database. Throws where tables are there without one. */
export function readVersion(db: DatabaseSync): string | undefined {
  const count = db.prepare('SELECT count(*) AS count FROM sqlite_schema').get()?.['count'];
  if (count === 0) return undefined;
  const known = db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'meta'").get();
  return known ? String(readMeta(db, 'version')) : 'unknown';
}

export function readMeta(db: DatabaseSync, key: string): string | undefined {
  const value = db.prepare('SELECT value FROM meta WHERE key = ?').get(key)?.['value'];
  return typeof value === 'string' ? value : undefined;
}

export function writeMeta(db: DatabaseSync, key: string, value: string): void {
  db.prepare('INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value').run(key, value);
}

/** Drops whatever is in the database and creates empty tables. Call it inside a transaction. */
export function createTables(db: DatabaseSync, version: string): void {
  const virtualFirst = "ORDER BY sql LIKE 'CREATE VIRTUAL%' DESC";
  const old = db.prepare(`SELECT name, type FROM sqlite_schema WHERE type IN ('table', 'view') ${virtualFirst}`).all();
  for (const { name, type } of old) {
    const quoted = `"${String(name).replaceAll('"', '""')}"`;
    if (!String(name).startsWith('sqlite_')) db.exec(`DROP ${String(type)} IF EXISTS ${quoted}`);
  }
  db.exec(tables);
  writeMeta(db, 'version', version);
}
