import { definedNames } from '../../src/engine/corpus/naming.ts';
import type { Draw } from './draw.ts';
import { identifiers, isFreeName, nearDuplicate, spelled, styleOf, wordSet, wordsOf } from './names.ts';
import type { Corpus, Split } from './packages.ts';
import type { Selection, WorkChunk } from './select.ts';

/** Share of the defined names that get another one. */
const renamedShare = 0.7;
/** Share of the new names that are made to look like another name of the context. */
const nearShare = 0.14;

/**
 * Renames most of what the chunks define, everywhere in them, so that no answer can be known by heart. New names come from one package, so
 * that neighbours share prefixes; some are near-duplicates of other names, so that names must be read to the end. Injective, and no new
 * name occurs in the chunks.
 */
export function renameDefinitions(selection: Selection, corpus: Corpus, split: Split, draw: Draw): void {
  const { chunks } = selection;
  const words = wordSet(chunks.flatMap(textsOf));
  const defined = [...new Set(chunks.flatMap(definedNames))];
  const pool = namePool(selection, corpus, split, draw);
  const renamed = new Map<string, string>();
  const present = [...defined];
  for (const name of defined) {
    if (!isFreeName(name) || !draw.chance(renamedShare)) continue;
    const next = draw.chance(nearShare) ? nearDuplicate(draw.pick(present), draw) : pool(name);
    if (next === undefined || !isFreeName(next) || words.has(next)) continue;
    words.add(next);
    present.push(next);
    renamed.set(name, next);
  }
  replaceWords(chunks, renamed);
}

/** Names by style from one package (mostly this one or one other) or from several. */
function namePool(
  { packages }: Selection,
  corpus: Corpus,
  split: Split,
  draw: Draw,
): (old: string) => string | undefined {
  const others = (count: number): string[] =>
    Array.from({ length: count }, () => corpus.pick(split, draw)).flatMap(({ names }) =>
      draw.some(names, Math.ceil(400 / count)),
    );
  const source = draw.chance(0.3) ? others(8) : draw.chance(0.5) ? draw.some(packages[0]!.names, 400) : others(1);
  const byStyle = Map.groupBy(source, styleOf);
  return (old) => {
    const style = styleOf(old);
    const same = byStyle.get(style);
    if (same && same.length > 0) return same.pop();
    const any = source.pop();
    return any === undefined ? undefined : spelled(wordsOf(any), style);
  };
}

/** Every text of a chunk that may hold a name. */
export function textsOf(chunk: WorkChunk): string[] {
  const { text, parameters = '', returns = '', doc = '', name, path } = chunk;
  return [text, parameters, returns, doc, name, path, ...chunk.calls, ...chunk.imports];
}

/** Replaces whole words in all texts of the chunks; paths stay. */
export function replaceWords(chunks: readonly WorkChunk[], words: ReadonlyMap<string, string>): void {
  if (words.size === 0) return;
  const swap = (text: string): string => text.replace(identifiers, (word) => words.get(word) ?? word);
  for (const chunk of chunks) {
    chunk.text = swap(chunk.text);
    chunk.name = swap(chunk.name);
    chunk.qualifiedName = swap(chunk.qualifiedName);
    if (chunk.parameters !== undefined) chunk.parameters = swap(chunk.parameters);
    if (chunk.returns !== undefined) chunk.returns = swap(chunk.returns);
    if (chunk.doc !== undefined) chunk.doc = swap(chunk.doc);
    chunk.calls = chunk.calls.map(swap);
    chunk.imports = chunk.imports.map(swap);
  }
}
