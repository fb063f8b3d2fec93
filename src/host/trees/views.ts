import * as vscode from 'vscode';
import { readable } from '../roots.ts';
import type { Services } from '../services.ts';
import { EntryTree } from './entryTree.ts';
import { modelEntries } from './modelEntries.ts';
import type { Models } from './models.ts';
import { SheetEntries } from './sheetEntries.ts';

/** Progress comes many times a second; rows are drawn anew at most so often, in milliseconds. */
const REDRAW_MS = 250;

type Needs = Pick<Services, 'supervisor' | 'workspaces' | 'jobs' | 'figures' | 'report'>;

/** The tree of sheets. Its folders are opened when it is seen for the first time. */
export function sheetsView({ supervisor, workspaces, jobs, figures, report }: Needs): vscode.Disposable {
  const entries = new SheetEntries(
    {
      get roots() {
        return workspaces.roots;
      },
      state: (root) => workspaces.state(root),
      job: (root) => jobs.job(root),
      model: () => supervisor.model,
      detail: async (root, id) => (await supervisor.client()).sheet(root, id),
    },
    figures,
    vscode.l10n.t,
  );
  const onError = (error: unknown): void => void report.error(error);
  const tree = new EntryTree(() => entries.roots(), onError);
  const view = vscode.window.createTreeView('cribsheet.sheets', { treeDataProvider: tree, showCollapseAll: true });
  const update = throttled(() => {
    tree.update(view);
  });
  const open = (): void => {
    if (!view.visible || readable() !== 'yes') return;
    for (const { root } of workspaces.roots) void workspaces.open(root);
  };
  open();
  return vscode.Disposable.from(
    view,
    tree,
    update,
    view.onDidChangeVisibility(open),
    vscode.workspace.onDidGrantWorkspaceTrust(open),
    vscode.workspace.onDidChangeWorkspaceFolders(open),
    workspaces.onDidChange(update.call),
    jobs.onDidChange(update.call),
    supervisor.onDidChange(update.call),
  );
}

/** The tree of models. The worker is asked when it is seen. */
export function modelsView(
  { supervisor, figures, report }: Pick<Services, 'supervisor' | 'figures' | 'report'>,
  models: Models,
): vscode.Disposable {
  const rows = async () =>
    modelEntries(await models.list(), { status: supervisor.model, tests: models.tests }, figures, vscode.l10n.t);
  const tree = new EntryTree(rows, (error) => void report.error(error));
  const view = vscode.window.createTreeView('cribsheet.models', { treeDataProvider: tree });
  const update = throttled(() => {
    tree.update(view);
  });
  return vscode.Disposable.from(
    view,
    tree,
    update,
    models.onDidChange(update.call),
    supervisor.onDidChange(update.call),
    view.onDidChangeVisibility(update.call),
  );
}

/** Calls `work` now or a little later, and once for many calls in between. */
function throttled(work: () => void): { call: () => void; dispose: () => void } {
  let timer: NodeJS.Timeout | undefined;
  return {
    call: () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        work();
      }, REDRAW_MS);
    },
    dispose: () => {
      clearTimeout(timer);
    },
  };
}
