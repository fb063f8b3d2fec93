import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import * as vscode from 'vscode';
import type { DriverCall } from './calls.ts';

/**
 * An extension of the tests, beside the one under test: it changes settings at once, which a test cannot do through
 * files (the server does not watch them reliably) nor through the user interface without closing what is open. It only
 * arranges; what a test asserts it sees in the window.
 */
export function activate(context: vscode.ExtensionContext): void {
  const socket = process.env['CRIBSHEET_DRIVER'];
  if (socket === undefined) return;
  // A window that was closed has left its socket behind.
  rmSync(socket, { force: true });
  const server = createServer((connection) => {
    createInterface({ input: connection }).on('line', (line) => {
      void answer(JSON.parse(line) as DriverCall).then((result) => {
        connection.end(`${JSON.stringify(result)}\n`);
      });
    });
  });
  server.listen(socket);
  context.subscriptions.push({ dispose: () => server.close() });
}

async function answer(call: DriverCall): Promise<{ error?: string }> {
  try {
    const configuration = vscode.workspace.getConfiguration();
    for (const [key, value] of Object.entries(call.settings)) {
      await configuration.update(key, value ?? undefined, vscode.ConfigurationTarget.Global);
    }
    return {};
  } catch (error) {
    return { error: String(error) };
  }
}
