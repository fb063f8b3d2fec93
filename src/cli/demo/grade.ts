import type { Answer } from '../../common/answers.ts';
import type { GoldQuestion } from './questions.ts';

/** Words that an answer must share with the documentation, as F1, to count as the same statement. */
const SAME_STATEMENT = 0.8;

/** Is the answer right? Strict where the fact is a form (path, parameters, type), by word overlap where it is prose. */
export function isRight(question: GoldQuestion, answer: Answer): boolean {
  if (answer.error) return false;
  const { gold, kind } = question;
  const said = answer.answer;
  switch (kind) {
    case 'where':
      return samePlace(said, gold);
    case 'signature':
      return squeezed(said).includes(`(${squeezed(gold)})`);
    case 'returns':
      return squeezed(said) === squeezed(gold);
    case 'documentation':
    case 'file listing':
      return overlap(words(said), words(gold)) >= SAME_STATEMENT;
  }
}

/** A model profile may shorten paths to their last parts: what is left must be the end of the real path, file name included. */
function samePlace(said: string, path: string): boolean {
  const named = said.match(/[\w.@+-]+(?:\/[\w.@+-]+)*\.[A-Za-z]+/g) ?? [];
  const parts = path.split('/').length;
  return named.some((n) => path === n || (path.endsWith(`/${n}`) && n.split('/').length >= Math.min(2, parts)));
}

const squeezed = (text: string): string => text.replace(/[\s`;]+/g, '').toLowerCase();

const words = (text: string): Set<string> => new Set(text.toLowerCase().match(/[\p{L}\p{N}_$]+/gu) ?? []);

/** F1 of two word sets. */
function overlap(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const common = [...a].filter((w) => b.has(w)).length;
  return common === 0 ? 0 : (2 * common) / (a.size + b.size);
}

/** Does a citation open at the definition? */
export function citesDefinition(question: GoldQuestion, answer: Answer): boolean {
  return answer.citations.some(
    (c) => c.path === question.path && c.startLine <= question.nameLine && question.nameLine <= c.endLine,
  );
}

/** Was the chunk that holds the answer among those retrieved? */
export function retrievedGold(question: GoldQuestion, answer: Answer): boolean {
  const inFile = (answer.chunks ?? []).filter((c) => c.path === question.path);
  if (question.kind === 'file listing') return inFile.length > 0;
  return inFile.some((c) => c.startLine <= question.nameLine && question.nameLine <= c.endLine);
}
