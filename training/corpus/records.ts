import { chunkFile } from '../../src/engine/corpus/chunker.ts';
import type { Grammars } from '../../src/engine/corpus/grammars.ts';
import { definedNames } from '../../src/engine/corpus/naming.ts';
import type { Chunk, SourceFile } from '../../src/engine/corpus/types.ts';
import { namesWithin, referencesOf } from '../../src/engine/corpus/references.ts';

/** Raise it with every change of what a record says. */
export const recordVersion = 1;

/** One line of a corpus file: what `cribsheet chunks --json` prints, and three fields more. Absent facts are null. */
export interface ChunkRecord extends Omit<Chunk, 'parameters' | 'returns' | 'doc'> {
  parameters: string | null;
  returns: string | null;
  doc: string | null;
  /** Plain names called in the chunk's lines, each once, in order. */
  calls: string[];
  /** Module specifiers imported there. */
  imports: string[];
}

/** The chunks of one file as records. */
export async function recordsOf(
  file: Pick<SourceFile, 'path' | 'text' | 'language'>,
  grammars: Grammars,
  signal?: AbortSignal,
): Promise<ChunkRecord[]> {
  const chunks = await chunkFile(file, grammars, signal);
  const references = await referencesOf(file, grammars, signal);
  return chunks.map((chunk) => {
    const { path, startLine, endLine, nameLine, kind, name, qualifiedName, language, text } = chunk;
    const { parameters = null, returns = null, doc = null } = chunk;
    return {
      ...{ path, startLine, endLine, nameLine, kind, name, qualifiedName, parameters, returns, doc, language, text },
      calls: namesWithin(references.calls, chunk),
      imports: namesWithin(references.imports, chunk),
    };
  });
}

/** How many names the chunks define; headings of prose do not count. */
export function countDefinitions(records: readonly ChunkRecord[]): number {
  return records.reduce((sum, record) => sum + (record.language === 'markdown' ? 0 : definedNames(record).length), 0);
}
