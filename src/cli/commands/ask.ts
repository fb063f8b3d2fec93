import type { Answer } from '../../common/answers.ts';
import { throwIfCancelled } from '../../common/errors.ts';
import { modes, type Mode } from '../../common/names.ts';
import type { Workspace } from '../../engine/workspace.ts';
import { wrong } from '../arguments.ts';
import { modelOfTask, taskToAsk } from '../askedTask.ts';
import type { Context, Run } from '../command.ts';
import { cleanText } from '../cleanText.ts';
import { openWorkspace, sayIfStale } from '../openWorkspace.ts';
import { answerText, heading, printBelow } from '../printAnswer.ts';
import { readQuestions, type AskedQuestion } from '../questions.ts';
import { compressAgain } from '../sheetView.ts';

/** Answers one question, or those of a file in their order. */
export const run: Run = async (context) => {
  const { args, json, out, signal } = context;
  const [folder, ...words] = args.positionals as [string, ...string[]];
  const questions = await questionsOf(context, words);
  const mode = args.choice('mode', modes) ?? 'auto';
  const named = args.text('task');
  const noModel = args.has('no-model');
  const engine = context.engine({ taskModel: await modelOfTask(named, folder) });
  const { workspace } = await openWorkspace(context, engine, folder);
  const task = await taskToAsk(named, folder, workspace, noModel ? undefined : () => engine.decoder(), [mode]);

  let failed = false;
  let saidStale = false;
  for (const { id, question } of questions) {
    throwIfCancelled(signal);
    const several = questions.length > 1 || args.has('questions');
    if (several && !json) await out.line(heading(`${id}: ${question}`));
    const streamer = new Streamer(context);
    const answer = await workspace.ask({ id, question, mode, task, signal, onText: streamer.onText });
    if (!saidStale && (answer.mode === 'cache' || answer.mode === 'offload')) {
      saidStale = true;
      await sayStale(context, workspace, folder, task, answer.mode);
    }
    if (answer.error?.code === 'cancelled') throwIfCancelled(signal);
    if (json) await out.json(answer);
    if (answer.error) {
      failed = true;
      await context.report(answer.error);
    } else if (!json) await show(context, folder, answer, streamer.shown);
  }
  throwIfCancelled(signal);
  return failed ? 1 : undefined;
};

async function questionsOf({ args }: Context, words: readonly string[]): Promise<AskedQuestion[]> {
  const file = args.text('questions');
  const question = words.join(' ').trim();
  if (file !== undefined) {
    if (question !== '') throw wrong('A question and --questions exclude each other.', 'Give one of them.');
    return readQuestions(file);
  }
  if (question === '')
    throw wrong('The question is missing.', 'Write it after the folder: cribsheet ask . "Where is main defined?"');
  return [{ id: '1', question }];
}

async function sayStale(
  { say }: Context,
  workspace: Workspace,
  folder: string,
  task: string,
  mode: Mode,
): Promise<void> {
  const sheet = await workspace.sheetFor(task, mode);
  if (sheet) await sayIfStale(say, workspace.changesSince(sheet), compressAgain(folder, sheet));
}

async function show({ out }: Context, folder: string, answer: Answer, streamed: boolean): Promise<void> {
  await out.line(streamed ? '' : answerText(answer));
  await out.line();
  await printBelow(out, folder, answer);
}

/** Shows the text of an answer as it comes, on a terminal. */
class Streamer {
  shown = false;
  private readonly context: Context;

  constructor(context: Context) {
    this.context = context;
  }

  onText = (text: string): void => {
    const { out, json } = this.context;
    if (json || !out.isTerminal) return;
    const clean = cleanText(this.shown ? text : text.trimStart());
    if (clean !== '') this.shown = true;
    void out.write(clean);
  };
}
