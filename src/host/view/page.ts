import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { parseWebviewMessage } from '../../common/chatMessages.ts';
import type { HostMessage, WebviewMessage } from '../../common/chat.ts';
import { pageHtml, type PageName } from './html.ts';

/** What every page needs: where its files are, the words of the user's language, where its faults go. */
export interface PageOptions {
  extensionUri: vscode.Uri;
  /** Texts of the webview by key, where they are not English. */
  texts: Readonly<Record<string, string>>;
  onMessage: (message: string) => void;
}

/** Turns a webview into a page of ours and hands its checked messages over. */
export function openPage(
  webview: vscode.Webview,
  name: PageName,
  { extensionUri, texts, onMessage }: PageOptions,
  receive: (message: WebviewMessage) => Promise<void>,
): vscode.Disposable {
  const dist = vscode.Uri.joinPath(extensionUri, 'dist');
  webview.options = { enableScripts: true, enableForms: false, localResourceRoots: [dist] };
  const listener = webview.onDidReceiveMessage((value: unknown) => {
    const message = parseWebviewMessage(value);
    if (message) {
      receive(message).catch((error: unknown) => {
        onMessage(`The page ${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      });
    } else onMessage(`The page ${name} sent something that is no message.`);
  });
  const uri = (file: string): string => webview.asWebviewUri(vscode.Uri.joinPath(dist, file)).toString();
  webview.html = pageHtml({
    name,
    language: vscode.env.language,
    source: webview.cspSource,
    nonce: randomBytes(16).toString('base64'),
    script: uri('webview.js'),
    style: uri('codicon.css'),
    texts,
  });
  return listener;
}

/** A message that finds no page is no failure: a hidden page asks again when it is shown. */
export function post(webview: vscode.Webview, message: HostMessage): void {
  void webview.postMessage(message);
}
