import * as vscode from 'vscode';
import { pathOnDisk } from '../paths.ts';
import type { Entry } from './entry.ts';
import { Rows } from './rows.ts';

/** Shows entries as a tree view. */
export class EntryTree<E extends Entry> implements vscode.TreeDataProvider<E> {
  readonly onDidChangeTreeData: vscode.Event<E[] | undefined>;
  private readonly changed = new vscode.EventEmitter<E[] | undefined>();
  private readonly rows: Rows<E>;
  private readonly onError: (error: unknown) => void;
  /** The reading that is under way, and whether another one is to follow. */
  private reading = false;
  private again = false;

  constructor(roots: () => E[] | Promise<E[]>, onError: (error: unknown) => void) {
    this.rows = new Rows(roots);
    this.onError = onError;
    this.onDidChangeTreeData = this.changed.event;
  }

  /** Something may have changed. Where nobody sees the tree, VS Code asks for all of it once somebody does. */
  update({ visible }: { visible: boolean }): void {
    if (visible) void this.renew();
    else this.drawAll();
  }

  async getChildren(entry?: E): Promise<E[]> {
    try {
      return await this.rows.children(entry);
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

  private drawAll(): void {
    this.rows.clear();
    this.changed.fire(undefined);
  }

  private async renew(): Promise<void> {
    this.again = true;
    if (this.reading) return;
    this.reading = true;
    try {
      while (this.again) {
        this.again = false;
        const rows = await this.rows.renew();
        const known = rows.filter((row) => row !== undefined);
        if (known.length < rows.length) this.changed.fire(undefined);
        else if (known.length > 0) this.changed.fire(known);
      }
    } catch {
      // VS Code asks for all of it, and what fails then is told.
      this.drawAll();
    } finally {
      this.reading = false;
    }
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
