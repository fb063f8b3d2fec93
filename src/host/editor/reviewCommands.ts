import * as vscode from 'vscode';
import { uriOf, type Handlers } from '../commands/handlers.ts';
import { REVIEW_SOURCE, type Reviewer } from './review.ts';

/** Reviewing a file or the definition at a line, and taking findings away. */
export function reviewHandlers(reviewer: () => Reviewer): Handlers {
  return {
    reviewFile: async (arg) => {
      const uri = uriOf(arg);
      if (uri) await reviewer().review(uri);
    },
    reviewFunction: async (arg, line) => {
      const uri = uriOf(arg);
      const cursor = vscode.window.activeTextEditor?.selection.active.line ?? 0;
      if (uri) await reviewer().review(uri, typeof line === 'number' ? line : cursor + 1);
    },
    dismissFinding: (uri, finding) => {
      if (uri instanceof vscode.Uri && finding instanceof vscode.Diagnostic) reviewer().dismiss(uri, finding);
    },
    dismissFindings: (uri) => {
      reviewer().dismiss(uri instanceof vscode.Uri ? uri : undefined);
    },
  };
}

/** Light bulbs on findings. */
export class ReviewActions implements vscode.CodeActionProvider {
  static readonly metadata = { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix] };

  provideCodeActions(
    document: vscode.TextDocument,
    _range: vscode.Range,
    { diagnostics }: vscode.CodeActionContext,
  ): vscode.CodeAction[] {
    const { t } = vscode.l10n;
    const ours = diagnostics.filter(({ source }) => source === REVIEW_SOURCE);
    const one = ours.map((finding) => {
      const action = dismissing(t('Dismiss this finding'), 'cribsheet.dismissFinding', [document.uri, finding]);
      action.diagnostics = [finding];
      return action;
    });
    if (one.length === 0) return [];
    const all = dismissing(t('Dismiss all findings in this file'), 'cribsheet.dismissFindings', [document.uri]);
    all.diagnostics = ours;
    return [...one, all];
  }
}

function dismissing(title: string, command: string, args: unknown[]): vscode.CodeAction {
  const action = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
  action.command = { title, command, arguments: args };
  return action;
}
