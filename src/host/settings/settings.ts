import path from 'node:path';
import * as vscode from 'vscode';
import { readValues, workerSettings, type Settings } from './values.ts';

const SECTION = 'cribsheet';

/** The settings as they stand for a workspace folder, or for the window. */
export function readSettings(root?: string): Settings {
  const configuration = vscode.workspace.getConfiguration(SECTION, root === undefined ? null : vscode.Uri.file(root));
  return readValues((key) => configuration.get(key));
}

/** Calls `listener` when one of the settings changes that need a new worker. */
export function onWorkerSettings(listener: () => void): vscode.Disposable {
  return vscode.workspace.onDidChangeConfiguration((event) => {
    if (workerSettings.some((key) => event.affectsConfiguration(`${SECTION}.${key}`))) listener();
  });
}

/** Calls `listener` when any setting of Cribsheet changes. */
export function onAnySetting(listener: () => void): vscode.Disposable {
  return vscode.workspace.onDidChangeConfiguration((event) => {
    if (event.affectsConfiguration(SECTION)) listener();
  });
}

/** Makes a model the one to use, for all workspaces; undefined: the bundled one. */
export async function setModel(model: string | undefined): Promise<void> {
  const configuration = vscode.workspace.getConfiguration(SECTION, null);
  await configuration.update('model', model, vscode.ConfigurationTarget.Global);
  // A value of the workspace hides the user's: the choice has to win.
  if (configuration.inspect('model')?.workspaceValue !== undefined) {
    await configuration.update('model', model, vscode.ConfigurationTarget.Workspace);
  }
}

/** Is this setting of a model a folder, and not a name? */
export const isModelFolder = (model: string): boolean => path.isAbsolute(model);
