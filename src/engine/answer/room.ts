import { CribsheetError } from '../../common/errors.ts';
import type { Decoder } from '../model/decoder.ts';

/** A longer question is refused before it is encoded, which would block the process for seconds. */
const MAX_QUESTION_CHARACTERS = 200_000;

/**
 * Positions of the window that preamble, question and answer leave for source text.
 * @throws CribsheetError `question-too-long` where they leave none
 */
export function freePositions(question: string, { chat, profile, window }: Decoder): number {
  checkLength(question);
  const [preamble, asked] = [chat.preamble().length, chat.question(question).length];
  const free = window - preamble - profile.answerTokens - asked;
  if (free > 0) return free;
  throw questionTooLong(`The question takes ${asked} tokens, and ${Math.max(0, free + asked)} are free for it`);
}

/** @throws CribsheetError `question-too-long` for texts that are no questions */
export function checkLength(question: string): void {
  if (question.length > MAX_QUESTION_CHARACTERS)
    throw questionTooLong(
      `The question has ${question.length} characters, and ${MAX_QUESTION_CHARACTERS} are the most`,
    );
}

function questionTooLong(what: string): CribsheetError {
  return new CribsheetError(
    'question-too-long',
    `${what}.`,
    'Shorten the question, or choose a model with a longer window.',
  );
}

/** The workspace does not fit into the window as it is. */
export function contextTooLong(tokens: number, free: number): CribsheetError {
  return new CribsheetError(
    'context-too-long',
    `The workspace has ${tokens} tokens, and the model's window has room for ${free} beside the question and its answer.`,
    'Ask with --mode cache or --mode rag, or choose a model with a longer window.',
  );
}
