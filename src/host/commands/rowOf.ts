import * as vscode from 'vscode';
import { showInformation } from '../messages.ts';

/**
 * The row of a tree that a command was called for. Where the tree was drawn anew while its menu was open, VS Code hands
 * the command no row: then the user is told, instead of nothing happening.
 */
export function rowOf<T>(arg: unknown, isRow: (value: unknown) => value is T): T | undefined {
  if (isRow(arg)) return arg;
  void showInformation(vscode.l10n.t('The list has just changed. Please choose again.'));
  return undefined;
}
