import * as vscode from 'vscode';
import { plainMessage } from './plainMessage.ts';

/** What the user is told, and asked, in messages. Whatever is inserted into a text is text: see `plainMessage`. */

/** @returns the button that was chosen; undefined where the message was closed */
export function showInformation(text: string, ...buttons: string[]): Thenable<string | undefined> {
  return vscode.window.showInformationMessage(plainMessage(text), ...buttons);
}

/** As `showInformation`. */
export function showWarning(text: string, ...buttons: string[]): Thenable<string | undefined> {
  return vscode.window.showWarningMessage(plainMessage(text), ...buttons);
}

/** As `showInformation`. */
export function showError(text: string, ...buttons: string[]): Thenable<string | undefined> {
  return vscode.window.showErrorMessage(plainMessage(text), ...buttons);
}

/** Asks in a dialog, before something is lost. @returns whether `button` was chosen */
export async function confirms(question: string, detail: string, button: string): Promise<boolean> {
  const options = { modal: true, detail: plainMessage(detail) };
  return (await vscode.window.showWarningMessage(plainMessage(question), options, button)) === button;
}

/** @param value.increment in percent */
export type ReportProgress = (value: { message?: string; increment?: number }) => void;

/** Shows work as a notification with a button that aborts its signal. */
export function withNotification<T>(
  title: string,
  work: (signal: AbortSignal, report: ReportProgress) => Promise<T>,
): Thenable<T> {
  const location = vscode.ProgressLocation.Notification;
  const options = { location, title: plainMessage(title), cancellable: true };
  return vscode.window.withProgress(options, async (progress, token) => {
    const controller = new AbortController();
    const listener = token.onCancellationRequested(() => {
      controller.abort();
    });
    try {
      return await work(controller.signal, ({ message, ...value }) => {
        progress.report({ ...value, ...(message === undefined ? {} : { message: plainMessage(message) }) });
      });
    } finally {
      listener.dispose();
    }
  });
}
