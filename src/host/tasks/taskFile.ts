import type { ChatTurn } from '../../common/chat.ts';
import type { TaskExample } from '../../common/task.ts';

export interface NewTask {
  id: string;
  title: string;
  description?: string;
  instruction: string;
  examples: readonly TaskExample[];
}

/** More examples than this make every probe slow and add little. */
export const MAX_EXAMPLES = 12;

/** The text of a `.crib` file that reads back as this task. */
export function taskText({ id, title, description, instruction, examples }: NewTask): string {
  const head = [
    '---',
    `id: ${id}`,
    // A JSON string is a YAML string, whatever it holds.
    `title: ${JSON.stringify(oneLine(title))}`,
    ...(description === undefined ? [] : [`description: ${JSON.stringify(oneLine(description))}`]),
    '---',
    '',
    guarded(instruction),
    '',
  ];
  const pairs = examples.flatMap(({ question, answer }) => [
    `Q: ${behindMark(question)}`,
    '',
    `A: ${behindMark(answer)}`,
    '',
  ]);
  return [...head, ...(pairs.length > 0 ? ['## Examples', '', ...pairs] : [])].join('\n');
}

const oneLine = (text: string): string => text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();

/** After `Q: ` or `A: ` a fence would be no fence: it gets a line of its own. */
function behindMark(text: string): string {
  const safe = guarded(text);
  return /^ {0,3}(?:`{3,}|~{3,})/u.test(safe) ? `\n${safe}` : safe;
}

/** Text in which nothing starts a section or an example, and no code block stays open. */
function guarded(text: string): string {
  let fence: string | undefined;
  const lines = text
    .trim()
    .split(/\r\n|\r|\n/u)
    .map((line) => {
      const mark = /^ {0,3}(`{3,}|~{3,})(.*)$/u.exec(line);
      if (fence !== undefined) {
        if (mark?.[1]?.startsWith(fence) && mark[2]?.trim() === '') fence = undefined;
        return line;
      }
      if (mark) fence = mark[1];
      return /^(?:[QA]:|#{1,2}\s)/u.test(line) ? ` ${line}` : line;
    });
  return [...lines, ...(fence === undefined ? [] : [fence])].join('\n').trimEnd();
}

/**
 * Questions of a chat with the answers that were good: the one that was called better, otherwise the first that is
 * there. Questions that failed or were stopped are left out, and one that was asked again counts once.
 */
export function examplesOf(turns: readonly ChatTurn[]): TaskExample[] {
  const examples = new Map<string, TaskExample>();
  for (const { question, answers, better } of turns) {
    const chosen = better === 'second' ? answers[1] : better === undefined ? undefined : answers[0];
    const good = [chosen, ...answers].find(
      (one) => one?.state === 'done' && !one.answer?.error && one.text.trim() !== '',
    );
    const asked = question.trim();
    if (!good || asked === '') continue;
    // A later attempt at the same question takes the place of the earlier one.
    examples.delete(asked.toLowerCase());
    examples.set(asked.toLowerCase(), { question: asked, answer: good.text.trim() });
  }
  return [...examples.values()].slice(-MAX_EXAMPLES);
}

/** `name`, or `name-2`, `name-3` … : the first that is free. */
export function freeName(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  const base = name.slice(0, 60);
  for (let n = 2; ; n++) if (!taken.has(`${base}-${n}`)) return `${base}-${n}`;
}
