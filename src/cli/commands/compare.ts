import type { Answer, Citation, LineRange } from '../../common/answers.ts';
import { throwIfCancelled } from '../../common/errors.ts';
import { modes, type Mode } from '../../common/names.ts';
import { checkChoice, wrong } from '../arguments.ts';
import { modelOfTask, taskToAsk } from '../askedTask.ts';
import type { Run } from '../command.ts';
import { cleanLine } from '../cleanText.ts';
import { sideBySide } from '../columns.ts';
import { bytes, count, duration } from '../format.ts';
import { openWorkspace, sayIfStale } from '../openWorkspace.ts';
import { answerText, doubtText } from '../printAnswer.ts';
import { compressAgain } from '../sheetView.ts';
import { dim } from '../styled.ts';

/** Marks a citation that every answer has. */
const COMMON_MARK = '=';

/** Asks one question in several modes and shows the answers side by side. */
export const run: Run = async (context) => {
  const { args, json, out, say, signal } = context;
  const [folder, ...words] = args.positionals as [string, ...string[]];
  const question = words.join(' ');
  const wanted = modesOf(args.text('modes') ?? 'cache,rag');
  const named = args.text('task');
  const engine = context.engine({ taskModel: await modelOfTask(named, folder) });
  const { workspace } = await openWorkspace(context, engine, folder);
  const noModel = args.has('no-model');
  const task = await taskToAsk(named, folder, workspace, noModel ? undefined : () => engine.decoder(), wanted);
  // Either kind of sheet, where it is asked.
  for (const mode of ['cache', 'offload'] as const) {
    const sheet = wanted.includes(mode) ? await workspace.sheetFor(task, mode) : undefined;
    if (sheet) await sayIfStale(say, workspace.changesSince(sheet), compressAgain(folder, sheet));
  }

  const asking = context.progress('Asking');
  const answers: Answer[] = [];
  for (const [i, mode] of wanted.entries()) {
    asking.show(i, wanted.length, mode);
    answers.push(await workspace.ask({ id: mode, question, mode, task, signal }));
    if (signal.aborted) break;
  }
  await asking.end();
  throwIfCancelled(signal);

  const bytesPerPosition = noModel ? 0 : (await engine.decoder()).kvBytesPerPosition;
  const kvBytes = answers.map(({ tokens }) => (tokens.sheet + tokens.prompt + tokens.answer) * bytesPerPosition);
  const common = commonCitations(answers);
  if (json) await out.json({ question, task, answers: answers.map((a, i) => ({ ...a, kvBytes: kvBytes[i] })), common });
  else {
    const columns = answers.map((answer, i) => sectionsOf(answer, common, kvBytes[i]!));
    for (const line of layOut(columns, out.width)) await out.line(line);
    if (common.length > 0) await out.line(dim(`${COMMON_MARK} cited by every answer`));
    if (answers.some(({ found }) => found?.length)) {
      await out.line(dim('? found by search, since the answer should not be relied on'));
    }
  }
  return answers.every((a) => a.error) ? 1 : undefined;
};

function modesOf(list: string): Mode[] {
  const names = list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names.length === 0) throw wrong('--modes names no mode.', `Separate them by commas: ${modes.join(',')}.`);
  return [...new Set(names.map((name) => checkChoice('--modes', name, modes)))];
}

/** Places that all answers without an error cite: lines of one file that overlap. None where only one answered. */
export function commonCitations(answers: readonly Answer[]): LineRange[] {
  const answered = answers.filter((a) => !a.error);
  const [first, ...others] = answered;
  if (!first || others.length === 0) return [];
  return first.citations
    .filter((c) => others.every((o) => o.citations.some((other) => overlap(c, other))))
    .map(({ path, startLine, endLine }) => ({ path, startLine, endLine }));
}

function overlap(a: LineRange, b: LineRange): boolean {
  return a.path === b.path && a.startLine <= b.endLine && b.startLine <= a.endLine;
}

/** One answer as the sections of a column: mode, answer, citations, figures. */
function sectionsOf(answer: Answer, common: readonly LineRange[], kvBytes: number): string[] {
  const { mode, error, citations, tokens, timings, coverage } = answer;
  if (error) return [mode, `${cleanLine(error.message)}\n${cleanLine(error.action)}`, '', ''];
  const mark = (c: Citation): string => (common.some((other) => overlap(c, other)) ? COMMON_MARK : ' ');
  const cited = citations.map(
    (c) =>
      `${mark(c)} ${cleanLine(c.path)}:${c.startLine}-${c.endLine}${c.stale ? ' (changed)' : ''}${c.from === 'question' ? ' (about the question)' : ''}`,
  );
  const read =
    tokens.sheet > 0
      ? `${count(tokens.sheet)} positions + ${count(tokens.prompt)} tokens`
      : `${count(tokens.prompt)} tokens`;
  const figures = [
    `first token ${duration(timings.ttftMs)}, total ${duration(timings.totalMs)}`,
    `${read} read, ${bytes(kvBytes)} of keys and values`,
    `covers ${count(coverage.files)} of ${count(coverage.filesTotal)} files`,
  ];
  // The text says it already where the model's own words are replaced.
  const doubt = answer.unsure === 'beyond' ? undefined : doubtText(answer);
  const text = doubt === undefined ? answerText(answer) : `${answerText(answer)}\n(${doubt})`;
  const found = (answer.found ?? []).map(
    (f) => `? ${cleanLine(f.path)}:${f.startLine}-${f.endLine} ${cleanLine(f.name)}${f.stale ? ' (changed)' : ''}`,
  );
  return [mode, text, [...cited, ...found].join('\n'), figures.join('\n')];
}

/** Side by side, the same sections at the same height; below each other where there is no room. */
function layOut(columns: readonly string[][], width: number): string[] {
  const sections = columns[0]!
    .map((_, i) => columns.map((column) => column[i]!))
    .filter((row) => row.some((t) => t !== ''));
  const rows = sections.map((texts) => sideBySide(texts, width));
  if (rows.every((row) => row !== undefined)) return rows.flatMap((row) => [...row, '']);
  return columns.flatMap(([mode, ...rest]) => [`— ${mode!}`, ...rest.filter((text) => text !== ''), '']);
}
