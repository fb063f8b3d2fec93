import * as vscode from 'vscode';
import type { LineRange } from '../../common/answers.ts';
import { showInformation, showWarning } from '../messages.ts';
import { pickRoot, placeOf } from '../roots.ts';
import type { Services } from '../services.ts';
import { chooseTask } from './compress.ts';
import { uriOf, type Handlers } from './handlers.ts';

type Needs = Pick<Services, 'chat' | 'workspaces'>;

/** The commands around questions: what is asked about, how, and what became of comparisons. */
export function chatHandlers(needs: Needs): Handlers {
  const { chat } = needs;
  return {
    newChat: async () => {
      await chat.handle({ type: 'newChat' });
      await showChat(needs);
    },
    askSelection: async () => {
      const editor = vscode.window.activeTextEditor;
      if (!editor) return;
      await attach(needs, [{ uri: editor.document.uri, ...linesOf(editor.selection) }]);
    },
    addFile: async (arg, all) => {
      const chosen = Array.isArray(all) && all.length > 0 ? all : [uriOf(arg)];
      const uris = chosen.filter((uri): uri is vscode.Uri => uri instanceof vscode.Uri);
      await attach(
        needs,
        uris.map((uri) => ({ uri, startLine: 0, endLine: 0 })),
      );
    },
    compare: async () => {
      await chat.handle({ type: 'setComparing', comparing: true });
      await showChat(needs);
    },
    chooseTask: async () => {
      const title = vscode.l10n.t('Task of the Chat');
      const root = await pickRoot(title, chat.state.root);
      if (root === undefined) return;
      const task = await chooseTask(needs, root, { title }, chat.state.task);
      if (task === undefined) return;
      if (chat.state.root !== root) await chat.handle({ type: 'setRoot', root });
      await chat.handle({ type: 'setTask', task });
    },
    exportComparisons: () => exportComparisons(needs),
  };
}

/** Brings the chat into view, with the cursor in the question box. */
async function showChat({ chat }: Pick<Services, 'chat'>, text?: string): Promise<void> {
  await vscode.commands.executeCommand('cribsheet.chat.focus');
  chat.focus(text);
}

/** Lines of a selection, 1-based; a selection that ends before the first character of a line does not mean that line. */
function linesOf(selection: vscode.Selection): { startLine: number; endLine: number } {
  const { start, end } = selection;
  const last = end.character === 0 && end.line > start.line ? end.line - 1 : end.line;
  return { startLine: start.line + 1, endLine: last + 1 };
}

async function attach(
  needs: Needs,
  ranges: readonly { uri: vscode.Uri; startLine: number; endLine: number }[],
): Promise<void> {
  const byRoot = new Map<string, LineRange[]>();
  for (const { uri, startLine, endLine } of ranges) {
    const place = placeOf(uri);
    if (!place || place.path === '') continue;
    byRoot.set(place.root, [...(byRoot.get(place.root) ?? []), { path: place.path, startLine, endLine }]);
  }
  const [first] = byRoot;
  if (!first) {
    void showWarning(vscode.l10n.t('Only saved files of a workspace folder can be asked about.'));
    return;
  }
  // A question goes to one folder: files of others stay out.
  needs.chat.attach(...first);
  await showChat(needs);
}

async function exportComparisons({ chat }: Needs): Promise<void> {
  const { t } = vscode.l10n;
  const lines = await chat.preferences();
  if (lines.trim() === '') {
    void showInformation(t('No comparison has been judged yet.'));
    return;
  }
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const name = 'cribsheet-comparisons.jsonl';
  const target = await vscode.window.showSaveDialog({
    title: t('Export Comparisons'),
    ...(folder ? { defaultUri: vscode.Uri.joinPath(folder, name) } : {}),
    filters: { 'JSON Lines': ['jsonl'] },
  });
  if (!target) return;
  await vscode.workspace.fs.writeFile(target, new TextEncoder().encode(lines));
  await vscode.window.showTextDocument(target);
}
