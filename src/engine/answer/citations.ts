import type { Citation } from '../../common/answers.ts';
import { definedNames } from '../corpus/naming.ts';
import type { ChunkRow, TextIndex } from '../retrieve/textIndex.ts';
import type { CurrentSources } from './sources.ts';

/** More would not be read. */
const MAX_CITATIONS = 5;
/** A name defined in more places says nothing about which one is meant. */
const MAX_HOMONYMS = 3;

export interface CitationContext {
  index: TextIndex;
  sources: CurrentSources;
  /** Hash of a file when the context was made from it (the sheet's or the index's); undefined where it is not part of it. */
  hashAtBuild: (path: string) => string | undefined;
}

/**
 * Finds the places that an answer speaks of and checks each one against the workspace: paths and names in the answer
 * are looked up in the index, the question's names say which definition of a file is meant, and what does not exist
 * is not shown. The model never supplies a line number.
 */
export async function citationsFor(question: string, answer: string, context: CitationContext): Promise<Citation[]> {
  const { index } = context;
  const found: ChunkRow[] = [];
  const add = (rows: readonly ChunkRow[]): void => {
    for (const row of rows)
      if (!found.some((f) => f.path === row.path && f.startLine === row.startLine)) found.push(row);
  };
  const answerNames = identifiersIn(answer);
  const names = [...answerNames, ...identifiersIn(question)];
  const paths = pathsIn(answer);
  for (const mentioned of paths) {
    for (const path of index.resolvePath(mentioned).slice(0, MAX_HOMONYMS)) {
      const inFile = names.flatMap((n) => index.definitions(n).filter((d) => d.path === path));
      add(inFile.length ? inFile : index.chunksOf(path).slice(0, 1));
    }
  }
  // A path settles which definition is meant; without one, a name must be (nearly) unique.
  if (found.length === 0) {
    for (const name of names) {
      const rows = index.definitions(name);
      if (rows.length <= MAX_HOMONYMS) add(rows);
    }
  }
  const checked = await Promise.all(found.slice(0, MAX_CITATIONS).map((row) => check(row, context)));
  return checked.filter((c) => c !== undefined);
}

/** A citation if its lines exist now. `verified`: they still hold the name. */
async function check(row: ChunkRow, { sources, hashAtBuild }: CitationContext): Promise<Citation | undefined> {
  const current = await sources.read(row.path);
  if (!current || row.startLine > current.lines.length) return undefined;
  const endLine = Math.min(row.endLine, current.lines.length);
  const text = current.lines.slice(row.startLine - 1, endLine).join('\n');
  const stale = current.hash !== hashAtBuild(row.path);
  return {
    path: row.path,
    startLine: row.startLine,
    endLine,
    verified: definedNames(row).every((name) => text.includes(name)),
    stale,
  };
}

/** Path-like words: with a slash, or a file name with an extension. */
export function pathsIn(text: string): string[] {
  const words = text.match(/[\w.@+-]*(?:[/\\][\w.@+-]+)+|[\w@+-]+\.[A-Za-z]{1,5}\b/g) ?? [];
  return [
    ...new Set(
      words.map((w) =>
        w
          .replaceAll('\\', '/')
          .replace(/^\.?\//, '')
          .replace(/\.$/, ''),
      ),
    ),
  ];
}

const commonWords = new Set(
  'a an and are as at be by call called calls class code contain contains defined definition describe do does explain file files find findings for from function functions has have how i in interface is it its list method module no not of on or parameters path problem return returns review secret signature take takes task that the there this to type use used uses what when where which who why with workspace wrong'.split(
    ' ',
  ),
);

/** Words that may be names of definitions: dotted names, and identifiers that are no plain English of questions. */
export function identifiersIn(text: string): string[] {
  const words = text.match(/[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*/g) ?? [];
  return [...new Set(words)].filter((w) => w.length > 1 && !commonWords.has(w.toLowerCase()));
}
