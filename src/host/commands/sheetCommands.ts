import path from 'node:path';
import * as vscode from 'vscode';
import type { Services } from '../services.ts';
import type { Handlers } from './register.ts';
import { revealFolder } from './reveal.ts';
import { isTarget } from './targets.ts';

/** What the menu of a sheet does, besides rebuilding it. */
export function sheetHandlers({ workspaces, supervisor }: Pick<Services, 'workspaces' | 'supervisor'>): Handlers {
  return {
    deleteSheet: async (arg) => {
      if (!isTarget(arg)) return;
      const { root, sheet } = arg.target;
      const { t } = vscode.l10n;
      const remove = t('Delete');
      const chosen = await vscode.window.showWarningMessage(
        t('Delete the sheet "{0}"?', sheet.task.title),
        {
          modal: true,
          detail: t('Its blocks stay in the store until the space is needed, so compressing again is quick.'),
        },
        remove,
      );
      if (chosen === remove) await workspaces.deleteSheet(root, sheet.id);
    },
    openSheetFolder: async (arg) => {
      if (!isTarget(arg)) return;
      const { root, sheet } = arg.target;
      const client = await supervisor.client();
      await revealFolder(path.dirname((await client.sheet(root, sheet.id)).file));
    },
  };
}
