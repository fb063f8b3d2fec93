import * as vscode from 'vscode';
import { showInformation } from '../messages.ts';
import type { Services } from '../services.ts';
import type { Handlers } from './handlers.ts';

/** Version, log, settings and the engine itself. */
export function engineHandlers({
  log,
  extensionId,
  version,
  supervisor,
  report,
}: Pick<Services, 'log' | 'extensionId' | 'version' | 'supervisor' | 'report'>): Handlers {
  const { t } = vscode.l10n;
  return {
    showVersion: () => {
      const show = t('Show Log');
      void showInformation(t('Cribsheet {0}', version), show).then((chosen) => {
        if (chosen === show) log.show();
      });
    },
    showLog: () => {
      log.show();
    },
    openSettings: () => open('workbench.action.openSettings', `@ext:${extensionId}`),
    openWalkthrough: () => open('workbench.action.openWalkthrough', `${extensionId}#start`, false),
    restartEngine: async () => {
      const location = { viewId: 'cribsheet.chat' };
      await vscode.window.withProgress({ location, title: t('Restarting the engine') }, () => supervisor.restart());
      if (supervisor.state.error) void report.record(supervisor.state.error, 'warning');
    },
  };
}

async function open(command: string, ...args: unknown[]): Promise<void> {
  await vscode.commands.executeCommand(command, ...args);
}
