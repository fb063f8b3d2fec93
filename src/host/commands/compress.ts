import * as vscode from 'vscode';
import type { CompressParams } from '../../common/protocol.ts';
import { isReadIn } from '../../common/sheets.ts';
import { showInformation, showWarning } from '../messages.ts';
import { scopeOf } from '../paths.ts';
import { pickRoot, placeOf, readable } from '../roots.ts';
import type { Services } from '../services.ts';
import { readSettings } from '../settings/settings.ts';
import { jobText } from '../status/jobText.ts';
import { sheetDescription } from '../trees/sheetText.ts';
import { pickSize } from './pickSize.ts';
import { pickTask } from './pickTask.ts';
import type { SheetSize } from './planText.ts';
import { isTarget } from './targets.ts';
import type { Handlers } from './handlers.ts';
import type { CompressJob } from '../worker/compressJobs.ts';

type Needs = Pick<Services, 'jobs' | 'workspaces' | 'chat' | 'figures' | 'report'>;

interface Wanted {
  root?: string | undefined;
  /** Id or absolute path of a `.crib` file; asked for where it is missing. */
  task?: string;
  /** From the Explorer; otherwise what the settings say. */
  scope?: string[];
}

/** The commands that make sheets and steer how they are made. */
export function compressHandlers(needs: Needs): Handlers {
  const { jobs, workspaces } = needs;
  return {
    compress: (arg) => compress(needs, { root: rootOf(arg) }),
    compressFolder: async (arg) => {
      const place = arg instanceof vscode.Uri ? placeOf(arg) : undefined;
      if (place) await compress(needs, { root: place.root, scope: scopeOf(place.path) });
    },
    compressForTask: async (arg) => {
      const uri = arg instanceof vscode.Uri ? arg : vscode.window.activeTextEditor?.document.uri;
      if (uri?.scheme !== 'file') return;
      await vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString())?.save();
      await compress(needs, { root: placeOf(uri)?.root, task: uri.fsPath });
    },
    pauseCompress: (arg) => withJob(needs, arg, ['running', 'waiting'], (root) => jobs.pause(root)),
    resumeCompress: (arg) =>
      withJob(needs, arg, ['paused', 'failed'], (root) => {
        inBackground(needs, jobs.resume(root));
      }),
    cancelCompress: (arg) =>
      withJob(needs, arg, ['running', 'waiting', 'paused', 'failed'], (root) => jobs.cancel(root)),
    refresh: async () => {
      for (const { root, name } of workspaces.roots) {
        const title = vscode.l10n.t('Reading {0}', name);
        await vscode.window.withProgress({ location: { viewId: 'cribsheet.sheets' }, title }, () =>
          workspaces.refresh(root),
        );
      }
    },
    rebuildSheet: async (arg) => {
      const target = isTarget(arg) ? arg.target : await pickSheet(needs, rootOf(arg));
      if (target) inBackground(needs, jobs.rebuild(target.root, target.sheet));
    },
  };
}

/** Task, then size with its estimate, then the job in the background. */
async function compress(needs: Needs, wanted: Wanted): Promise<void> {
  const { jobs, workspaces, chat, figures } = needs;
  if (readable() !== 'yes') return explain();
  const title = vscode.l10n.t('Compress for Task');
  const root = await pickRoot(title, wanted.root);
  if (root === undefined || !(await isFree(needs, root))) return;
  const settings = readSettings(root);
  const scope = wanted.scope ?? settings.scope;
  const request = (task: string, { ratio, tokens, onDisk }: SheetSize): CompressParams => ({
    root,
    task,
    ...(ratio === undefined ? {} : { ratio }),
    ...(tokens === undefined ? {} : { tokens }),
    ...(onDisk ? { strategy: 'offload' as const } : {}),
    ...(scope.length === 0 ? {} : { scope }),
  });
  const preset: SheetSize =
    settings.sheetTokens !== undefined
      ? { tokens: settings.sheetTokens }
      : settings.ratio !== undefined
        ? { ratio: settings.ratio }
        : {};
  for (;;) {
    const task = wanted.task ?? (await chooseTask(needs, root, { title, step: 1, totalSteps: 2 }, settings.task));
    if (task === undefined) return;
    const size = await pickSize({
      title,
      step: wanted.task === undefined ? 2 : 1,
      totalSteps: wanted.task === undefined ? 2 : 1,
      preset,
      plan: (choice, signal) => jobs.plan(request(task, choice), { signal }),
      figures,
    });
    if (size === undefined) return;
    if (size === 'back') continue;
    inBackground(needs, jobs.start(request(task, size)));
    const id = (await workspaces.tasks(root)).tasks.find((one) => one.id === task || one.file === task)?.id;
    if (chat.state.root !== root) return;
    if (id !== undefined) await chat.handle({ type: 'setTask', task: id });
    // No other mode reads it.
    if (size.onDisk) await chat.handle({ type: 'setMode', mode: 'offload' });
    return;
  }
}

/** @returns id of the chosen task; undefined where the user left or makes a new one */
export async function chooseTask(
  { workspaces }: Pick<Services, 'workspaces'>,
  root: string,
  steps: { title: string; step?: number; totalSteps?: number },
  active: string,
): Promise<string | undefined> {
  const picked = await pickTask({
    ...steps,
    tasks: () => workspaces.tasks(root),
    sheets: () => workspaces.state(root).sheets ?? [],
    active,
  });
  if (picked?.kind === 'create') await vscode.commands.executeCommand('cribsheet.newTask', { root });
  return picked?.kind === 'task' ? picked.task : undefined;
}

/** Nobody waits: the job is seen in the status bar and the view, and how it failed is told. */
function inBackground({ report }: Pick<Services, 'report'>, work: Promise<CompressJob>): void {
  work.then(
    ({ state, error }) => (state === 'failed' && error ? report.record(error) : undefined),
    (error: unknown) => report.error(error),
  );
}

/** One compression a folder: what is there already is shown, gone on with or given up first. */
async function isFree({ jobs, workspaces, figures, report }: Needs, root: string): Promise<boolean> {
  const job = jobs.job(root);
  if (!job || job.state === 'done' || job.state === 'cancelled') return true;
  if (job.automatic) {
    // Nobody asked for that one; what it has done is kept.
    await jobs.cancel(root);
    return true;
  }
  const { t } = vscode.l10n;
  const { title, detail } = jobText(job, figures, t, workspaces.state(root).tasks);
  const [status, resume, discard] = [t('Show Status'), t('Resume'), t('Discard It')];
  const isRunning = job.state === 'running' || job.state === 'waiting';
  const buttons = isRunning ? [status] : [resume, discard];
  const chosen = await showInformation(`${title}: ${detail}.`, ...buttons);
  if (chosen === status) await vscode.commands.executeCommand('cribsheet.showStatus');
  if (chosen === resume) inBackground({ report }, jobs.resume(root));
  if (chosen !== discard) return false;
  await jobs.cancel(root);
  return true;
}

async function withJob(
  { jobs, workspaces }: Needs,
  arg: unknown,
  states: readonly string[],
  act: (root: string) => Promise<void> | void,
): Promise<void> {
  const fitting = jobs.jobs.filter(({ state }) => states.includes(state));
  const asked = rootOf(arg);
  const [first, ...others] = fitting.filter(({ root }) => asked === undefined || root === asked);
  if (!first) return;
  if (others.length === 0) return act(first.root);
  const items = [first, ...others].map(({ root }) => ({
    label: workspaces.roots.find((one) => one.root === root)?.name ?? root,
    root,
  }));
  const picked = await vscode.window.showQuickPick(items, { placeHolder: vscode.l10n.t('Which workspace folder?') });
  if (picked) await act(picked.root);
}

async function pickSheet({ workspaces, chat, report, figures }: Needs, preferred?: string) {
  const { t } = vscode.l10n;
  const root = await pickRoot(t('Rebuild Sheet'), preferred ?? chat.state.root);
  if (root === undefined) return undefined;
  const sheets = await workspaces.sheets(root);
  const [only] = sheets;
  if (!only) {
    void report.record({
      code: 'sheet-missing',
      message: t('There is no sheet to rebuild.'),
      action: t('Compress the workspace for a task.'),
    });
    return undefined;
  }
  const { task, mode } = chat.state;
  const ofTask = sheets.find((sheet) => sheet.task.id === task && isReadIn(sheet, mode));
  if (sheets.length === 1 || (preferred !== undefined && ofTask)) return { root, sheet: ofTask ?? only };
  const items = sheets.map((sheet) => ({
    label: sheet.task.title,
    description: sheetDescription(sheet, figures, t),
    sheet,
  }));
  const picked = await vscode.window.showQuickPick(items, { title: t('Rebuild Sheet') });
  return picked && { root, sheet: picked.sheet };
}

/** Why the folder cannot be compressed, with the button that changes it. */
async function explain(): Promise<void> {
  const { t } = vscode.l10n;
  const why = readable();
  if (why === 'untrusted') {
    const manage = t('Manage Workspace Trust');
    const chosen = await showWarning(t('In Restricted Mode the folder is not read.'), manage);
    if (chosen === manage) await vscode.commands.executeCommand('workbench.trust.manage');
    return;
  }
  const open = t('Open Folder');
  const text = why === 'virtual' ? t('A virtual folder cannot be read.') : t('No folder is open.');
  if ((await showWarning(text, open)) === open) {
    await vscode.commands.executeCommand('vscode.openFolder');
  }
}

/** The folder that a row of a view or another command names. */
function rootOf(arg: unknown): string | undefined {
  const root = typeof arg === 'object' && arg !== null ? (arg as { root?: unknown }).root : undefined;
  return typeof root === 'string' ? root : undefined;
}
