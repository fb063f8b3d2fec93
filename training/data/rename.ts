import { definedNames } from '../../src/engine/corpus/naming.ts';
import type { Tools } from './codeSample.ts';
import type { Draw } from './draw.ts';
import { identifiers, isFreeName, nearDuplicate, spelled, styleOf, wordSet, wordsOf } from './names.ts';
import { oddWord, plainWords } from './plainWords.ts';
import type { Corpus, Split } from './packages.ts';
import type { Selection, WorkChunk } from './select.ts';

/** Share of the defined names that get another one. */
const renamedShare = 0.7;
/** Share of the new names that are made to look like another name of the context. */
const nearShare = 0.14;
/** Share that are plain words of the context: they stand there as something else as well. */
const plainShare = 0.22;
/** Share that are made of rare tokens. */
const oddShare = 0.12;
/** In every second context this share gets one of a few names that others have as well, as methods do: what follows such a name depends on the file. */
const sharedShare = 0.18;
export const mostShared = 3;

/**
 * Renames most of what the chunks define, everywhere in them, so that no answer can be known by heart. New names come from one package, so
 * that neighbours share prefixes; some are near-duplicates of other names, so that names must be read to the end; some are plain words that
 * stand in the chunks already, without being called or defined there. But for a few names that several get, no two get the same, and no other
 * new name occurs in the chunks.
 */
export function renameDefinitions(
  selection: Selection,
  { corpus, pieces }: Pick<Tools, 'corpus' | 'pieces'>,
  split: Split,
  draw: Draw,
): void {
  const { chunks } = selection;
  const texts = chunks.flatMap(textsOf);
  const words = wordSet(texts);
  const defined = [...new Set(chunks.flatMap(definedNames))];
  const pool = namePool(selection, corpus, split, draw);
  const plain = plainWords(texts, new Set(defined));
  for (const list of plain.values()) list.splice(0, list.length, ...draw.shuffled(list));
  const next = (name: string): string | undefined => {
    const style = styleOf(name);
    if (draw.chance(plainShare)) {
      const word = plain.get(style === 'pascal' ? 'pascal' : 'lower')?.pop();
      if (word !== undefined && !present.includes(word)) return word;
    }
    if (pieces && draw.chance(oddShare)) {
      const parts = Array.from({ length: draw.int(1, 2) }, () => oddWord(pieces, draw));
      return fresh(spelled(parts, style === 'lower' && parts.length > 1 ? 'camel' : style));
    }
    return fresh(draw.chance(nearShare) ? nearDuplicate(draw.pick(present), draw) : pool(name));
  };
  const shared: string[] = [];
  const alike = draw.chance(0.5) ? sharedShare : 0;
  const fresh = (name: string | undefined): string | undefined =>
    name === undefined || words.has(name) ? undefined : name;
  const renamed = new Map<string, string>();
  const present = [...defined];
  for (const name of defined) {
    if (!isFreeName(name) || !draw.chance(renamedShare)) continue;
    if (shared.length > 0 && draw.chance(alike)) {
      renamed.set(name, draw.pick(shared));
      continue;
    }
    const other = next(name);
    if (other === undefined || !isFreeName(other)) continue;
    words.add(other);
    present.push(other);
    renamed.set(name, other);
    if (shared.length < mostShared) shared.push(other);
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
