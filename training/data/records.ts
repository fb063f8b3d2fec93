import type { Chunk } from '../../src/engine/corpus/types.ts';

/** A chunk of a package file with what it calls and imports. Made anew for each sample, so a sample may change it. */
export interface SourceChunk extends Chunk {
  /** Plain names of what the chunk calls, in order, each once. */
  calls: string[];
  /** Module specifiers that the chunk imports, in order, each once. */
  imports: string[];
}

/** Reads one line of a chunk file, as `cribsheet chunks --json` prints it plus `nameLine`, `calls` and `imports`: what is absent is null. */
export function readRecord(line: string): SourceChunk {
  const record = JSON.parse(line) as Record<string, unknown>;
  const text = (key: string): string => {
    const value = record[key];
    if (typeof value !== 'string') throw new Error(`A chunk record has no text "${key}": ${line.slice(0, 80)}`);
    return value;
  };
  const number = (key: string, fallback: number): number => {
    const value = record[key];
    return typeof value === 'number' ? value : fallback;
  };
  const optional = (key: 'parameters' | 'returns' | 'doc'): Partial<Record<typeof key, string>> => {
    const value = record[key];
    return typeof value === 'string' ? { [key]: value } : {};
  };
  const list = (key: string): string[] => {
    const value = record[key];
    return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
  };
  const startLine = number('startLine', 1);
  return {
    path: text('path'),
    startLine,
    endLine: number('endLine', startLine),
    nameLine: number('nameLine', startLine),
    kind: text('kind'),
    name: text('name'),
    qualifiedName: text('qualifiedName'),
    ...optional('parameters'),
    ...optional('returns'),
    ...optional('doc'),
    language: text('language'),
    text: text('text'),
    calls: list('calls'),
    imports: list('imports'),
  };
}
