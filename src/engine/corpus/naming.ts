import type { Chunk } from './types.ts';

/** Kind of a chunk that defines nothing: imports, statements, text without headings. */
export const codeKind = 'code';

/** What a chunk is called; its text comes from its lines. */
export interface Label {
  kind: string;
  name: string;
  qualifiedName: string;
  nameLine?: number;
  parameters?: string;
  returns?: string;
  doc?: string;
  /** Short, undocumented, of a sort that may be merged with its neighbours. */
  mergeable?: boolean;
}

/** The label of a further part of something that another chunk defines: `function part`, without what belongs to the definition. */
export function partOf(label: Pick<Label, 'kind' | 'name' | 'qualifiedName'>): Label {
  const { kind, name, qualifiedName } = label;
  return { kind: kind === codeKind || kind.endsWith(' part') ? kind : `${kind} part`, name, qualifiedName };
}

/** Kinds whose name lists several names. */
const pluralKinds = new Set(['constants', 'variables', 'types', 'macros', 'declarations', 'rules', 'definitions']);

/** The names that a chunk defines: none for code and for further parts, several for merged one-line definitions. */
export function definedNames(chunk: Pick<Chunk, 'kind' | 'name'>): string[] {
  if (chunk.kind === codeKind || chunk.kind.endsWith(' part')) return [];
  return pluralKinds.has(chunk.kind) ? chunk.name.split(', ') : [chunk.name];
}
