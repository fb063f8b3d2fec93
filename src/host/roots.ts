import * as vscode from 'vscode';
import { locate } from './paths.ts';
import type { WorkspaceRoot } from './worker/workspaces.ts';

/** May the folders of this window be read? */
export type Readable = 'yes' | 'no-folder' | 'untrusted' | 'virtual';

/** The folders that lie on a disk of the machine that the extension runs on. */
export function workspaceRoots(): WorkspaceRoot[] {
  return (vscode.workspace.workspaceFolders ?? [])
    .filter(({ uri }) => uri.scheme === 'file')
    .map(({ uri, name }) => ({ root: uri.fsPath, name }));
}

export function readable(): Readable {
  const folders = vscode.workspace.workspaceFolders ?? [];
  if (folders.length === 0) return 'no-folder';
  if (workspaceRoots().length === 0) return 'virtual';
  return vscode.workspace.isTrusted ? 'yes' : 'untrusted';
}

/** The workspace folder of a file, and the file's path in it. */
export function placeOf(uri: vscode.Uri): { root: string; path: string } | undefined {
  if (uri.scheme !== 'file') return undefined;
  const found = locate(workspaceRoots(), uri.fsPath);
  return found && { root: found.root.root, path: found.path };
}

/** The folder to work on: the only one, the one asked for, or the one that the user picks. */
export async function pickRoot(title: string, preferred?: string): Promise<string | undefined> {
  const roots = workspaceRoots();
  if (preferred !== undefined && roots.some(({ root }) => root === preferred)) return preferred;
  if (roots.length <= 1) return roots[0]?.root;
  const items = roots.map(({ root, name }) => ({ label: name, description: root, root }));
  const picked = await vscode.window.showQuickPick(items, {
    title,
    placeHolder: vscode.l10n.t('Which workspace folder?'),
  });
  return picked?.root;
}
