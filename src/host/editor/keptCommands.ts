import * as vscode from 'vscode';
import type { Handlers } from '../commands/handlers.ts';
import { isTarget } from '../commands/targets.ts';
import { showInformation } from '../messages.ts';
import { pathOnDisk } from '../paths.ts';
import { placeOf } from '../roots.ts';
import type { Services } from '../services.ts';
import type { KeptView } from './keptView.ts';
import { lastEvidence } from './lastEvidence.ts';

/** Turning the heat map on and off. */
export function keptHandlers({ chat, kept }: Pick<Services, 'chat'> & { kept: () => KeptView }): Handlers {
  return {
    showKept: async (arg) => {
      if (isTarget(arg)) {
        const file = arg.file && pathOnDisk(arg.file.root, arg.file.path);
        if (file !== undefined) await vscode.window.showTextDocument(vscode.Uri.file(file));
        await kept().show({ what: 'kept', sheet: { root: arg.target.root, id: arg.target.sheet.id } });
      } else {
        await kept().show({ what: 'kept' });
      }
    },
    showAttention: async () => {
      const last = lastEvidence(chat.turns);
      const [heaviest] = last?.evidence ?? [];
      if (!last || !heaviest) {
        void showInformation(vscode.l10n.t('No answer of this chat has evidence yet.'));
        return;
      }
      const isSeen = vscode.window.visibleTextEditors.some(({ document }) => {
        const place = placeOf(document.uri);
        return place?.root === last.root && last.evidence.some(({ path }) => path === place.path);
      });
      const file = pathOnDisk(last.root, heaviest.path);
      if (!isSeen && file !== undefined) {
        const line = Math.max(0, heaviest.startLine - 1);
        await vscode.window.showTextDocument(vscode.Uri.file(file), { selection: new vscode.Range(line, 0, line, 0) });
      }
      await kept().show({ what: 'attention' });
    },
    hideKept: () => {
      kept().hide();
    },
  };
}
