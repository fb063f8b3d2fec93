import * as vscode from 'vscode';
import { chatHandlers } from './commands/chatCommands.ts';
import { compressHandlers } from './commands/compress.ts';
import { engineHandlers } from './commands/engineCommands.ts';
import { modelHandlers } from './commands/modelCommands.ts';
import { reported, type Handler } from './commands/handlers.ts';
import { sheetHandlers } from './commands/sheetCommands.ts';
import { composeServices } from './compose.ts';
import { registerCribLanguage } from './editor/cribLanguage.ts';
import { keptHandlers } from './editor/keptCommands.ts';
import { KeptView } from './editor/keptView.ts';
import { Reviewer } from './editor/review.ts';
import { ReviewActions, reviewHandlers } from './editor/reviewCommands.ts';
import { ReviewLens } from './editor/reviewLens.ts';
import { Lazy } from './lazy.ts';
import { readable, workspaceRoots } from './roots.ts';
import type { Services } from './services.ts';
import { onAnySetting, onWorkerSettings, readSettings } from './settings/settings.ts';
import { Contexts } from './status/contextKeys.ts';
import { followContexts } from './status/followContexts.ts';
import { WorkerNotices } from './status/notices.ts';
import { StatusItem } from './status/statusItem.ts';
import { taskHandlers } from './tasks/taskCommands.ts';
import { Models } from './trees/models.ts';
import { modelsView, sheetsView } from './trees/views.ts';
import { ChatView } from './view/chatView.ts';
import { IdleRebuild } from './worker/idleRebuild.ts';

/** The extension at work. */
export interface Host {
  /** What to run for each command, by its whole id. */
  commands: ReadonlyMap<string, Handler>;
  /** Ends the worker in order; what runs goes on in the next session. */
  stop: () => Promise<void>;
}

/** Composition root of the extension host. The engine runs in the worker process, never here. */
export function start(context: vscode.ExtensionContext): Host {
  const started = performance.now();
  const { services, page, disposables: parts } = composeServices(context);
  const { log, chat, report } = services;
  const contexts = new Contexts();
  const models = new Models(services.supervisor);
  const chatView = new ChatView(chat, page);
  const { kept, reviewer, disposables } = editorSurfaces(services, contexts, () => {
    status.update();
  });
  const status = new StatusItem(services, () => kept.there?.isOn ?? false);
  context.subscriptions.push(
    parts,
    models,
    chatView,
    disposables,
    status,
    vscode.window.registerWebviewViewProvider(ChatView.id, chatView),
    sheetsView(services),
    modelsView(services, models),
    registerCribLanguage(services),
    followContexts(services, contexts),
    ...follow(services),
  );
  const handlers = {
    ...compressHandlers(services),
    showStatus: () => status.showDetails(),
    ...chatHandlers(services),
    ...sheetHandlers(services),
    ...modelHandlers({ ...services, models }),
    ...keptHandlers({ chat, kept: kept.get }),
    ...taskHandlers(services),
    ...reviewHandlers(reviewer.get),
    ...engineHandlers(services),
  };
  const took = (performance.now() - started).toFixed(1);
  const { appName } = vscode.env;
  log.info(
    `Cribsheet ${services.version} on ${appName} ${vscode.version}, ${process.platform} ${process.arch}; started in ${took} ms.`,
  );
  return { commands: reported(handlers, report), stop: () => stop(services) };
}

async function stop({ chat, jobs, workspaces, supervisor }: Services): Promise<void> {
  await chat.dispose();
  await jobs.dispose();
  workspaces.dispose();
  await supervisor.dispose();
}

/** Highlights and findings: made when they are first used. */
function editorSurfaces(all: Services, contexts: Contexts, onKept: () => void) {
  const kept = new Lazy(() => {
    const view = new KeptView(all);
    view.onDidChange((isOn) => {
      contexts.set('keptShown', isOn);
      onKept();
    });
    return view;
  });
  const reviewer = new Lazy(() => {
    const made = new Reviewer(all);
    made.onDidChange(() => {
      contexts.set('hasFindings', made.hasFindings);
    });
    return made;
  });
  const lens = new ReviewLens(all);
  const files = { scheme: 'file' };
  const disposables = vscode.Disposable.from(
    kept,
    reviewer,
    lens,
    vscode.languages.registerCodeLensProvider(files, lens),
    vscode.languages.registerCodeActionsProvider(files, new ReviewActions(), ReviewActions.metadata),
  );
  return { kept, reviewer, disposables };
}

/** What follows from changes of folders, trust and settings, and from the worker's death. */
function follow({ workspaces, jobs, chat, supervisor, report, log }: Services): { dispose(): void }[] {
  const readFolders = (): void => {
    workspaces.setRoots(workspaceRoots());
    chat.update();
    // Where nothing may be read, there is something to do only for what runs: it stops with its folder.
    if (readable() !== 'yes' && jobs.jobs.length === 0) return;
    void jobs.restore({ goOn: readSettings().resumeOnStart }).catch((error: unknown) => report.error(error));
  };
  const notices = new WorkerNotices();
  readFolders();
  return [
    vscode.workspace.onDidChangeWorkspaceFolders(readFolders),
    vscode.workspace.onDidGrantWorkspaceTrust(readFolders),
    onWorkerSettings(() => {
      // A worker that nobody has asked for yet reads the settings when it starts.
      if (supervisor.state.kind !== 'stopped') void supervisor.restart();
    }),
    onAnySetting(() => {
      chat.update();
    }),
    supervisor.onDidChange((state) => {
      const notice = notices.next(state);
      if (notice) void report.record(notice.error, notice.level);
    }),
    new IdleRebuild({
      workspaces,
      jobs,
      model: () => supervisor.model,
      enabled: (root) => readSettings(root).rebuildWhenIdle,
      isBusy: () => chat.isBusy,
      onMessage: (message) => {
        log.info(message);
      },
    }),
  ];
}
