import type { Citation } from '../../common/answers.ts';
import { languageOf } from '../corpus/languages.ts';
import { definedNames } from '../corpus/naming.ts';
import type { ChunkRow, TextIndex } from '../retrieve/textIndex.ts';
import { mentionsIn, pathsIn } from './mentions.ts';
import type { CurrentSources } from './sources.ts';

/** More would not be read. */
const MAX_CITATIONS = 5;
/** A name defined in more places says nothing about which one is meant. */
const MAX_HOMONYMS = 3;
/** An answer that says there is nothing: a link below it would say the opposite. */
const absence = /\bnot (?:in|found|defined|part of|available)\b|\bno such\b|\bdo(?:es)?(?:n't| not) exist\b/iu;

export interface CitationContext {
  index: TextIndex;
  sources: CurrentSources;
  /** Hash of a file when the context was made from it (the sheet's or the index's); undefined where it is not part of it. */
  hashAtBuild: (path: string) => string | undefined;
}

/**
 * Finds the places that an answer speaks of and checks each one against the workspace: paths and names in the answer
 * are looked up in the index, the question's names say which definition of a file is meant, and what does not exist
 * is not shown. Where the answer names no place ("string"), the question's own name is looked up and marked so. The
 * model never supplies a line number.
 */
export async function citationsFor(question: string, answer: string, context: CitationContext): Promise<Citation[]> {
  const found: Place[] = [];
  for (const place of placesOf(question, answer, context.index))
    if (!found.some(({ row }) => row.path === place.row.path && row.startLine === place.row.startLine))
      found.push(place);
  const checked = await Promise.all(found.slice(0, MAX_CITATIONS).map((place) => check(place, context)));
  return checked.filter((c) => c !== undefined);
}

interface Place {
  row: ChunkRow;
  from: Citation['from'];
  /** The file is there, but what the talk is of is defined in another one. */
  isDoubtful?: boolean;
}

function placesOf(question: string, answer: string, index: TextIndex): Place[] {
  if (absence.test(answer)) return [];
  const tiers = definitionsNamed(question, answer, index);
  const mentioned = pathsIn(answer).map((word) => ({ word, paths: index.resolvePath(word) }));
  const inPaths = mentioned.flatMap(({ paths }) => {
    // Of several files of one name the one is meant that defines what the talk is of.
    const named = tiers.map(({ rows }) => rows.flat().filter((row) => paths.includes(row.path)));
    const first = named.find((rows) => rows.length > 0);
    if (first) return first.map((row): Place => ({ row, from: 'answer' }));
    const isDoubtful = tiers.some(({ rows }) => rows.flat().length > 0);
    const starts = paths.length <= MAX_HOMONYMS ? paths.flatMap((path) => index.chunksOf(path).slice(0, 1)) : [];
    return starts.map((row): Place => ({ row, from: 'answer', isDoubtful }));
  });
  if (inPaths.length) return inPaths;
  // An invented place is wrong, even if the question's name has a right one: a link would make the answer look true.
  if (mentioned.some(({ word, paths }) => paths.length === 0 && looksLikeFile(word))) return [];
  // Without a path, a name must be (nearly) unique; the answer's names go before the question's.
  for (const from of ['answer', 'question'] as const) {
    for (const tier of tiers) {
      const few = tier.from === from ? tier.rows.filter((rows) => rows.length <= MAX_HOMONYMS).flat() : [];
      if (few.length > 0) return few.map((row) => ({ row, from }));
    }
  }
  return [];
}

/**
 * Definitions of the names in answer and question, in order of how likely they are meant: names written like code,
 * first the answer's; then plain words that are names to the letter. One list of rows for each name.
 */
function definitionsNamed(question: string, answer: string, index: TextIndex): Tier[] {
  const texts = [
    { from: 'answer' as const, mentions: mentionsIn(answer) },
    { from: 'question' as const, mentions: mentionsIn(question) },
  ];
  return [true, false].flatMap((isCode) =>
    texts.map(({ from, mentions }) => ({
      from,
      rows: mentions
        .filter((mention) => mention.isCode === isCode)
        .map(({ name }) => index.definitions(name).filter((row) => isCode || definedNames(row).includes(name))),
    })),
  );
}

/** Definitions of names that are equally likely to be meant, one list of rows for each name. */
interface Tier {
  from: Citation['from'];
  rows: ChunkRow[][];
}

/** A name that stands for a file of some language or lies deeper than words do: not `Server.start`, not "input/output". */
function looksLikeFile(word: string): boolean {
  return languageOf(word) !== 'text' || /\/.*(?:\/|\.\p{L}+$)/u.test(word);
}

/** A citation if its lines exist now. `verified`: they still hold the name, and nothing speaks against the place. */
async function check(
  { row, from, isDoubtful }: Place,
  { sources, hashAtBuild }: CitationContext,
): Promise<Citation | undefined> {
  const current = await sources.read(row.path);
  if (!current || row.startLine > current.lines.length) return undefined;
  const endLine = Math.min(row.endLine, current.lines.length);
  const lines = current.lines.slice(row.startLine - 1, endLine);
  const text = lines.join('\n');
  // Blank lines before a definition belong to its chunk, but nobody wants to be led there.
  const blank = Math.max(
    0,
    lines.findIndex((line) => line.trim() !== ''),
  );
  const names = definedNames(row);
  const isAsIndexed = current.hash === row.fileHash;
  return {
    path: row.path,
    startLine: row.startLine + blank,
    endLine,
    from,
    verified: !isDoubtful && (names.length > 0 ? names.every((name) => text.includes(name)) : isAsIndexed),
    stale: !isAsIndexed || current.hash !== (hashAtBuild(row.path) ?? row.fileHash),
  };
}
