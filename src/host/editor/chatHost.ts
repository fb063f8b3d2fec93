import * as vscode from 'vscode';
import type { LineRange } from '../../common/answers.ts';
import type { ChatHost, EditorAction } from '../chat/chatHost.ts';
import type { Reporter } from '../commands/reporter.ts';
import { showWarning } from '../messages.ts';
import { pathInRoot } from '../paths.ts';
import { readable } from '../roots.ts';
import type { LineOpener } from './openLines.ts';

/** What buttons of the chat do here. A webview names an id of this table, never a command. */
const actions: Record<EditorAction, string> = {
  compress: 'cribsheet.compress',
  cancelCompress: 'cribsheet.cancelCompress',
  pauseCompress: 'cribsheet.pauseCompress',
  resumeCompress: 'cribsheet.resumeCompress',
  rebuild: 'cribsheet.rebuildSheet',
  openFolder: 'vscode.openFolder',
  manageTrust: 'workbench.trust.manage',
  restartWorker: 'cribsheet.restartEngine',
  showLog: 'cribsheet.showLog',
  chooseModel: 'cribsheet.chooseModel',
  chooseTask: 'cribsheet.chooseTask',
  openSettings: 'cribsheet.openSettings',
  openWalkthrough: 'cribsheet.openWalkthrough',
  newTask: 'cribsheet.newTask',
};

/** The editor as the chat sees it. */
export class EditorHost implements ChatHost {
  private readonly opener: () => LineOpener;
  private readonly report: Reporter;
  private readonly compare: (turn: string) => void;
  private readonly root: () => string | undefined;

  /**
   * @param compare opens the tab of a comparison
   * @param root the folder that the chat asks: what the buttons are about
   */
  constructor(
    opener: () => LineOpener,
    report: Reporter,
    compare: (turn: string) => void,
    root: () => string | undefined,
  ) {
    this.opener = opener;
    this.report = report;
    this.compare = compare;
    this.root = root;
  }

  environment(): { trusted: boolean; virtual: boolean } {
    return { trusted: vscode.workspace.isTrusted, virtual: readable() === 'virtual' };
  }

  copy(text: string): Promise<void> {
    return this.telling(() => vscode.env.clipboard.writeText(text));
  }

  insert(text: string): Promise<void> {
    return this.telling(async () => {
      const editor = vscode.window.activeTextEditor ?? vscode.window.visibleTextEditors[0];
      if (!editor) {
        await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ content: text }));
        return;
      }
      const isDone = await editor.edit((edit) => {
        for (const selection of editor.selections) edit.replace(selection, text);
      });
      if (!isDone) void showWarning(vscode.l10n.t('The editor is read-only: nothing was inserted.'));
      await vscode.window.showTextDocument(editor.document, editor.viewColumn);
    });
  }

  open(root: string, range: LineRange, options: { beside: boolean }): Promise<void> {
    return this.telling(() => this.opener().open(root, range, options));
  }

  openComparison(_chat: string, turn: string): Promise<void> {
    return this.telling(() => {
      this.compare(turn);
    });
  }

  async pickFiles(root: string): Promise<LineRange[]> {
    const picked = await vscode.window.showOpenDialog({
      title: vscode.l10n.t('Files and folders that the question is about'),
      openLabel: vscode.l10n.t('Add'),
      defaultUri: vscode.Uri.file(root),
      canSelectFiles: true,
      canSelectFolders: true,
      canSelectMany: true,
    });
    const ranges = await Promise.all(
      (picked ?? []).map(async (uri): Promise<LineRange | undefined> => {
        const path = pathInRoot(root, uri.fsPath);
        if (path === undefined || path === '') return undefined;
        const { type } = await vscode.workspace.fs.stat(uri);
        const isFolder = (type & vscode.FileType.Directory) !== 0;
        return { path: isFolder ? `${path}/` : path, startLine: 0, endLine: 0 };
      }),
    );
    const inside = ranges.filter((range) => range !== undefined);
    if (inside.length < (picked?.length ?? 0)) {
      void showWarning(vscode.l10n.t('Only files of the workspace folder can be added.'));
    }
    return inside;
  }

  act(action: EditorAction): Promise<void> {
    return this.telling(async () => {
      const root = this.root();
      const args = actions[action].startsWith('cribsheet.') && root !== undefined ? [{ root }] : [];
      await vscode.commands.executeCommand(actions[action], ...args);
    });
  }

  private async telling(work: () => Thenable<void> | void): Promise<void> {
    try {
      await work();
    } catch (error) {
      void this.report.error(error);
    }
  }
}
