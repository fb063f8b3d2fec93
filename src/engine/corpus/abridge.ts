import { codeKind, isPart } from './naming.ts';
import type { Chunk, RenderProfile } from './types.ts';

/**
 * What a model with an abridging profile reads of a file: with `definitionsOnly` no imports, loose statements and
 * later parts of cut definitions, with `bodyChars` only the first whole lines of each chunk. Chunks keep their lines,
 * so provenance holds; citations come from the index, which has the whole chunks.
 */
export function abridge(chunks: readonly Chunk[], { definitionsOnly, bodyChars }: RenderProfile): readonly Chunk[] {
  const wanted = definitionsOnly ? chunks.filter((c) => c.kind !== codeKind && !isPart(c)) : chunks;
  return bodyChars === undefined ? wanted : wanted.map((c) => firstLines(c, bodyChars));
}

/** Begins at the line with the name: what comments above it say stands on the card. */
function firstLines(chunk: Chunk, chars: number): Chunk {
  const lines = chunk.text.split(/(?<=\r\n|\r(?!\n)|\n)/).slice(Math.max(0, chunk.nameLine - chunk.startLine));
  let [count, size] = [0, 0];
  while (count < lines.length && size + lines[count]!.length <= chars) size += lines[count++]!.length;
  const startLine = Math.max(chunk.startLine, chunk.nameLine);
  return { ...chunk, text: lines.slice(0, count).join(''), startLine, endLine: startLine + Math.max(0, count - 1) };
}
