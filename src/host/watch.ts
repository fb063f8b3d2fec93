import * as vscode from 'vscode';
import type { Subscription } from './emitter.ts';

/** Calls back with every file below `root` that is made, changed or deleted, by whomever. */
export function watchFiles(root: string, onChange: (file: string) => void): Subscription {
  const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(vscode.Uri.file(root), '**/*'));
  const tell = (uri: vscode.Uri): void => {
    onChange(uri.fsPath);
  };
  return vscode.Disposable.from(
    watcher,
    watcher.onDidChange(tell),
    watcher.onDidCreate(tell),
    watcher.onDidDelete(tell),
  );
}
