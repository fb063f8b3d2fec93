import type { DatabaseSync } from 'node:sqlite';
import { chunksOfFile, findDefinitions, findPaths } from './lookup.ts';
import type { Definition } from './lookup.ts';
import { matchExpression, parseQuestion } from './query.ts';
import type { Query } from './query.ts';
import { byCodeUnit, chunkRow, selectChunks } from './rows.ts';
import type { ChunkRow, Hit } from './rows.ts';
import { columnWeights } from './schema.ts';
import { verbatim } from './verbatim.ts';

export interface SearchOptions {
  /** Most hits. */
  limit: number;
  /** Search only in these paths. */
  paths?: ReadonlySet<string>;
}

/** What speaks for a chunk: its words (BM25), and that it is named in the question (shares of the best BM25). */
interface Candidate {
  row: ChunkRow;
  words: number;
  named: number;
}

/** Hits of the full text that take part in the ranking. */
const minPool = 100;
/** A file name that fits more files than this says nothing. */
const maxNamedFiles = 4;
const fileShare = 0.5;
const sectionShare = 0.3;
const lastPartShare = 0.5;

/**
 * Chunks for a question, the best first: full text (BM25, Robertson et al. 1994, as FTS5 computes it over the columns
 * path, name, documentation and body), and on top definitions that the question names and chunks of files that it
 * names. Chunks of the same name and text count once.
 */
export function searchChunks(db: DatabaseSync, question: string, options: SearchOptions): Hit[] {
  if (options.limit <= 0) return [];
  const query = parseQuestion(question);
  const candidates = new Map<number, Candidate>();
  const allowed = (row: ChunkRow): boolean => options.paths?.has(row.path) ?? true;
  const isNamed = addNamed(db, query, candidates, allowed);
  // Words like "returns" help to find a description, but only blur the question about a name that is there.
  addWords(db, isNamed ? query.focus : query.terms, candidates, options);
  return rank(candidates, options.limit, verbatim(query.mentions));
}

/** Adds definitions and files that the question names; true where a name that is written like code was found. */
function addNamed(
  db: DatabaseSync,
  query: Query,
  candidates: Map<number, Candidate>,
  allowed: (row: ChunkRow) => boolean,
): boolean {
  let isNamed = false;
  const add = (id: number, row: ChunkRow, share: number): void => {
    if (!allowed(row)) return;
    const known = candidates.get(id) ?? { row, words: 0, named: 0 };
    candidates.set(id, { ...known, named: Math.max(known.named, share) });
  };
  for (const { name, strength } of query.mentions) {
    for (const { id, row, likeness } of definitionsOrLast(db, name)) {
      add(id, row, strength * likeness * (row.kind === 'section' ? sectionShare : 1));
      isNamed ||= strength === 1;
    }
  }
  for (const suffix of query.paths) {
    const paths = findPaths(db, suffix);
    if (paths.length > maxNamedFiles) continue;
    for (const { id, row } of paths.flatMap((path) => chunksOfFile(db, path))) {
      const both = candidates.get(id)?.named ?? 0;
      add(id, row, both + fileShare);
    }
  }
  return isNamed;
}

/** Definitions of a name; of its last part where nothing is called the whole (`app.listen`, `this.store.read`). */
function definitionsOrLast(db: DatabaseSync, name: string): Definition[] {
  const found = findDefinitions(db, name);
  const last = name.split(/[.:#>]/u).at(-1) ?? name;
  if (found.length > 0 || last === name) return found;
  return findDefinitions(db, last).map((entry) => ({ ...entry, likeness: entry.likeness * lastPartShare }));
}

/** Adds the best chunks by BM25 over any of `words`. */
function addWords(
  db: DatabaseSync,
  words: readonly string[],
  candidates: Map<number, Candidate>,
  { limit, paths }: SearchOptions,
): void {
  if (words.length === 0) return;
  const pool = Math.max(minPool, 4 * limit);
  const weights = `bm25(${columnWeights.join(', ')})`;
  // SQLite sorts before the first row comes out: reading until enough paths fit costs no more than a limit would.
  const ranked = db
    .prepare('SELECT rowid AS id, rank FROM words WHERE words MATCH ? AND rank MATCH ? ORDER BY rank, rowid')
    .iterate(matchExpression(words), weights);
  const load = db.prepare(`${selectChunks} WHERE chunks.id = ?`);
  const pathOf = db.prepare('SELECT path FROM chunks JOIN files ON files.id = chunks.file WHERE chunks.id = ?');
  let taken = 0;
  for (const { id, rank: score } of ranked) {
    if (paths && !paths.has(String(pathOf.get(Number(id))?.['path']))) continue;
    const known = candidates.get(Number(id));
    const found = known ? undefined : load.get(Number(id));
    const row = known?.row ?? (found && chunkRow(found));
    if (!row) continue;
    candidates.set(Number(id), { row, words: -Number(score), named: known?.named ?? 0 });
    taken += 1;
    if (taken >= pool) break;
  }
}

function rank(candidates: ReadonlyMap<number, Candidate>, limit: number, share: (text: string) => number): Hit[] {
  const found = [...candidates.values()];
  // FTS5 gives a word that is everywhere almost no weight; a name must then still count.
  const best = found.reduce((most, { words }) => Math.max(most, words), 1e-3);
  const hits = found.map(({ row, words, named }): Hit => ({
    ...row,
    score: words + Math.max(named, share(row.text)) * best,
  }));
  hits.sort((a, b) => b.score - a.score || byCodeUnit(a.path, b.path) || a.startLine - b.startLine);
  const seen = new Set<string>();
  const distinct = hits.filter(({ qualifiedName, text }) => {
    const key = `${qualifiedName}\0${text}`;
    return !seen.has(key) && seen.add(key);
  });
  return distinct.slice(0, limit);
}
