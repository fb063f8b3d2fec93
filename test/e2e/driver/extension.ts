import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import * as vscode from 'vscode';
import type { DriverAnswer, DriverCall } from './calls.ts';

/**
 * An extension of the tests, beside the one under test: it changes settings at once, which a test cannot do through
 * files (the server does not watch them reliably) nor through the user interface without closing what is open. It only
 * arranges; what a test asserts it sees in the window.
 */
export function activate(context: vscode.ExtensionContext): void {
  context.subscriptions.push(vscode.workspace.registerFileSystemProvider('crib-test', new FarFolder()));
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

async function answer({ settings = {}, activate: ids = [] }: DriverCall): Promise<DriverAnswer> {
  try {
    const configuration = vscode.workspace.getConfiguration();
    for (const [key, value] of Object.entries(settings)) {
      await configuration.update(key, value ?? undefined, vscode.ConfigurationTarget.Global);
    }
    const activated: number[] = [];
    for (const id of ids) {
      const extension = vscode.extensions.getExtension(id);
      if (!extension || extension.isActive) return { error: `${id} is not there, or is active already.` };
      const started = performance.now();
      await extension.activate();
      activated.push(performance.now() - started);
    }
    return { activated };
  } catch (error) {
    return { error: String(error) };
  }
}

/** A folder that no program on this machine can open: empty, and of a scheme of its own. */
class FarFolder implements vscode.FileSystemProvider {
  readonly onDidChangeFile = new vscode.EventEmitter<vscode.FileChangeEvent[]>().event;
  watch = (): vscode.Disposable => new vscode.Disposable(() => undefined);
  stat(uri: vscode.Uri): vscode.FileStat {
    if (uri.path !== '/far') throw vscode.FileSystemError.FileNotFound(uri);
    return { type: vscode.FileType.Directory, ctime: 0, mtime: 0, size: 0 };
  }
  readDirectory = (): [string, vscode.FileType][] => [];
  readFile(uri: vscode.Uri): Uint8Array {
    throw vscode.FileSystemError.FileNotFound(uri);
  }
  createDirectory = readOnly;
  writeFile = readOnly;
  delete = readOnly;
  rename = readOnly;
}

function readOnly(): never {
  throw vscode.FileSystemError.NoPermissions('This folder is read-only.');
}
