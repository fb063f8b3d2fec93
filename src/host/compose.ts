import path from 'node:path';
import * as vscode from 'vscode';
import type { InitializeParams } from '../common/protocol.ts';
import { ChatSession } from './chat/session.ts';
import { Reporter } from './commands/reporter.ts';
import { EditorHost } from './editor/chatHost.ts';
import { LineOpener } from './editor/openLines.ts';
import { Figures } from './figures.ts';
import { Lazy } from './lazy.ts';
import { showWarning } from './messages.ts';
import type { Services } from './services.ts';
import { readSettings } from './settings/settings.ts';
import { CompareTabs } from './view/compareTabs.ts';
import type { PageOptions } from './view/page.ts';
import { watchFiles } from './watch.ts';
import { webviewTexts } from './webviewTexts.ts';
import { CompressJobs } from './worker/compressJobs.ts';
import { WorkerSupervisor } from './worker/supervisor.ts';
import { Workspaces } from './worker/workspaces.ts';

/** Makes what the surfaces stand on. Nothing of it works before somebody asks: no process, no file. */
export function composeServices(context: vscode.ExtensionContext): {
  services: Services;
  page: PageOptions;
  disposables: vscode.Disposable;
} {
  const { extension, extensionUri } = context;
  const log = vscode.window.createOutputChannel('Cribsheet', { log: true });
  const report = new Reporter(log);
  const { t } = vscode.l10n;
  const onMessage = (message: string): void => {
    log.info(message);
  };
  const supervisor = new WorkerSupervisor({
    file: path.join(extensionUri.fsPath, 'dist', 'worker.js'),
    initialize: () => workerParams(extensionUri.fsPath),
    onLog: ({ level, message }) => {
      log[level](`worker: ${message}`);
    },
    t,
  });
  const workspaces = new Workspaces({ supervisor, watch: watchFiles, t, onMessage });
  // History belongs to the workspace; without one there is still a place for it.
  const storage = (context.storageUri ?? context.globalStorageUri).fsPath;
  const jobs = new CompressJobs({ supervisor, workspaces, stateFile: path.join(storage, 'jobs.json'), t, onMessage });
  const opener = new Lazy(() => new LineOpener());
  const host: EditorHost = new EditorHost(
    opener.get,
    report,
    (turn) => {
      tabs.get().open(turn);
    },
    (): string | undefined => chat.state.root,
  );
  const figures = new Figures(vscode.env.language, t);
  const chat: ChatSession = new ChatSession({
    supervisor,
    workspaces,
    jobs,
    host,
    folder: storage,
    defaults: () => {
      const { mode, task, compareModes } = readSettings();
      return { mode, task, compareModes };
    },
    figures,
    t,
    onMessage: (message) => {
      log.warn(message);
      void showWarning(message);
    },
  });
  const page = { extensionUri, texts: webviewTexts(vscode.l10n.bundle), onMessage };
  const tabs = new Lazy<CompareTabs>(() => new CompareTabs(chat, page));
  const { version } = extension.packageJSON as { version: string };
  return {
    services: {
      extensionUri,
      extensionId: extension.id,
      version,
      log,
      supervisor,
      workspaces,
      jobs,
      chat,
      figures,
      report,
    },
    page,
    disposables: vscode.Disposable.from(log, opener, tabs),
  };
}

/** How the worker is started: with the folders that the extension brings, and what the user has set. */
function workerParams(folder: string): InitializeParams {
  const { model, store, device, threads } = readSettings();
  return {
    product: {
      grammars: path.join(folder, 'dist', 'grammars'),
      tasks: path.join(folder, 'media', 'tasks'),
      models: path.join(folder, 'models'),
    },
    device,
    ...(model === undefined ? {} : { model }),
    ...(store === undefined ? {} : { store }),
    ...(threads === undefined ? {} : { threads }),
  };
}
