import type * as vscode from 'vscode';
import type { ChatSession } from '../chat/session.ts';
import { openPage, post, type PageOptions } from './page.ts';

/** The sidebar: one webview that shows the session. Register it with `vscode.window.registerWebviewViewProvider(ChatView.id, …)`. */
export class ChatView implements vscode.WebviewViewProvider {
  static readonly id = 'cribsheet.chat';
  private readonly session: ChatSession;
  private readonly options: PageOptions;
  private view: vscode.WebviewView | undefined;
  private listeners: { dispose(): void }[] = [];

  constructor(session: ChatSession, options: PageOptions) {
    this.session = session;
    this.options = options;
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    this.release();
    this.view = view;
    const { webview } = view;
    this.listeners = [
      openPage(webview, 'chat', this.options, async (message) => {
        // Said again after the view was hidden: the page was thrown away with all that it knew.
        if (message.type === 'ready') for (const answer of await this.session.open()) post(webview, answer);
        else await this.session.handle(message);
      }),
      this.session.onMessage((message) => {
        post(webview, message);
      }),
      view.onDidDispose(() => {
        if (this.view === view) this.release();
      }),
    ];
  }

  dispose(): void {
    this.release();
  }

  private release(): void {
    for (const listener of this.listeners) listener.dispose();
    this.listeners = [];
    this.view = undefined;
  }
}
