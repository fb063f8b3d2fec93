import * as vscode from 'vscode';
import { slug } from '../editor/cribFixes.ts';
import type { Handlers } from '../commands/handlers.ts';
import { showInformation } from '../messages.ts';
import { pickRoot } from '../roots.ts';
import type { Services } from '../services.ts';
import { examplesOf, freeName, taskText, type NewTask } from './taskFile.ts';

type Needs = Pick<Services, 'workspaces' | 'chat' | 'extensionUri'>;

/** The commands that make and open tasks. */
export function taskHandlers(needs: Needs): Handlers {
  const { chat } = needs;
  const { t } = vscode.l10n;
  return {
    newTask: async (arg) => {
      await create(needs, {
        title: t('New Task'),
        root: (arg as { root?: string } | undefined)?.root,
        instruction: t('Name in one or two sentences what the questions will be about and what to look for.'),
        examples: [{ question: t('A question as you would ask it?'), answer: t('The answer as you want it.') }],
      });
    },
    newTaskFromChat: async () => {
      const examples = examplesOf(chat.turns);
      if (examples.length === 0) {
        const text = t('No question of this chat has an answer yet: there is nothing to make examples of.');
        void showInformation(text);
        return;
      }
      await create(needs, {
        title: t('New Task from This Chat'),
        root: chat.turns.at(-1)?.root,
        instruction: t('Answer questions such as these: find what they name, and what it is connected with.'),
        examples,
      });
    },
    copyTask: () => copyBuiltIn(needs),
    openTask: () => openTask(needs),
  };
}

/** Asks for a title, writes the task into the workspace and opens it with the instruction selected. */
async function create(
  needs: Needs,
  {
    title,
    root: preferred,
    instruction,
    examples,
  }: Pick<NewTask, 'title' | 'instruction' | 'examples'> & { root: string | undefined },
): Promise<void> {
  const { t } = vscode.l10n;
  const root = await pickRoot(title, preferred);
  if (root === undefined) return;
  const name = await vscode.window.showInputBox({
    title,
    prompt: t('What shall the task be called?'),
    placeHolder: t('for example: Error handling'),
    validateInput: (text) => (slug(text) === '' ? t('The name needs a letter or a digit.') : undefined),
  });
  if (name === undefined) return;
  const folder = taskFolder(root);
  const id = freeName(slug(name), await taskIds(needs, root, folder));
  const file = vscode.Uri.joinPath(folder, `${id}.crib`);
  const text = taskText({ id, title: name, instruction, examples });
  await vscode.workspace.fs.writeFile(file, new TextEncoder().encode(text));
  const editor = await vscode.window.showTextDocument(file);
  const start = editor.document.getText().indexOf(instruction);
  if (start < 0) return;
  const [from, to] = [editor.document.positionAt(start), editor.document.positionAt(start + instruction.length)];
  editor.selection = new vscode.Selection(from, to);
}

async function copyBuiltIn(needs: Needs): Promise<void> {
  const { t } = vscode.l10n;
  const title = t('Copy Built-in Task to Workspace');
  const root = await pickRoot(title);
  if (root === undefined) return;
  const files = await cribFiles(builtInFolder(needs));
  const picked = await vscode.window.showQuickPick(files, { title, placeHolder: t('Which task?') });
  if (!picked) return;
  const target = vscode.Uri.joinPath(taskFolder(root), picked.label);
  if (await isThere(target)) {
    const open = t('Open It');
    const text = t('{0} is in the workspace already.', picked.label);
    if ((await showInformation(text, open)) !== open) return;
  } else {
    await vscode.workspace.fs.copy(picked.uri, target);
  }
  await vscode.window.showTextDocument(target);
}

/** Tasks of the workspace open to be edited, built-in ones to be read. */
async function openTask(needs: Needs): Promise<void> {
  const { t } = vscode.l10n;
  const title = t('Open Task');
  const folders = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
  const own = await Promise.all(
    folders.map(async ({ uri, name }) =>
      (await cribFiles(taskFolder(uri.fsPath))).map((item) => ({ ...item, description: name, builtIn: false })),
    ),
  );
  const builtIn = (await cribFiles(builtInFolder(needs))).map((item) => ({
    ...item,
    description: t('built-in, read-only'),
    builtIn: true,
  }));
  const picked = await vscode.window.showQuickPick([...own.flat(), ...builtIn], { title, matchOnDescription: true });
  if (!picked) return;
  await vscode.window.showTextDocument(picked.uri);
  if (picked.builtIn) await vscode.commands.executeCommand('workbench.action.files.setActiveEditorReadonlyInSession');
}

const taskFolder = (root: string): vscode.Uri => vscode.Uri.joinPath(vscode.Uri.file(root), '.cribsheet', 'tasks');
const builtInFolder = ({ extensionUri }: Needs): vscode.Uri => vscode.Uri.joinPath(extensionUri, 'media', 'tasks');

/** Names that a new task must not have: those of files, and ids of built-in tasks, which it would hide. */
async function taskIds(needs: Needs, root: string, folder: vscode.Uri): Promise<Set<string>> {
  const files = [...(await cribFiles(folder)), ...(await cribFiles(builtInFolder(needs)))];
  const known = needs.workspaces.state(root).tasks?.tasks ?? [];
  return new Set([...files.map(({ label }) => label.replace(/\.crib$/u, '')), ...known.map(({ id }) => id)]);
}

async function cribFiles(folder: vscode.Uri): Promise<{ label: string; uri: vscode.Uri }[]> {
  if (!(await isThere(folder))) return [];
  const entries = await vscode.workspace.fs.readDirectory(folder);
  return entries
    .filter(([name, type]) => name.endsWith('.crib') && (type & vscode.FileType.File) !== 0)
    .map(([name]) => ({ label: name, uri: vscode.Uri.joinPath(folder, name) }))
    .sort((a, b) => a.label.localeCompare(b.label));
}

async function isThere(uri: vscode.Uri): Promise<boolean> {
  try {
    await vscode.workspace.fs.stat(uri);
    return true;
  } catch (error) {
    if (error instanceof vscode.FileSystemError && error.code === 'FileNotFound') return false;
    throw error;
  }
}
