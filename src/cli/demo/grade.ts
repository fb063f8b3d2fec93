import type { Answer } from '../../common/answers.ts';
import { namesPath, setF1, squeezed, wordSet } from '../../eval/score/text.ts';
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
      return namesPath(said, gold);
    case 'signature':
      return squeezed(said).includes(`(${squeezed(gold)})`);
    case 'returns':
      return squeezed(said) === squeezed(gold);
    case 'documentation':
    case 'file listing':
      return setF1(wordSet(said), wordSet(gold)) >= SAME_STATEMENT;
  }
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
