import * as vscode from 'vscode';

/** The names that `when` clauses in package.json go by. */
export interface ContextKeys {
  job: 'running' | 'paused' | '';
  hasSheets: boolean;
  keptShown: boolean;
  hasAnswer: boolean;
  hasQuestions: boolean;
  hasFindings: boolean;
  hasComparisons: boolean;
}

/** Tells VS Code of context keys when they change, and only then. */
export class Contexts {
  private readonly current: Partial<ContextKeys> = {};

  set<K extends keyof ContextKeys>(key: K, value: ContextKeys[K]): void {
    if (this.current[key] === value) return;
    this.current[key] = value;
    void vscode.commands.executeCommand('setContext', `cribsheet.${key}`, value);
  }
}
