import type { EvalQuestion } from '../types.ts';
import { objectsScore } from './objects.ts';
import { firstCodeLine, similarity } from './similarity.ts';
import { hasPhrase, namesPath, normalised, setF1, squeezed, wordSet } from './text.ts';

/** Words that an answer must share with documentation, as F1, to count as the same statement. */
const SAME_STATEMENT = 0.8;

export interface Score {
  /** 0 to 1, what means are taken of. */
  score: number;
  /** Wholly right. */
  right: boolean;
}

const exact = (right: boolean): Score => ({ score: right ? 1 : 0, right });
const graded = (score: number): Score => ({ score, right: score >= 1 - 1e-9 });

/** Judges an answer by the question's own rule. Nothing but program decides. */
export function scoreAnswer(
  { scoring, gold, wrong = [] }: Pick<EvalQuestion, 'scoring' | 'gold' | 'wrong'>,
  said: string,
): Score {
  const first = gold[0] ?? '';
  switch (scoring) {
    case 'one-of':
      return exact(gold.some((g) => normalised(g) === normalised(said)));
    case 'contains': {
      const text = normalised(said);
      const has = (label: string): boolean => hasPhrase(text, normalised(label));
      return exact(has(first) && !wrong.some(has));
    }
    case 'path':
      return exact(namesPath(said, first));
    case 'paths':
      return graded(pathsF1(said, gold));
    case 'signature':
      return exact(squeezed(said).includes(`(${squeezed(first)})`) || squeezed(said) === squeezed(first));
    case 'type':
      return exact(squeezed(said).replace(/\.$/, '') === squeezed(first));
    case 'words': {
      const score = setF1(wordSet(said), wordSet(first));
      return { score, right: score >= SAME_STATEMENT };
    }
    case 'word-set':
      return graded(setF1(entityWords(said), entityWords(gold.join(', '))));
    case 'list':
      return graded(setF1(items(said), new Set(gold.map(normalised))));
    case 'lines':
      return graded(linesF1(said.split('\n'), gold));
    case 'digits':
      return digitsScore(said, first);
    case 'objects':
      return graded(objectsScore(said, first));
    case 'next-line': {
      const line = firstCodeLine(said);
      return { score: similarity(line.trim(), first.trim()), right: line.trim() === first.trim() };
    }
  }
}

/**
 * The metric of the seed paper's corpus: lower case, no punctuation, words of the predicted and the gold list as sets
 * (arXiv 2503.04973, section 6; as released with CacheNotes, split at commas, slashes and white space).
 */
function entityWords(text: string): Set<string> {
  const words = text
    .toLowerCase()
    .split(/[,/\s]+/)
    .map((word) => word.replace(/[^\p{L}\p{N}_]/gu, ''));
  return new Set(words.filter((word) => word !== ''));
}

/** The items of an answer that lists: at commas, semicolons, line ends and "and". */
function items(said: string): Set<string> {
  const parts = said.split(/[,;\n]|\band\b/).map((part) => normalised(part.replace(/^\s*(?:[-*•]|\d+[.)])\s*/, '')));
  return new Set(parts.filter((part) => part !== ''));
}

/** F1 over the files that an answer names. */
function pathsF1(said: string, gold: readonly string[]): number {
  const parts = [...items(said)];
  const known = parts.filter((part) => gold.some((path) => namesPath(part, path.toLowerCase()))).length;
  const found = gold.filter((path) => parts.some((part) => namesPath(part, path.toLowerCase()))).length;
  if (known === 0) return 0;
  const [precision, share] = [known / parts.length, found / gold.length];
  return (2 * precision * share) / (precision + share);
}

/** F1 over lines, each counted as often as it stands there; white space does not matter. */
function linesF1(said: readonly string[], gold: readonly string[]): number {
  const squeeze = (lines: readonly string[]): string[] =>
    lines.map((l) => squeezed(l.replace(/^\s*[-*•]\s+/, ''))).filter((l) => l !== '');
  const [a, b] = [squeeze(said), squeeze(gold)];
  if (a.length + b.length === 0) return 1;
  const left = new Map<string, number>();
  for (const line of b) left.set(line, (left.get(line) ?? 0) + 1);
  let common = 0;
  for (const line of a) {
    const count = left.get(line) ?? 0;
    if (count > 0) {
      common++;
      left.set(line, count - 1);
    }
  }
  return (2 * common) / (a.length + b.length);
}

/** Share of digits at their place in the best run of digits; spaces and dashes inside a number do not count. */
function digitsScore(said: string, gold: string): Score {
  const runs = said.replace(/(?<=\d)[\s_-](?=\d)/g, '').match(/\d+/g) ?? [];
  const share = (run: string): number => {
    let same = 0;
    for (let i = 0; i < gold.length; i++) if (run[i] === gold[i]) same++;
    return same / Math.max(gold.length, run.length);
  };
  return graded(Math.max(0, ...runs.map(share)));
}
