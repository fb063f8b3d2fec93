import * as vscode from 'vscode';
import { readable } from '../roots.ts';
import type { Services } from '../services.ts';
import { modelLine, statusFacts, statusLine, type StatusFacts } from './statusText.ts';

type Needs = Pick<Services, 'supervisor' | 'workspaces' | 'jobs' | 'figures'>;

/** The one item in the status bar. A click shows the details, or turns highlights off. */
export class StatusItem {
  private readonly needs: Needs;
  private readonly item: vscode.StatusBarItem;
  private readonly listeners: { dispose(): void }[];
  private readonly keptShown: () => boolean;

  constructor(needs: Needs, keptShown: () => boolean) {
    this.needs = needs;
    this.keptShown = keptShown;
    this.item = vscode.window.createStatusBarItem('cribsheet.status', vscode.StatusBarAlignment.Left, 10);
    this.item.name = 'Cribsheet';
    const update = (): void => {
      this.update();
    };
    this.listeners = [
      needs.supervisor.onDidChange(update),
      needs.workspaces.onDidChange(update),
      needs.jobs.onDidChange(update),
      vscode.workspace.onDidGrantWorkspaceTrust(update),
    ];
    this.update();
    this.item.show();
  }

  update(): void {
    const { t } = vscode.l10n;
    const isKept = this.keptShown();
    const { text, tooltip, level } = statusLine(this.facts(), this.needs.figures, t);
    this.item.text = text;
    this.item.tooltip = tooltip;
    this.item.accessibilityInformation = { label: `${text.replaceAll(/\$\([^)]*\)\s*/gu, '')}. ${tooltip}` };
    this.item.command = isKept ? 'cribsheet.hideKept' : 'cribsheet.showStatus';
    this.item.backgroundColor =
      level === 'normal' ? undefined : new vscode.ThemeColor(`statusBarItem.${level}Background`);
  }

  facts(): StatusFacts {
    const { supervisor, workspaces, jobs } = this.needs;
    return {
      readable: readable(),
      supervisor: supervisor.state,
      model: supervisor.model,
      roots: workspaces.roots.map(({ root, name }) => ({ name, state: workspaces.state(root), job: jobs.job(root) })),
      keptShown: this.keptShown(),
    };
  }

  /** Everything the item stands for, with what can be done. */
  async showDetails(): Promise<void> {
    const { t } = vscode.l10n;
    const facts = this.facts();
    const states = facts.roots.map(({ job }) => job?.state);
    const has = (...wanted: string[]): boolean => states.some((state) => state !== undefined && wanted.includes(state));
    const model = modelLine(facts.model, this.needs.figures, t);
    const canRead = facts.readable === 'yes';
    const hasSheet = facts.roots.some(({ state }) => (state.sheets ?? []).length > 0);
    const action = (when: boolean, icon: string, label: string, command: string) =>
      when ? [{ label: `$(${icon}) ${label}`, command }] : [];
    const items: (vscode.QuickPickItem & { command?: string })[] = [
      ...statusFacts(facts, this.needs.figures, t).map((label) => ({
        label,
        command: label === model ? 'cribsheet.models.focus' : 'cribsheet.sheets.focus',
      })),
      { label: t('Actions'), kind: vscode.QuickPickItemKind.Separator },
      ...action(has('running', 'waiting'), 'debug-pause', t('Pause Compression'), 'cribsheet.pauseCompress'),
      ...action(has('paused', 'failed'), 'debug-continue', t('Resume Compression'), 'cribsheet.resumeCompress'),
      ...action(
        has('running', 'waiting', 'paused', 'failed'),
        'debug-stop',
        t('Cancel Compression'),
        'cribsheet.cancelCompress',
      ),
      ...action(canRead && hasSheet, 'sync', t('Rebuild Sheet'), 'cribsheet.rebuildSheet'),
      ...action(canRead, 'archive', t('Compress Workspace for Task…'), 'cribsheet.compress'),
      ...action(facts.readable === 'untrusted', 'shield', t('Manage Workspace Trust'), 'workbench.trust.manage'),
      ...action(true, 'chip', t('Choose Model…'), 'cribsheet.chooseModel'),
      ...action(true, 'debug-restart', t('Restart Engine'), 'cribsheet.restartEngine'),
      ...action(true, 'gear', t('Open Settings'), 'cribsheet.openSettings'),
      ...action(true, 'output', t('Show Log'), 'cribsheet.showLog'),
    ];
    const picked = await vscode.window.showQuickPick(items, { title: 'Cribsheet' });
    if (picked?.command !== undefined) await vscode.commands.executeCommand(picked.command);
  }

  dispose(): void {
    for (const listener of this.listeners) listener.dispose();
    this.item.dispose();
  }
}
