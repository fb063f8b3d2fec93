import * as vscode from 'vscode';
import { CribsheetError, errorRecord, type ErrorRecord } from '../../common/errors.ts';
import { editorError } from '../editorError.ts';
import { showError, showWarning } from '../messages.ts';
import { errorActions } from './errorActions.ts';

/** Tells the user of failures: one message each, with what happened and what to do, and everything in the log. */
export class Reporter {
  private readonly log: vscode.LogOutputChannel;
  /** Messages that are on the screen: the same failure from several places is told once. */
  private readonly shown = new Set<string>();

  constructor(log: vscode.LogOutputChannel) {
    this.log = log;
  }

  /** For any thrown value. A cancel is no failure. Settles when the message is gone. */
  async error(error: unknown): Promise<void> {
    if (CribsheetError.is(error, 'cancelled') || error instanceof vscode.CancellationError) return;
    if (!CribsheetError.is(error)) this.log.error(error instanceof Error ? error : String(error));
    await this.record(errorRecord(error), 'error');
  }

  async record(record: ErrorRecord, level: 'error' | 'warning' = 'error'): Promise<void> {
    this.log[level === 'error' ? 'error' : 'warn'](`${record.code}: ${record.message} ${record.action}`);
    const { message, action: advice } = editorError(record, vscode.l10n.t);
    const text = `${message} ${advice}`;
    if (this.shown.has(text)) return;
    this.shown.add(text);
    const actions = errorActions(record.code, vscode.l10n.t);
    const show = level === 'error' ? showError : showWarning;
    try {
      const chosen = await show(text, ...actions.map(({ label }) => label));
      const action = actions.find(({ label }) => label === chosen);
      if (action) await vscode.commands.executeCommand(action.command);
    } finally {
      this.shown.delete(text);
    }
  }
}
