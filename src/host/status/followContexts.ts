import * as vscode from 'vscode';
import type { Services } from '../services.ts';
import type { Contexts } from './contextKeys.ts';

/** Keeps the context keys true that come from jobs, sheets and the chat. */
export function followContexts(
  { jobs, workspaces, chat, log }: Pick<Services, 'jobs' | 'workspaces' | 'chat' | 'log'>,
  contexts: Contexts,
): vscode.Disposable {
  const onJobs = (): void => {
    const states = jobs.jobs.map(({ state }) => state);
    const isRunning = states.some((state) => state === 'running' || state === 'waiting');
    const isHeld = states.some((state) => state === 'paused' || state === 'failed');
    contexts.set('job', isRunning ? 'running' : isHeld ? 'paused' : '');
  };
  const onFolders = (): void => {
    const hasSheets = workspaces.roots.some(({ root }) => (workspaces.state(root).sheets ?? []).length > 0);
    contexts.set('hasSheets', hasSheets);
  };
  const onChat = (): void => {
    const { turns } = chat;
    contexts.set('hasQuestions', turns.length > 0);
    contexts.set(
      'hasAnswer',
      turns.some(({ answers }) => answers.some(({ answer }) => (answer?.evidence.length ?? 0) > 0)),
    );
    if (turns.some(({ better }) => better !== undefined)) contexts.set('hasComparisons', true);
  };
  // Judgements of earlier sessions can be exported, too.
  chat.preferences().then(
    (lines) => {
      if (lines.trim() !== '') contexts.set('hasComparisons', true);
    },
    (error: unknown) => {
      log.warn(`Comparisons: ${String(error)}`);
    },
  );
  onJobs();
  onFolders();
  onChat();
  return vscode.Disposable.from(
    jobs.onDidChange(onJobs),
    workspaces.onDidChange(onFolders),
    chat.onMessage(({ type }) => {
      if (type === 'chat' || type === 'turn') onChat();
    }),
  );
}
