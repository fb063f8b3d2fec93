import type { LineRange } from '../../common/answers.ts';
import type { ChunkRow, Hit, TextIndex } from '../retrieve/textIndex.ts';

/** More files of a folder than this are not gone through: what the question names in them is found all the same. */
const MAX_FILES = 200;

/**
 * Chunks of what a question is about (`AskParams.focus`), those that the question fits first, then in the order in
 * which they were named. What is not indexed has none.
 * @param limit most chunks
 */
export function focusChunks(question: string, focus: readonly LineRange[], index: TextIndex, limit: number): Hit[] {
  const wanted = focus.flatMap((range) => pathsOf(range, index).map((path) => ({ ...range, path })));
  const paths = new Set(wanted.map(({ path }) => path));
  if (paths.size === 0) return [];
  const isIn = (chunk: ChunkRow): boolean => wanted.some((range) => overlaps(chunk, range));
  const found = index.search(question, { limit, paths }).filter(isIn);
  const known = new Set(found.map(placeOf));
  for (const path of [...paths].slice(0, MAX_FILES)) {
    if (found.length >= limit) break;
    for (const chunk of index.chunksOf(path)) {
      if (isIn(chunk) && !known.has(placeOf(chunk))) found.push({ ...chunk, score: 0 });
    }
  }
  return found.slice(0, limit);
}

/** The focus' own chunks, then those of the whole workspace that are not among them. */
export function withFocusFirst(focused: readonly Hit[], others: readonly Hit[]): Hit[] {
  const known = new Set(focused.map(placeOf));
  return [...focused, ...others.filter((hit) => !known.has(placeOf(hit)))];
}

const placeOf = ({ path, startLine }: ChunkRow): string => `${startLine} ${path}`;

function pathsOf({ path }: LineRange, index: TextIndex): string[] {
  if (path.endsWith('/')) return index.pathsBelow(path);
  return index.fileHash(path) === undefined ? [] : [path];
}

function overlaps(chunk: ChunkRow, { path, startLine, endLine }: LineRange): boolean {
  if (chunk.path !== path) return false;
  return endLine === 0 || (chunk.startLine <= endLine && chunk.endLine >= startLine);
}
