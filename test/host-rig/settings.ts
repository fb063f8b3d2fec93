import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** User settings of every VS Code that the tests start: quiet, and nothing that asks a server of somebody. */
const quiet = {
  'workbench.startupEditor': 'none',
  'workbench.reduceMotion': 'on',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.tips.enabled': false,
  'extensions.ignoreRecommendations': true,
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'chat.disableAIFeatures': true,
  'git.openRepositoryInParentFolders': 'never',
  'typescript.disableAutomaticTypeAcquisition': true,
  // A click must not turn into a drag on a slow machine.
  'editor.dragAndDrop': false,
};

/** Writes the settings of a server's data folder; `more` wins. */
export async function seedSettings(data: string, more: Record<string, unknown> = {}): Promise<void> {
  const folder = path.join(data, 'data/User');
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'settings.json'), JSON.stringify({ ...quiet, ...more }, undefined, 2));
}
