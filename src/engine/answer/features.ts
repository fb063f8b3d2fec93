import { definedNames } from '../corpus/naming.ts';
import type { Features } from '../model/router.ts';
import type { TextIndex } from '../retrieve/textIndex.ts';
import type { SheetFile } from '../sheet/sheetFile.ts';
import { mentionsIn, pathsIn } from './mentions.ts';

type CoveringSheet = Pick<SheetFile, 'paths' | 'leftOut' | 'complete' | 'scope' | 'coverage' | 'ratio'>;

/** What a question names that the index knows, and whether the sheet has it. */
export interface Named {
  count: number;
  /** The first that the sheet does not cover: a definition with its file, or a file alone. */
  uncovered?: { name?: string; path: string };
}

export function namedIn(question: string, index: TextIndex, sheet: CoveringSheet): Named {
  const leftOut = new Set(sheet.leftOut.map((f) => f.path));
  const known = new Set(sheet.paths);
  const covered = (path: string): boolean => known.has(path) && !leftOut.has(path);
  let count = 0;
  let uncovered: Named['uncovered'];
  for (const { name, isCode } of mentionsIn(question)) {
    // A plain word counts only where it is a name to the letter.
    const definitions = index.definitions(name).filter((row) => isCode || definedNames(row).includes(name));
    if (definitions.length === 0) continue;
    count++;
    if (!definitions.some((d) => covered(d.path))) uncovered ??= { name, path: definitions[0]!.path };
  }
  for (const mentioned of pathsIn(question)) {
    const paths = index.resolvePath(mentioned);
    if (paths.length === 0) continue;
    count++;
    if (!paths.some(covered)) uncovered ??= { path: paths[0]! };
  }
  return { count, ...(uncovered ? { uncovered } : {}) };
}

const kinds = {
  where: /\b(?:where|path|files?|folders?)\b/iu,
  returns: /\b(?:returns?|returned|results?|types?)\b/iu,
  callers: /\b(?:calls?|called|callers?|uses?|used|invokes?|imports?)\b/iu,
  which: /\b(?:which|who|whose)\b/iu,
  list: /\b(?:list|all|every|each)\b/iu,
} as const;

/**
 * What `auto` decides by, each number at most some tens. `covered`, `uncovered`: the question names something, and the
 * sheet has all of it, or not. `whole`: the sheet covers the whole folder. `names`: how many, log2(1 + n). Kind words 0
 * or 1. `score`, `margin`: of the best chunk of retrieval, ln(1 + score), and by how much it beats the next one, 0–1.
 * `coverage`: share of the tokens of its scope that the sheet covers. `length`: log2(1 + words). `ratio`: log2 of the sheet's ratio.
 */
export function questionFeatures(
  question: string,
  index: TextIndex,
  sheet: CoveringSheet,
  { count, uncovered } = namedIn(question, index, sheet),
): Features {
  const has = (kind: keyof typeof kinds): number => Number(kinds[kind].test(question));
  const [best, next] = index.search(question, { limit: 2 }).map((hit) => Math.max(0, hit.score));
  const isWhole = sheet.complete && sheet.scope.length === 0 && sheet.leftOut.length === 0;
  return {
    covered: Number(count > 0 && !uncovered),
    uncovered: Number(uncovered !== undefined),
    whole: Number(isWhole),
    names: Math.log2(1 + count),
    where: has('where'),
    returns: has('returns'),
    callers: has('callers'),
    which: has('which'),
    list: has('list'),
    score: Math.log1p(best ?? 0),
    margin: best ? (best - (next ?? 0)) / best : 0,
    coverage: sheet.coverage.tokens / Math.max(1, sheet.coverage.tokensTotal),
    length: Math.log2(1 + (question.match(/\S+/gu)?.length ?? 0)),
    ratio: Math.log2(sheet.ratio),
  };
}
