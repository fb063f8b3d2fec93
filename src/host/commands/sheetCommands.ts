import path from 'node:path';
import * as vscode from 'vscode';
import { confirms } from '../messages.ts';
import type { Services } from '../services.ts';
import type { Handlers } from './handlers.ts';
import { revealFolder } from './reveal.ts';
import { rowOf } from './rowOf.ts';
import { isTarget } from './targets.ts';

/** What the menu of a sheet does, besides rebuilding it. */
export function sheetHandlers({ workspaces, supervisor }: Pick<Services, 'workspaces' | 'supervisor'>): Handlers {
  return {
    deleteSheet: async (arg) => {
      const row = rowOf(arg, isTarget);
      if (!row) return;
      const { root, sheet } = row.target;
      const { t } = vscode.l10n;
      const question = t('Delete the sheet "{0}"?', sheet.task.title);
      const detail = t('The blocks that no other sheet uses go with it.');
      if (await confirms(question, detail, t('Delete'))) await workspaces.deleteSheet(root, sheet.id);
    },
    openSheetFolder: async (arg) => {
      const row = rowOf(arg, isTarget);
      if (!row) return;
      const { root, sheet } = row.target;
      const client = await supervisor.client();
      await revealFolder(path.dirname((await client.sheet(root, sheet.id)).file));
    },
  };
}
