import * as vscode from 'vscode';
import type { HostMessage } from '../../common/chat.ts';
import type { ChatSession } from '../chat/session.ts';
import { openPage, post, type PageOptions } from './page.ts';

/** Comparisons as editor tabs: one a turn. Each gets the messages of the session that are about its turn. */
export class CompareTabs {
  static readonly id = 'cribsheet.comparison';
  private readonly session: ChatSession;
  private readonly options: PageOptions;
  private readonly tabs = new Map<string, vscode.WebviewPanel>();

  constructor(session: ChatSession, options: PageOptions) {
    this.session = session;
    this.options = options;
  }

  /** Opens the tab of a turn, or shows the one that is there. */
  open(turn: string): void {
    const shown = this.tabs.get(turn);
    if (shown) {
      shown.reveal();
      return;
    }
    const found = this.session.turn(turn);
    if (!found) return;
    const title = vscode.l10n.t('Compare: {0}', cut(found.turn.question));
    const panel = vscode.window.createWebviewPanel(CompareTabs.id, title, vscode.ViewColumn.Active);
    const icons = vscode.Uri.joinPath(this.options.extensionUri, 'media', 'icons');
    panel.iconPath = {
      light: vscode.Uri.joinPath(icons, 'crib-light.svg'),
      dark: vscode.Uri.joinPath(icons, 'crib-dark.svg'),
    };
    this.tabs.set(turn, panel);
    const { webview } = panel;
    const listeners = [
      openPage(webview, 'compare', this.options, async (message) => {
        if (message.type === 'ready') for (const answer of this.first(found.chat, turn)) post(webview, answer);
        else await this.session.handle(message);
      }),
      this.session.onMessage((message) => {
        if (isAbout(message, turn)) post(webview, message);
      }),
    ];
    panel.onDidDispose(() => {
      for (const listener of listeners) listener.dispose();
      this.tabs.delete(turn);
    });
  }

  dispose(): void {
    for (const panel of [...this.tabs.values()]) panel.dispose();
  }

  private first(chat: string, turn: string): HostMessage[] {
    const found = this.session.turn(turn);
    return [
      { type: 'state', state: this.session.state },
      { type: 'chat', id: chat, turns: found ? [found.turn] : [] },
    ];
  }
}

function isAbout(message: HostMessage, turn: string): boolean {
  switch (message.type) {
    case 'state':
      return true;
    case 'turn':
      return message.turn.id === turn;
    case 'text':
      return message.turn === turn;
    default:
      return false;
  }
}

function cut(question: string): string {
  const line = question.replaceAll(/\s+/gu, ' ').trim();
  return line.length > 40 ? `${line.slice(0, 39)}…` : line;
}
