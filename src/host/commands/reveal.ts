import * as vscode from 'vscode';
import { showInformation } from '../messages.ts';

/** Shows a folder in the file manager of the system; where there is none within reach, offers its path. */
export async function revealFolder(folder: string): Promise<void> {
  const uri = vscode.Uri.file(folder);
  const isHere = vscode.env.uiKind === vscode.UIKind.Desktop && vscode.env.remoteName === undefined;
  if (isHere) {
    await vscode.commands.executeCommand('revealFileInOS', uri);
    return;
  }
  const { t } = vscode.l10n;
  const [copy, open] = [t('Copy Path'), t('Open in New Window')];
  const chosen = await showInformation(t('The folder is {0}', folder), copy, open);
  if (chosen === copy) await vscode.env.clipboard.writeText(folder);
  if (chosen === open) await vscode.commands.executeCommand('vscode.openFolder', uri, { forceNewWindow: true });
}
