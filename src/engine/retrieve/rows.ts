import type { SQLOutputValue } from 'node:sqlite';
import type { Chunk } from '../corpus/types.ts';
import { IndexDamaged } from './sqliteError.ts';

/** A chunk as the index holds it. */
export interface ChunkRow extends Chunk {
  /** Hash of the file's bytes when it was indexed: another one now means that the chunk is stale. */
  fileHash: string;
}

/** A chunk that a question found. */
export interface Hit extends ChunkRow {
  /** Higher is better; comparable within one search only. */
  score: number;
}

type Row = Record<string, SQLOutputValue>;

/** To be followed by conditions on `chunks` and `files`. */
export const selectChunks = `
  SELECT chunks.id, files.path, files.hash, start_line, end_line, name_line, kind, name, qualified_name,
    parameters, returns, doc, language, text
  FROM chunks JOIN files ON files.id = chunks.file`;

export function chunkRow(row: Row): ChunkRow {
  return {
    path: text(row, 'path'),
    startLine: Number(row['start_line']),
    endLine: Number(row['end_line']),
    nameLine: Number(row['name_line']),
    kind: text(row, 'kind'),
    name: text(row, 'name'),
    qualifiedName: text(row, 'qualified_name'),
    ...(row['parameters'] === null ? {} : { parameters: text(row, 'parameters') }),
    ...(row['returns'] === null ? {} : { returns: text(row, 'returns') }),
    ...(row['doc'] === null ? {} : { doc: text(row, 'doc') }),
    language: text(row, 'language'),
    text: text(row, 'text'),
    fileHash: text(row, 'hash'),
  };
}

function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw new IndexDamaged(`the column ${column} holds no text`);
  return value;
}

/** The order of two paths or names by code unit: the same everywhere, unlike that of a locale. */
export function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
