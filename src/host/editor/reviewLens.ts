import * as vscode from 'vscode';
import { placeOf } from '../roots.ts';
import type { Services } from '../services.ts';
import { onAnySetting, readSettings } from '../settings/settings.ts';
import { definitionsToReview } from './findings.ts';

/** "Review with the sheet" above definitions: off by default, and it never starts the worker. */
export class ReviewLens implements vscode.CodeLensProvider {
  readonly onDidChangeCodeLenses: vscode.Event<void>;
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly needs: Pick<Services, 'supervisor' | 'workspaces' | 'log'>;
  private readonly listeners: vscode.Disposable[];

  constructor(needs: ReviewLens['needs']) {
    this.needs = needs;
    this.onDidChangeCodeLenses = this.changed.event;
    const tell = (): void => {
      this.changed.fire();
    };
    this.listeners = [onAnySetting(tell), needs.supervisor.onDidChange(tell)];
  }

  async provideCodeLenses(document: vscode.TextDocument, token: vscode.CancellationToken): Promise<vscode.CodeLens[]> {
    const place = placeOf(document.uri);
    const { supervisor, workspaces, log } = this.needs;
    if (!place || document.isDirty || !readSettings(place.root).review.codeLens) return [];
    const { kind } = supervisor.state;
    if (kind !== 'ready' || workspaces.state(place.root).kind !== 'read') return [];
    try {
      const chunks = await (await supervisor.client()).chunks(place.root, place.path);
      if (token.isCancellationRequested) return [];
      return definitionsToReview(chunks).map(({ nameLine }) => {
        const line = Math.min(nameLine, document.lineCount) - 1;
        return new vscode.CodeLens(new vscode.Range(line, 0, line, 0), {
          title: vscode.l10n.t('Review with the sheet'),
          command: 'cribsheet.reviewFunction',
          arguments: [document.uri, nameLine],
        });
      });
    } catch (error) {
      // Lenses come and go with the worker: no reason to interrupt anybody.
      log.warn(`Code lenses for ${place.path}: ${String(error)}`);
      return [];
    }
  }

  dispose(): void {
    for (const listener of this.listeners) listener.dispose();
    this.changed.dispose();
  }
}
