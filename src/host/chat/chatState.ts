import type { LineRange } from '../../common/answers.ts';
import type { ChatState, ChatSummary, ChatTask } from '../../common/chat.ts';
import { modes, type Mode } from '../../common/names.ts';
import type { ModelStatus } from '../../common/protocol.ts';
import { isReadIn } from '../../common/sheets.ts';
import type { Figures } from '../figures.ts';
import { isReadable, sheetOfTask } from '../readableSheets.ts';
import type { Translate } from '../translate.ts';
import type { WorkspaceRoot, WorkspaceState } from '../worker/workspaces.ts';
import type { ChatDefaults, Choices } from './choices.ts';
import { chatStatus, type StatusFacts } from './status.ts';

/** Everything that a webview shows around the conversation comes from these. */
export interface StateFacts extends Omit<StatusFacts, 'hasRoot' | 'task' | 'sheet'> {
  roots: readonly WorkspaceRoot[];
  root: string | undefined;
  choices: Choices;
  defaults: ChatDefaults;
  chats: ChatSummary[];
  chat: string;
  attachments: LineRange[];
}

export function chatState(facts: StateFacts, figures: Figures, t: Translate): ChatState {
  const { roots, root, workspace, model, choices, defaults, chats, chat, attachments } = facts;
  const mode = choices.mode ?? defaults.mode;
  const tasks = tasksOf(workspace, model, mode);
  const task = taskAmong(tasks, choices.task, defaults.task);
  const title = tasks.find(({ id }) => id === task)?.title ?? task;
  const sheet = sheetOfTask(workspace.sheets, task, model, mode);
  return {
    roots: [...roots],
    ...(root === undefined ? {} : { root }),
    status: chatStatus({ ...facts, hasRoot: root !== undefined, task: title, sheet }, figures, t),
    modes: [...modes],
    mode,
    tasks,
    task,
    comparing: choices.comparing,
    compareModes: choices.compareModes ?? defaults.compareModes,
    ...(model.state === 'ready' ? { model: `${model.name} · ${model.device.device}` } : {}),
    chats,
    chat,
    attachments,
  };
}

function tasksOf({ tasks, sheets = [] }: WorkspaceState, model: ModelStatus, mode: Mode): ChatTask[] {
  return (tasks?.tasks ?? []).map(({ id, title, description }) => {
    const own = sheets.filter((sheet) => sheet.task.id === id && isReadable(sheet, model) && isReadIn(sheet, mode));
    const isComplete = own.some(({ complete }) => complete);
    return { id, title, description, sheet: isComplete ? 'complete' : own.length > 0 ? 'partial' : 'none' };
  });
}

/** The chosen task where this folder has it, else what the settings say; as long as no task is known, unchecked. */
function taskAmong(tasks: readonly ChatTask[], chosen: string | undefined, otherwise: string): string {
  const isKnown = (id: string): boolean => tasks.length === 0 || tasks.some((task) => task.id === id);
  if (chosen !== undefined && isKnown(chosen)) return chosen;
  return isKnown(otherwise) ? otherwise : (tasks[0]?.id ?? otherwise);
}
