// By name: a copy of all that `vscode` exports would be made at every activation.
import { commands, l10n, window, type ExtensionContext } from 'vscode';
import type { Host } from './main.ts';

let host: Promise<Host> | undefined;

/**
 * All that VS Code waits for: when this returns, the commands have to be there, and nothing else. The rest is a bundle of
 * its own that is loaded right afterwards, or by the first command where that comes sooner.
 */
export function activate(context: ExtensionContext): void {
  const started = (): Promise<Host> => (host ??= import('./main.ts').then(({ start }) => start(context)));
  for (const id of contributedCommands(context)) {
    const run = async (...args: unknown[]): Promise<void> => {
      await (await started()).commands.get(id)?.(...args);
    };
    context.subscriptions.push(commands.registerCommand(id, run));
  }
  const soon = setImmediate(() => {
    started().catch((error: unknown) => {
      void window.showErrorMessage(
        l10n.t('Cribsheet could not be started: {0}. Reload the window, or install it again.', String(error)),
      );
    });
  });
  context.subscriptions.push({
    dispose: () => {
      clearImmediate(soon);
    },
  });
}

/** Ends the worker in order; what runs goes on in the next session. */
export async function deactivate(): Promise<void> {
  const ending = host;
  host = undefined;
  // One that could not be started has nothing to end.
  await ending?.then(
    ({ stop }) => stop(),
    () => undefined,
  );
}

/** Their ids, as package.json has them. */
function contributedCommands({ extension }: ExtensionContext): string[] {
  const { contributes } = extension.packageJSON as { contributes: { commands: { command: string }[] } };
  return contributes.commands.map(({ command }) => command);
}
