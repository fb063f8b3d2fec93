import type { Answer } from '../../common/answers.ts';
import type { ChunkInfo } from '../../common/protocol.ts';
import type { Settings } from '../settings/values.ts';

/** What the code-review task is asked about a definition; the bundled model was trained on this form. */
export const reviewQuestion = (definition: Pick<ChunkInfo, 'qualifiedName'>): string =>
  `Review ${definition.qualifiedName}.`;

/** What is asked in turn until something is found; a sheet that does not hold the file has nothing to say of it. */
export function reviewModesFor(mode: Settings['review']['mode'], isCovered: boolean): ('cache' | 'rag')[] {
  if (!isCovered || mode === 'rag') return ['rag'];
  return mode === 'cache' ? ['cache'] : ['cache', 'rag'];
}

/** Kinds of chunks that hold code to review; the others declare, or are text. */
const REVIEWED = new Set(['function', 'method', 'constructor', 'class', 'impl', 'macro', 'object']);
/** Longer answers are cut: a diagnostic is a line or two. */
const MAX_MESSAGE = 300;
/** What a model says when there is nothing to say, without the full stop. */
const NOTHING = new Set(['', 'no findings', 'no finding', 'no findings here', 'none', 'not in this workspace']);

/**
 * The definitions of a file that are worth a question, in order. A definition that contains others (a class with its
 * methods as chunks of their own) is asked for once, by its own chunk.
 */
export function definitionsToReview(chunks: readonly ChunkInfo[]): ChunkInfo[] {
  const seen = new Set<string>();
  return chunks.filter((chunk) => {
    if (!REVIEWED.has(chunk.kind) || chunk.name === '' || seen.has(chunk.qualifiedName)) return false;
    seen.add(chunk.qualifiedName);
    return true;
  });
}

/** The innermost definition around a line (1-based). */
export function definitionAt(chunks: readonly ChunkInfo[], line: number): ChunkInfo | undefined {
  return definitionsToReview(chunks)
    .filter((chunk) => chunk.startLine <= line && line <= chunk.endLine)
    .sort((a, b) => a.endLine - a.startLine - (b.endLine - b.startLine))[0];
}

/** Was the question beyond the model, by its own account or because it was too long for it? Then nobody knows. */
export function isUnanswered({ error, unsure }: Pick<Answer, 'error' | 'unsure'>): boolean {
  return unsure === 'beyond' || error?.code === 'question-too-long' || error?.code === 'context-too-long';
}

/** What an answer says is wrong, on one line; undefined where it says that nothing is. */
export function findingOf(answer: Pick<Answer, 'answer' | 'error' | 'stopped' | 'unsure'>): string | undefined {
  if (answer.error || answer.stopped === 'cancel' || isUnanswered(answer)) return undefined;
  const text = answer.answer.replaceAll(/\s+/gu, ' ').trim();
  if (NOTHING.has(text.replace(/[.!]+$/u, '').toLowerCase())) return undefined;
  const characters = [...text];
  return characters.length <= MAX_MESSAGE
    ? text
    : `${characters
        .slice(0, MAX_MESSAGE - 1)
        .join('')
        .trimEnd()}…`;
}

/** A place in a document, 0-based. */
export interface NamePlace {
  line: number;
  start: number;
  end: number;
}

/**
 * Where the name of a definition stands in the text as it is in the editor now; undefined where it is not there any
 * more. A finding is shown at a place that was checked, or not at all.
 */
export function nameInText(
  definition: Pick<ChunkInfo, 'name' | 'nameLine' | 'startLine' | 'endLine' | 'text'>,
  lines: readonly string[],
): NamePlace | undefined {
  const inChunk = definition.text.split(/\r\n|\r|\n/u);
  const nameText = inChunk[definition.nameLine - definition.startLine];
  if (nameText === undefined) return undefined;
  const expected = definition.nameLine - 1;
  const line = lines[expected] === nameText ? expected : lines.indexOf(nameText);
  if (line < 0) return undefined;
  const start = wordIndex(lines[line] ?? '', definition.name);
  return start < 0
    ? { line, start: nameText.length - nameText.trimStart().length, end: nameText.trimEnd().length }
    : { line, start, end: start + definition.name.length };
}

/** Where `word` stands as a whole word, else where it stands at all; -1 where it does not. */
function wordIndex(text: string, word: string): number {
  const isPart = (character: string | undefined): boolean =>
    character !== undefined && /[\p{L}\p{N}_$]/u.test(character);
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    if (!isPart(text[at - 1]) && !isPart(text[at + word.length])) return at;
  }
  return text.indexOf(word);
}
