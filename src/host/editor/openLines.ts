import * as vscode from 'vscode';
import type { LineRange } from '../../common/answers.ts';
import { showWarning } from '../messages.ts';
import { pathOnDisk } from '../paths.ts';

/** How long each step of the highlight stays, in milliseconds; the last one is followed by nothing. */
const FADE_MS = [1_600, 500, 500] as const;

/** Opens places in files and highlights them for a moment. */
export class LineOpener {
  private readonly steps: readonly vscode.TextEditorDecorationType[];
  private timer: NodeJS.Timeout | undefined;
  private lit: vscode.TextEditor | undefined;

  constructor() {
    this.steps = FADE_MS.map((_, index) =>
      vscode.window.createTextEditorDecorationType({
        isWholeLine: true,
        backgroundColor: new vscode.ThemeColor(`cribsheet.citation${index + 1}Background`),
        overviewRulerColor: new vscode.ThemeColor(`cribsheet.citation${index + 1}Background`),
        overviewRulerLane: vscode.OverviewRulerLane.Full,
      }),
    );
  }

  /** Lines are 1-based; 0–0 is the whole file, a path that ends in `/` a folder. Tells the user what is not there. */
  async open(root: string, range: LineRange, { beside }: { beside: boolean }): Promise<void> {
    const onDisk = pathOnDisk(root, range.path.replace(/\/$/u, ''));
    if (onDisk === undefined) return this.missing(range.path);
    const uri = vscode.Uri.file(onDisk);
    if (range.path.endsWith('/')) {
      await vscode.commands.executeCommand('revealInExplorer', uri);
      return;
    }
    let document: vscode.TextDocument;
    try {
      document = await vscode.workspace.openTextDocument(uri);
    } catch {
      return this.missing(range.path);
    }
    const viewColumn = beside ? vscode.ViewColumn.Beside : vscode.ViewColumn.Active;
    const lines = linesIn(range, document.lineCount);
    if (!lines) {
      await vscode.window.showTextDocument(document, { viewColumn, preview: true });
      return;
    }
    const start = new vscode.Position(lines.first, 0);
    const editor = await vscode.window.showTextDocument(document, {
      viewColumn,
      preview: true,
      selection: new vscode.Range(start, start),
    });
    const whole = new vscode.Range(start, document.lineAt(lines.last).range.end);
    editor.revealRange(whole, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
    this.light(editor, whole);
  }

  dispose(): void {
    clearTimeout(this.timer);
    for (const step of this.steps) step.dispose();
  }

  private light(editor: vscode.TextEditor, range: vscode.Range): void {
    this.dark();
    this.lit = editor;
    this.show(range, 0);
  }

  private show(range: vscode.Range, index: number): void {
    this.steps.forEach((step, i) => this.lit?.setDecorations(step, i === index ? [range] : []));
    const ms = FADE_MS[index];
    if (ms === undefined) return;
    this.timer = setTimeout(() => {
      this.show(range, index + 1);
    }, ms);
  }

  private dark(): void {
    clearTimeout(this.timer);
    for (const step of this.steps) this.lit?.setDecorations(step, []);
    this.lit = undefined;
  }

  private missing(path: string): void {
    const text = vscode.l10n.t(
      '{0} is not there any more. Read the workspace again to bring answers up to date.',
      path,
    );
    const refresh = vscode.l10n.t('Read Workspace Again');
    void showWarning(text, refresh).then((chosen) =>
      chosen === refresh ? vscode.commands.executeCommand('cribsheet.refresh') : undefined,
    );
  }
}

/** 0-based first and last line inside a document; undefined where no line is meant. */
function linesIn({ startLine, endLine }: LineRange, lineCount: number): { first: number; last: number } | undefined {
  if (startLine <= 0) return undefined;
  const inside = (line: number): number => Math.min(Math.max(0, line - 1), lineCount - 1);
  const first = inside(startLine);
  return { first, last: Math.max(first, inside(endLine)) };
}
