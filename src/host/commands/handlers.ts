import * as vscode from 'vscode';
import type { Reporter } from './reporter.ts';

/** Arguments come from menus, links and other extensions: whoever handles them looks before using them. */
export type Handler = (...args: unknown[]) => Promise<void> | void;
/** Commands by id without `cribsheet.`. */
export type Handlers = Record<string, Handler>;

/** Handlers by the whole id of their command. Whatever one throws is told to the user once. */
export function reported(handlers: Handlers, report: Reporter): ReadonlyMap<string, Handler> {
  return new Map(
    Object.entries(handlers).map(([name, handler]) => [
      `cribsheet.${name}`,
      async (...args) => {
        try {
          await handler(...args);
        } catch (error) {
          // Not awaited: a command ends when its work does, a message stays as long as the user likes.
          void report.error(error);
        }
      },
    ]),
  );
}

/** The file that a menu or the active editor names. */
export function uriOf(arg: unknown): vscode.Uri | undefined {
  return arg instanceof vscode.Uri ? arg : vscode.window.activeTextEditor?.document.uri;
}
