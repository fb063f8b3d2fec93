import path from 'node:path';
import * as vscode from 'vscode';
import type { TaskList } from '../../common/protocol.ts';
import { staysOnDisk, type SheetSummary } from '../../common/sheets.ts';

interface TaskItem extends vscode.QuickPickItem {
  task?: string;
  file?: string;
  create?: boolean;
}

export type TaskPick = { kind: 'task'; task: string } | { kind: 'create' } | undefined;

const openButton = (): vscode.QuickInputButton => ({
  iconPath: new vscode.ThemeIcon('go-to-file'),
  tooltip: vscode.l10n.t('Open Task'),
});

export interface TaskPickOptions {
  title: string;
  step?: number;
  totalSteps?: number;
  /** Asked while the picker is open already. */
  tasks: () => Promise<TaskList>;
  sheets: () => readonly SheetSummary[];
  /** Id of the task to begin with. */
  active: string;
}

/** Lets the user choose a task of the workspace or a built-in one; broken ones are listed and open. */
export function pickTask(options: TaskPickOptions): Promise<TaskPick> {
  const picker = vscode.window.createQuickPick<TaskItem>();
  picker.title = options.title;
  picker.step = options.step;
  picker.totalSteps = options.totalSteps;
  picker.placeholder = vscode.l10n.t('What will you ask about?');
  picker.matchOnDescription = true;
  picker.matchOnDetail = true;
  picker.busy = true;
  return new Promise<TaskPick>((resolve, reject) => {
    const open = (file: string): void => {
      picker.hide();
      vscode.window.showTextDocument(vscode.Uri.file(file)).then(undefined, reject);
    };
    picker.onDidTriggerItemButton(({ item }) => {
      if (item.file !== undefined) open(item.file);
    });
    picker.onDidAccept(() => {
      const [item] = picker.selectedItems;
      if (!item) return;
      if (item.task !== undefined) resolve({ kind: 'task', task: item.task });
      else if (item.create) resolve({ kind: 'create' });
      else if (item.file !== undefined) open(item.file);
      picker.hide();
    });
    picker.onDidHide(() => {
      resolve(undefined);
      picker.dispose();
    });
    picker.show();
    options.tasks().then(
      (list) => {
        picker.items = taskItems(list, options.sheets());
        picker.activeItems = picker.items.filter(({ task }) => task === options.active);
        picker.busy = false;
      },
      (error: unknown) => {
        reject(error instanceof Error ? error : new Error(String(error)));
        picker.hide();
      },
    );
  });
}

function taskItems({ tasks, broken }: TaskList, sheets: readonly SheetSummary[]): TaskItem[] {
  const { t } = vscode.l10n;
  const separator = (label: string): TaskItem => ({ label, kind: vscode.QuickPickItemKind.Separator });
  const item = (task: TaskList['tasks'][number]): TaskItem => ({
    label: task.title,
    description: [
      task.id,
      ...(sheets.some((sheet) => sheet.task.id === task.id && !staysOnDisk(sheet)) ? [t('has a sheet')] : []),
    ].join(' · '),
    detail: task.description,
    task: task.id,
    file: task.file,
    buttons: task.origin === 'workspace' ? [openButton()] : [],
  });
  const own = tasks.filter(({ origin }) => origin === 'workspace');
  return [
    ...(own.length + broken.length > 0 ? [separator(t('Tasks of this workspace'))] : []),
    ...own.map(item),
    ...broken.map(({ id, file, error }) => ({
      label: `$(error) ${id}`,
      description: t('cannot be used: opens the file'),
      // The message begins with the whole path: the name is enough here.
      detail: error.message.replace(file, path.basename(file)),
      file,
    })),
    separator(t('Built-in tasks')),
    ...tasks.filter(({ origin }) => origin === 'built-in').map(item),
    separator(''),
    { label: `$(add) ${t('New Task…')}`, create: true, alwaysShow: true },
  ];
}
