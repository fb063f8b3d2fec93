import * as vscode from 'vscode';
import { pathOnDisk } from '../paths.ts';
import type { Entry } from './entry.ts';

/** Shows entries as a tree view. `update` asks for all of them anew; VS Code asks only while the view is visible. */
export class EntryTree<E extends Entry> implements vscode.TreeDataProvider<E> {
  readonly onDidChangeTreeData: vscode.Event<undefined>;
  private readonly changed = new vscode.EventEmitter<undefined>();
  private readonly roots: () => E[] | Promise<E[]>;
  private readonly onError: (error: unknown) => void;

  constructor(roots: () => E[] | Promise<E[]>, onError: (error: unknown) => void) {
    this.roots = roots;
    this.onError = onError;
    this.onDidChangeTreeData = this.changed.event;
  }

  update(): void {
    this.changed.fire(undefined);
  }

  async getChildren(entry?: E): Promise<E[]> {
    try {
      return entry ? (((await entry.children?.()) ?? []) as E[]) : await this.roots();
    } catch (error) {
      this.onError(error);
      return [];
    }
  }

  getTreeItem(entry: E): vscode.TreeItem {
    const item = new vscode.TreeItem(entry.label, collapsible[entry.state]);
    item.id = entry.id;
    item.contextValue = entry.context;
    if (entry.description !== undefined) item.description = entry.description;
    if (entry.tooltip !== undefined) item.tooltip = entry.tooltip;
    if (entry.icon !== undefined) {
      item.iconPath = new vscode.ThemeIcon(entry.icon, entry.color ? new vscode.ThemeColor(entry.color) : undefined);
    }
    this.addFile(entry, item);
    if (entry.command !== undefined) item.command = { command: entry.command, title: entry.label };
    return item;
  }

  dispose(): void {
    this.changed.dispose();
  }

  private addFile({ file, icon }: Entry, item: vscode.TreeItem): void {
    const onDisk = file && pathOnDisk(file.root, file.path.replace(/\/$/u, ''));
    if (!file || onDisk === undefined) return;
    const uri = vscode.Uri.file(onDisk);
    item.resourceUri = uri;
    item.iconPath ??= icon === undefined ? vscode.ThemeIcon.File : new vscode.ThemeIcon(icon);
    if (!file.gone) item.command = { command: 'vscode.open', title: vscode.l10n.t('Open File'), arguments: [uri] };
  }
}

const collapsible = {
  leaf: vscode.TreeItemCollapsibleState.None,
  closed: vscode.TreeItemCollapsibleState.Collapsed,
  open: vscode.TreeItemCollapsibleState.Expanded,
} as const;
