import type { LineRange } from '../../common/answers.ts';
import { definedNames } from '../corpus/naming.ts';
import type { SheetFile } from '../sheet/sheetFile.ts';
import type { TextIndex } from '../retrieve/textIndex.ts';
import { mentionsIn, pathsIn } from './mentions.ts';

export interface Route {
  mode: 'cache' | 'rag';
  reason: string;
}

/**
 * `auto`: the cache where it covers what the question names, RAG otherwise. (A router fitted on data replaces this
 * rule when the evaluation has one.)
 */
export function route(
  question: string,
  index: TextIndex,
  sheet: SheetFile | undefined,
  focus: readonly LineRange[] = [],
): Route {
  if (focus.length > 0) return { mode: 'rag', reason: 'the question comes with source of its own' };
  if (!sheet) return { mode: 'rag', reason: 'there is no sheet for this task yet' };
  const leftOut = new Set(sheet.leftOut.map((f) => f.path));
  const known = new Set(sheet.paths);
  const covered = (path: string): boolean => known.has(path) && !leftOut.has(path);
  let isNamed = false;
  for (const { name, isCode } of mentionsIn(question)) {
    // A plain word counts only where it is a name to the letter.
    const definitions = index.definitions(name).filter((row) => isCode || definedNames(row).includes(name));
    isNamed ||= definitions.length > 0;
    if (definitions.length && !definitions.some((d) => covered(d.path))) {
      return { mode: 'rag', reason: `the sheet does not cover ${name} (${definitions[0]!.path})` };
    }
  }
  for (const mentioned of pathsIn(question)) {
    const paths = index.resolvePath(mentioned);
    isNamed ||= paths.length > 0;
    if (paths.length && !paths.some(covered)) return { mode: 'rag', reason: `the sheet does not cover ${paths[0]!}` };
  }
  if (isNamed) return { mode: 'cache', reason: 'the sheet covers what the question names' };
  // What is meant by a question that names nothing may stand anywhere.
  if (sheet.complete && sheet.scope.length === 0 && sheet.leftOut.length === 0)
    return { mode: 'cache', reason: 'the sheet covers the whole folder' };
  return { mode: 'rag', reason: 'the question names nothing that the sheet is known to cover' };
}
