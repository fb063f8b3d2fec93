import type { DatabaseSync } from 'node:sqlite';
import { byCodeUnit, chunkRow, selectChunks } from './rows.ts';
import type { ChunkRow } from './rows.ts';

/** A definition that a name led to. */
export interface Definition {
  id: number;
  row: ChunkRow;
  /** 1 for the name as it is written, less where only upper and lower case differ. */
  likeness: number;
}

const otherCase = 0.6;
/** More definitions of one name than this say nothing. */
const maxDefinitions = 200;
/** Characters at the end of a name with owners by which the database chooses; the rest is compared here. */
const maxSuffix = 200;

/** A file's key for looking it up without regard to case: the last part of its path. */
export function baseKey(path: string): string {
  return (path.split('/').at(-1) ?? path).toLowerCase();
}

/**
 * Chunks that define `name`: a plain name, or one with owners (`Server.start`, also written with `::`, `#` or `->`;
 * the outer owners may be left out). Back-ticks and a call's parentheses do not matter. Names written exactly so; if
 * there are none, names that differ in upper and lower case. Code comes before sections of documents, then the order
 * is that of paths and lines.
 */
export function findDefinitions(db: DatabaseSync, name: string): Definition[] {
  const plain = name.replaceAll('`', '').trim();
  const dotted = plain.replace(/\(.*\)?$/su, '').replaceAll(/::|#|->/gu, '.');
  const last = dotted.split('.').at(-1) ?? '';
  // The limit counts those that can be meant: of a thousand `toString` there is one of `Server`.
  const named = db
    .prepare(
      String.raw`SELECT chunk, name, qualified FROM names
        WHERE key IN (?, ?) OR (key = ? AND qualified LIKE ? ESCAPE '\')
        ORDER BY name = ? DESC, chunk LIMIT ?`,
    )
    .all(plain.toLowerCase(), dotted.toLowerCase(), last.toLowerCase(), endingWith(dotted), last, maxDefinitions)
    .map((row) => ({ chunk: Number(row['chunk']), name: String(row['name']), qualified: String(row['qualified']) }));
  for (const [likeness, fold] of [
    [1, (text: string) => text],
    [otherCase, (text: string) => text.toLowerCase()],
  ] as const) {
    const isCalled = (own: { name: string; qualified: string }, written: string): boolean =>
      [own.name, own.qualified].some((text) => fold(text) === fold(written)) ||
      (written.includes('.') && fold(own.qualified).endsWith(`.${fold(written)}`));
    const ids = new Set(named.filter((own) => isCalled(own, plain) || isCalled(own, dotted)).map(({ chunk }) => chunk));
    if (ids.size > 0) return readChunks(db, ids).map((entry) => ({ ...entry, likeness }));
  }
  return [];
}

/** What LIKE takes for texts that end so, without regard to case: beyond ASCII, SQLite knows none. */
function endingWith(text: string): string {
  const plain = text.slice(-maxSuffix).replaceAll(/[\\%_]/gu, String.raw`\$&`);
  // eslint-disable-next-line no-control-regex
  return `%${plain.replaceAll(/[^\x00-\x7f]+/gu, '%')}`;
}

function readChunks(db: DatabaseSync, ids: ReadonlySet<number>): { id: number; row: ChunkRow }[] {
  const load = db.prepare(`${selectChunks} WHERE chunks.id = ?`);
  const rows = Array.from(ids, (id) => ({ id, found: load.get(id) }));
  return rows.flatMap(({ id, found }) => (found ? [{ id, row: chunkRow(found) }] : [])).sort(byUse);
}

function byUse({ row: a }: { row: ChunkRow }, { row: b }: { row: ChunkRow }): number {
  const section = Number(a.kind === 'section') - Number(b.kind === 'section');
  return section || byCodeUnit(a.path, b.path) || a.startLine - b.startLine;
}

/**
 * Indexed paths that equal `suffix` or end with its parts (`a/b.ts` fits `src/a/b.ts`, not `src/aa/b.ts`), written
 * exactly so; if there are none, without regard to case. The shortest comes first.
 */
export function findPaths(db: DatabaseSync, suffix: string): string[] {
  const wanted = suffix
    .replaceAll('\\', '/')
    .replace(/^(?:\.{0,2}\/)+/u, '')
    .replace(/\/+$/u, '');
  if (wanted === '') return [];
  const rows = db.prepare('SELECT path FROM files WHERE base = ?').all(baseKey(wanted));
  const paths = rows.map((row) => String(row['path']));
  for (const fold of [(text: string) => text, (text: string) => text.toLowerCase()]) {
    const found = paths.filter((path) => `/${fold(path)}`.endsWith(`/${fold(wanted)}`));
    if (found.length > 0) return found.sort((a, b) => a.length - b.length || byCodeUnit(a, b));
  }
  return [];
}

/** All chunks of a file in the order of their lines. */
export function chunksOfFile(db: DatabaseSync, path: string): { id: number; row: ChunkRow }[] {
  const rows = db.prepare(`${selectChunks} WHERE files.path = ? ORDER BY start_line, chunks.id`).all(path);
  return rows.map((row) => ({ id: Number(row['id']), row: chunkRow(row) }));
}
