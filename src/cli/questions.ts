import { readFile } from 'node:fs/promises';
import { CribsheetError } from '../common/errors.ts';
import { wrong } from './arguments.ts';

export interface AskedQuestion {
  id: string;
  question: string;
}

const form = 'Every line is a JSON object {"id": "…", "question": "…"}; empty lines are passed over.';

/**
 * Reads a file of questions, one JSON object a line.
 * @throws CribsheetError `file-unreadable`; `usage` with the number of the first line that is none
 */
export async function readQuestions(file: string): Promise<AskedQuestion[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CribsheetError(
      'file-unreadable',
      `The questions in ${file} cannot be read: ${why}.`,
      'Check the path of --questions.',
      { cause },
    );
  }
  const questions = parseQuestions(text, file);
  if (questions.length === 0) throw wrong(`There is no question in ${file}.`, form);
  return questions;
}

export function parseQuestions(text: string, file: string): AskedQuestion[] {
  const lines = text.replace(/^\uFEFF/u, '').split(/\r\n|\n/u);
  return lines.flatMap((line, index) => {
    if (line.trim() === '') return [];
    const value = parsed(line);
    const fault = faultOf(value);
    if (fault !== undefined) throw wrong(`${file}:${index + 1}: ${fault}.`, form);
    const { id, question } = value as { id: string | number; question: string };
    return [{ id: String(id), question }];
  });
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}

/** Ids may be numbers: they come back as text. */
function faultOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'this is no JSON object';
  const { id, question } = value as Record<string, unknown>;
  if (typeof id !== 'string' && typeof id !== 'number') return 'the "id" is missing';
  if (typeof question !== 'string' || question.trim() === '') return 'the "question" is missing';
  return undefined;
}
