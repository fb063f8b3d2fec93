import * as vscode from 'vscode';
import type { Evidence } from '../../common/answers.ts';
import { staysOnDisk, type SheetSummary } from '../../common/sheets.ts';
import type { ChatTurn } from '../../common/chat.ts';
import type { Figures } from '../figures.ts';
import { showInformation } from '../messages.ts';
import { placeOf } from '../roots.ts';
import type { Services } from '../services.ts';
import { heatRuns, lineWeights, STEPS } from './heat.ts';
import { lastEvidence } from './lastEvidence.ts';

/** What one line of an editor shows: how warm it is, and the hover that says why. */
interface WarmLine {
  line: number;
  weight: number;
  hover: string;
}

/** Quiet time before a change of the folder is shown, in milliseconds. */
const REPAINT_MS = 500;

type Shown = { what: 'kept'; sheet?: { root: string; id: string } } | { what: 'attention' };

type Needs = Pick<Services, 'supervisor' | 'workspaces' | 'figures'> & {
  chat: { turns: readonly ChatTurn[]; state: { task: string } };
};

/**
 * A heat map over source: what a sheet kept of a file, or what the last answer looked at. On in all visible editors
 * until it is turned off.
 */
export class KeptView {
  readonly onDidChange: vscode.Event<boolean>;
  private readonly changed = new vscode.EventEmitter<boolean>();
  private readonly needs: Needs;
  private readonly steps: readonly vscode.TextEditorDecorationType[];
  private shown: Shown | undefined;
  private readonly listeners: vscode.Disposable[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(needs: Needs) {
    this.needs = needs;
    this.onDidChange = this.changed.event;
    this.steps = Array.from({ length: STEPS }, (_, index) => {
      const color = new vscode.ThemeColor(`cribsheet.kept${index + 1}Background`);
      return vscode.window.createTextEditorDecorationType({
        isWholeLine: true,
        backgroundColor: color,
        overviewRulerColor: color,
        overviewRulerLane: vscode.OverviewRulerLane.Left,
      });
    });
  }

  get isOn(): boolean {
    return this.shown !== undefined;
  }

  /** Turns it on; where the active editor has nothing to show, it says why. @throws CribsheetError */
  async show(shown: Shown): Promise<void> {
    this.shown = shown;
    if (this.listeners.length === 0) {
      this.listeners.push(
        vscode.window.onDidChangeVisibleTextEditors(() => void this.paint()),
        this.needs.workspaces.onDidChange(() => {
          this.paintSoon();
        }),
      );
    }
    this.changed.fire(true);
    const active = vscode.window.activeTextEditor;
    try {
      const painted = await this.paintStrictly();
      if (!active || !painted.has(active)) this.sayNothing(active);
    } catch (error) {
      this.hide();
      throw error;
    }
  }

  hide(): void {
    this.shown = undefined;
    clearTimeout(this.timer);
    for (const listener of this.listeners.splice(0)) listener.dispose();
    for (const editor of vscode.window.visibleTextEditors) this.clear(editor);
    this.changed.fire(false);
  }

  dispose(): void {
    clearTimeout(this.timer);
    for (const listener of this.listeners.splice(0)) listener.dispose();
    for (const step of this.steps) step.dispose();
    this.changed.dispose();
  }

  /** Folders tell of every step while they are read. */
  private paintSoon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.paint(), REPAINT_MS);
  }

  /** After a change nobody asked for: a failure leaves the editors without colours. */
  private async paint(): Promise<void> {
    try {
      await this.paintStrictly();
    } catch {
      for (const editor of vscode.window.visibleTextEditors) this.clear(editor);
    }
  }

  /** @returns the editors that have something to show */
  private async paintStrictly(): Promise<Set<vscode.TextEditor>> {
    const { shown } = this;
    const painted = new Set<vscode.TextEditor>();
    if (!shown) return painted;
    await Promise.all(
      vscode.window.visibleTextEditors.map(async (editor) => {
        const lines = shown.what === 'kept' ? await this.kept(editor, shown.sheet) : this.attention(editor);
        if (this.shown !== shown) return;
        if (!lines || lines.length === 0) {
          this.clear(editor);
          return;
        }
        this.warm(editor, lines);
        painted.add(editor);
      }),
    );
    return painted;
  }

  private async kept(editor: vscode.TextEditor, sheet?: { root: string; id: string }): Promise<WarmLine[] | undefined> {
    const place = placeOf(editor.document.uri);
    if (!place) return undefined;
    const id = sheet?.root === place.root ? sheet.id : (await this.sheetOf(place.root))?.id;
    if (id === undefined) return undefined;
    const { lines, stale } = await (await this.needs.supervisor.client()).kept({ ...place, id });
    const { figures } = this.needs;
    const { t } = vscode.l10n;
    return lines.map(({ line, tokens, weight }) => {
      const kept = t(
        'Kept: {0} of {1} tokens ({2}).',
        figures.number(weight * tokens),
        tokens,
        figures.percent(weight),
      );
      return { line, weight, hover: stale ? `${kept} ${t('The file has changed since.')}` : kept };
    });
  }

  /** The sheet of the chat's task, otherwise the newest. */
  private async sheetOf(root: string): Promise<SheetSummary | undefined> {
    const all = this.needs.workspaces.state(root).sheets ?? (await this.needs.workspaces.sheets(root));
    // One that stays on disk has kept everything.
    const sheets = all.filter((sheet) => !staysOnDisk(sheet));
    return sheets.find(({ task }) => task.id === this.needs.chat.state.task) ?? sheets[0];
  }

  private attention(editor: vscode.TextEditor): WarmLine[] | undefined {
    const place = placeOf(editor.document.uri);
    const last = lastEvidence(this.needs.chat.turns);
    if (!place || last?.root !== place.root) return undefined;
    return warmLines(
      last.evidence.filter(({ path }) => path === place.path),
      editor.document.lineCount,
      this.needs.figures,
    );
  }

  private warm(editor: vscode.TextEditor, lines: readonly WarmLine[]): void {
    const weights = new Array<number>(editor.document.lineCount).fill(0);
    for (const { line, weight } of lines) {
      if (line < 1 || line > weights.length) continue;
      // A kept line break says nothing, and would be the hottest line of all.
      if (!editor.document.lineAt(line - 1).isEmptyOrWhitespace) weights[line - 1] = weight;
    }
    const hovers = new Map(lines.map(({ line, hover }) => [line, hover]));
    const options = this.steps.map((): vscode.DecorationOptions[] => []);
    for (const { startLine, endLine, step } of heatRuns(weights)) {
      for (let line = startLine; line <= endLine; line++) {
        options[step - 1]?.push({
          range: editor.document.lineAt(line - 1).range,
          hoverMessage: new vscode.MarkdownString().appendText(hovers.get(line) ?? ''),
        });
      }
    }
    this.steps.forEach((step, index) => {
      editor.setDecorations(step, options[index] ?? []);
    });
  }

  private clear(editor: vscode.TextEditor): void {
    for (const step of this.steps) editor.setDecorations(step, []);
  }

  private sayNothing(editor: vscode.TextEditor | undefined): void {
    const { t } = vscode.l10n;
    const name = editor ? vscode.workspace.asRelativePath(editor.document.uri) : undefined;
    const text =
      this.shown?.what === 'attention'
        ? t('The last answer looked at nothing in this file. Its evidence is listed below the answer.')
        : name === undefined
          ? t('Open a file to see what the sheet kept of it.')
          : t('The sheet holds nothing of {0}. The sheets view says why files are out.', name);
    const show = t('Show Sheets');
    void showInformation(text, show).then((chosen) =>
      chosen === show ? vscode.commands.executeCommand('cribsheet.sheets.focus') : undefined,
    );
  }
}

/** Evidence of one file by line, with hovers. */
function warmLines(evidence: readonly Evidence[], lineCount: number, figures: Figures): WarmLine[] {
  return lineWeights(evidence, lineCount).flatMap((weight, index) => {
    if (weight === 0) return [];
    const line = index + 1;
    const around = evidence.filter(({ startLine, endLine }) => startLine <= line && line <= endLine);
    const share = around.reduce((sum, one) => sum + one.weight, 0);
    const looked = vscode.l10n.t("{0} of the last answer's attention fell on these lines.", figures.percent(share));
    const isStale = around.some(({ stale }) => stale);
    return [{ line, weight, hover: isStale ? `${looked} ${vscode.l10n.t('The file has changed since.')}` : looked }];
  });
}
