import type * as vscode from 'vscode';
import type { ChatSession } from './chat/session.ts';
import type { Reporter } from './commands/reporter.ts';
import type { Figures } from './figures.ts';
import type { CompressJobs } from './worker/compressJobs.ts';
import type { WorkerSupervisor } from './worker/supervisor.ts';
import type { Workspaces } from './worker/workspaces.ts';

/** What the composition root makes, and surfaces are given a part of. */
export interface Services {
  extensionUri: vscode.Uri;
  /** `publisher.name` of the extension. */
  extensionId: string;
  version: string;
  log: vscode.LogOutputChannel;
  supervisor: WorkerSupervisor;
  workspaces: Workspaces;
  jobs: CompressJobs;
  chat: ChatSession;
  figures: Figures;
  report: Reporter;
}
