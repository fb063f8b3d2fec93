import * as vscode from 'vscode';

/** Composition root of the extension host. The engine runs in the worker process, never here. */
export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel('Cribsheet', { log: true });
  const { version } = context.extension.packageJSON as { version: string };
  log.info(`Cribsheet ${version} on ${vscode.env.appName} ${vscode.version}, ${process.platform} ${process.arch}.`);
  context.subscriptions.push(
    log,
    vscode.commands.registerCommand('cribsheet.showVersion', async () => {
      const showLog = vscode.l10n.t('Show Log');
      const chosen = await vscode.window.showInformationMessage(vscode.l10n.t('Cribsheet {0}', version), showLog);
      if (chosen === showLog) log.show();
    }),
  );
}
