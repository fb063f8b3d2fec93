import type { TaskExample } from './task.ts';

interface CribBody {
  instruction: string;
  examples: TaskExample[];
}

const exampleForm = 'Under "## Examples" every example is a paragraph "Q: …" followed by a paragraph "A: …".';

/**
 * Reads what stands after the front matter of a `.crib` file: the instruction in Markdown, then `## Examples` with
 * paragraphs that begin with `Q:` and `A:`. Fenced code is text: nothing inside it starts a section or an example.
 * @param lines all lines of the file
 * @param start index of the first line of the body
 * @param report is called with a 1-based line, what is wrong and what is allowed
 */
export function readCribBody(
  lines: readonly string[],
  start: number,
  report: (line: number, message: string, allowed: string) => void,
): CribBody {
  const fenced = fencedLines(lines, start);
  const isHeading = (index: number, pattern: RegExp): boolean => !fenced.has(index) && pattern.test(lines[index] ?? '');
  let heading = start;
  while (heading < lines.length && !isHeading(heading, /^##\s+Examples\s*$/iu)) heading++;
  const instruction = lines.slice(start, heading).join('\n').trim();
  if (instruction === '') {
    report(start + 1, 'The instruction is missing.', 'Write below the front matter what the questions will be about.');
  }
  const examples: TaskExample[] = [];
  if (heading === lines.length) return { instruction, examples };

  /** The example being read, and which of its two texts the next line belongs to. */
  let open: { line: number; question: string[]; answer?: string[] } | undefined;
  const close = (): void => {
    if (!open) return;
    const question = open.question.join('\n').trim();
    const answer = open.answer?.join('\n').trim();
    if (question === '') report(open.line, 'This Q: has no text.', exampleForm);
    else if (answer === undefined) report(open.line, `The question "${question}" has no A:.`, exampleForm);
    else if (answer === '') report(open.line, `The A: of "${question}" has no text.`, exampleForm);
    else examples.push({ question, answer });
    open = undefined;
  };
  for (let index = heading + 1; index < lines.length; index++) {
    const line = lines[index] ?? '';
    const mark = fenced.has(index) ? undefined : /^([QA]):\s?(.*)$/su.exec(line);
    if (isHeading(index, /^#{1,2}\s/u)) {
      report(index + 1, 'A section after the examples.', `${exampleForm} The instruction stands before them.`);
      break;
    } else if (mark?.[1] === 'Q') {
      close();
      open = { line: index + 1, question: [mark[2] ?? ''] };
    } else if (mark) {
      if (!open || open.answer) report(index + 1, 'An A: without a Q: before it.', exampleForm);
      else open.answer = [mark[2] ?? ''];
    } else if (open) {
      (open.answer ?? open.question).push(line);
    } else if (line.trim() !== '') {
      report(index + 1, 'Text before the first Q:.', exampleForm);
    }
  }
  close();
  const empty = lines.slice(heading + 1).every((line) => line.trim() === '');
  if (empty)
    report(heading + 1, 'There is no example under "## Examples".', `${exampleForm} Or leave the heading out.`);
  return { instruction, examples };
}

/** Indices of the lines that belong to a fenced code block (CommonMark: three or more back-ticks or tildes). */
function fencedLines(lines: readonly string[], start: number): Set<number> {
  const fenced = new Set<number>();
  let fence: string | undefined;
  for (let index = start; index < lines.length; index++) {
    const mark = /^ {0,3}(`{3,}|~{3,})(.*)$/u.exec(lines[index] ?? '');
    if (fence !== undefined) {
      fenced.add(index);
      if (mark?.[1]?.startsWith(fence) && mark[2]?.trim() === '') fence = undefined;
    } else if (mark) {
      fenced.add(index);
      fence = mark[1];
    }
  }
  return fenced;
}
