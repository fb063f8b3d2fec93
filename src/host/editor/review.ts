import * as vscode from 'vscode';
import { CribsheetError } from '../../common/errors.ts';
import type { ChunkInfo } from '../../common/protocol.ts';
import { showInformation, showWarning, withNotification } from '../messages.ts';
import { isReadable, sheetOfTask } from '../readableSheets.ts';
import { placeOf } from '../roots.ts';
import type { Services } from '../services.ts';
import { readSettings } from '../settings/settings.ts';
import type { ReviewSeverity } from '../settings/values.ts';
import {
  definitionAt,
  definitionsToReview,
  findingOf,
  isUnanswered,
  nameInText,
  reviewModesFor,
  reviewQuestion,
} from './findings.ts';

/** The task whose sheet and instruction a review stands on. */
const TASK = 'code-review';
export const REVIEW_SOURCE = 'Cribsheet';

type Needs = Pick<Services, 'supervisor' | 'workspaces' | 'figures'>;

/** Reviews definitions with the code-review task and shows what it finds as diagnostics. */
export class Reviewer {
  readonly onDidChange: vscode.Event<void>;
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly needs: Needs;
  private readonly diagnostics = vscode.languages.createDiagnosticCollection('cribsheet.review');
  private readonly listeners: vscode.Disposable[];

  constructor(needs: Needs) {
    this.needs = needs;
    this.onDidChange = this.changed.event;
    this.listeners = [
      // A finding is about the text as it was.
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0) this.clear(document.uri);
      }),
      vscode.workspace.onDidDeleteFiles(({ files }) => {
        for (const file of files) this.clear(file);
      }),
    ];
  }

  get hasFindings(): boolean {
    for (const [, found] of this.diagnostics) if (found.length > 0) return true;
    return false;
  }

  /** @param line 1-based: only the definition around it. @throws CribsheetError */
  async review(uri: vscode.Uri, line?: number): Promise<void> {
    const { t } = vscode.l10n;
    const place = placeOf(uri);
    const document = await vscode.workspace.openTextDocument(uri);
    if (!place || place.path === '') {
      void showWarning(t('Only files of a workspace folder can be reviewed.'));
      return;
    }
    if (!(await isSaved(document))) return;
    await this.needs.workspaces.ensureFresh(place.root);
    const chunks = await (await this.needs.supervisor.client()).chunks(place.root, place.path);
    const definitions = pickDefinitions(chunks, line, readSettings(place.root).review.maxDefinitions);
    if (definitions.length === 0) {
      void showInformation(nothingToReview(chunks, place.path, line));
      return;
    }
    const isCovered = await this.isCovered(place);
    if (isCovered === undefined) return;
    if (line === undefined) this.clear(uri);
    const found = await this.run(document, place, definitions, isCovered);
    if (found.findings > 0 || found.cancelled) return;
    void showInformation(noFindings(definitions, found.unanswered, place.path));
  }

  /** Takes one finding away, or all of a file, or all. */
  dismiss(uri?: vscode.Uri, finding?: vscode.Diagnostic): void {
    if (!uri) this.diagnostics.clear();
    else if (!finding) this.diagnostics.delete(uri);
    else {
      const rest = (this.diagnostics.get(uri) ?? []).filter((one) => !isSame(one, finding));
      this.diagnostics.set(uri, rest);
    }
    this.changed.fire();
  }

  dispose(): void {
    for (const listener of this.listeners) listener.dispose();
    this.diagnostics.dispose();
    this.changed.dispose();
  }

  private clear(uri: vscode.Uri): void {
    if (!this.diagnostics.has(uri)) return;
    this.diagnostics.delete(uri);
    this.changed.fire();
  }

  /** Is the file in an up-to-date sheet of the task? Undefined where there is no sheet and the user rather stops. */
  private async isCovered({ root, path }: { root: string; path: string }): Promise<boolean | undefined> {
    const { workspaces, supervisor } = this.needs;
    const sheet = sheetOfTask(await workspaces.sheets(root), TASK, supervisor.model);
    if (sheet && isReadable(sheet, supervisor.model)) {
      const stale = workspaces.state(root).stale[sheet.id];
      const { covered } = await (await supervisor.client()).sheet(root, sheet.id);
      return covered.includes(path) && !(stale?.changed.includes(path) ?? false);
    }
    const { t } = vscode.l10n;
    const [compress, go] = [t('Compress…'), t('Review Without a Sheet')];
    const text = t(
      'There is no sheet for code review yet. Without one each definition is read anew, which takes longer.',
    );
    const chosen = await showInformation(text, compress, go);
    if (chosen === compress) await vscode.commands.executeCommand('cribsheet.compress', { root });
    return chosen === go ? false : undefined;
  }

  private async run(
    document: vscode.TextDocument,
    place: { root: string; path: string },
    definitions: readonly ChunkInfo[],
    isCovered: boolean,
  ): Promise<{ findings: number; unanswered: number; cancelled: boolean }> {
    const { t } = vscode.l10n;
    const { severity, mode } = readSettings(place.root).review;
    const modes = reviewModesFor(mode, isCovered);
    const total = { findings: 0, unanswered: 0, cancelled: false };
    const title = t('Reviewing {0}', place.path);
    await withNotification(title, async (signal, report) => {
      const { version } = document;
      try {
        for (const [index, definition] of definitions.entries()) {
          report({ message: t('{0} of {1}: {2}', index + 1, definitions.length, definition.name) });
          const finding = await this.ask(place, definition, modes, signal);
          if (document.version !== version) {
            total.cancelled = true;
            void showInformation(t('The file was changed: the review has stopped.'));
            return;
          }
          if (finding === 'unanswered') total.unanswered++;
          else if (finding !== undefined && this.add(document, definition, finding, severity)) total.findings++;
          report({ increment: 100 / definitions.length });
        }
      } catch (error) {
        if (!CribsheetError.is(error, 'cancelled')) throw error;
        total.cancelled = true;
      }
    });
    return total;
  }

  /** What is wrong with a definition; undefined where nothing is. @throws CribsheetError what concerns all of them */
  private async ask(
    { root, path }: { root: string; path: string },
    definition: ChunkInfo,
    modes: readonly ('cache' | 'rag')[],
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const { startLine, endLine } = definition;
    const client = await this.needs.supervisor.client();
    let unanswered = 0;
    for (const mode of modes) {
      const answer = await client.ask(
        // The definition itself is always read: a sheet has not kept all of it.
        { root, task: TASK, question: reviewQuestion(definition), mode, focus: [{ path, startLine, endLine }] },
        { signal },
      );
      const { error } = answer;
      if (isUnanswered(answer)) unanswered++;
      else if (error) throw new CribsheetError(error.code, error.message, error.action);
      const finding = findingOf(answer);
      if (finding !== undefined) {
        return answer.unsure ? vscode.l10n.t('{0} (The model is not sure.)', finding) : finding;
      }
    }
    return unanswered === modes.length ? 'unanswered' : undefined;
  }

  private add(
    document: vscode.TextDocument,
    definition: ChunkInfo,
    finding: string,
    severity: ReviewSeverity,
  ): boolean {
    const place = nameInText(definition, document.getText().split(/\r\n|\r|\n/u));
    if (!place) return false;
    const range = new vscode.Range(place.line, place.start, place.line, place.end);
    const diagnostic = new vscode.Diagnostic(range, finding, severities[severity]);
    diagnostic.source = REVIEW_SOURCE;
    diagnostic.code = TASK;
    const others = (this.diagnostics.get(document.uri) ?? []).filter((one) => !one.range.isEqual(range));
    this.diagnostics.set(document.uri, [...others, diagnostic]);
    this.changed.fire();
    return true;
  }
}

const severities: Record<ReviewSeverity, vscode.DiagnosticSeverity> = {
  warning: vscode.DiagnosticSeverity.Warning,
  information: vscode.DiagnosticSeverity.Information,
  hint: vscode.DiagnosticSeverity.Hint,
};

const isSame = (a: vscode.Diagnostic, b: vscode.Diagnostic): boolean =>
  a.message === b.message && a.range.isEqual(b.range);

function pickDefinitions(chunks: readonly ChunkInfo[], line: number | undefined, most: number): ChunkInfo[] {
  if (line === undefined) return definitionsToReview(chunks).slice(0, most);
  const around = definitionAt(chunks, line);
  return around ? [around] : [];
}

function nothingToReview(chunks: readonly ChunkInfo[], path: string, line: number | undefined): string {
  const { t } = vscode.l10n;
  if (chunks.length === 0) return t('{0} is not in the index. The sheets view says why files are out.', path);
  if (line !== undefined) return t('The cursor is in no function or class of {0}.', path);
  return t('{0} defines no function or class to review.', path);
}

function noFindings(definitions: readonly ChunkInfo[], unanswered: number, path: string): string {
  const { t } = vscode.l10n;
  const [first, ...others] = definitions;
  const asked = definitions.length - unanswered;
  const text =
    first && others.length === 0
      ? t('No findings in {0}.', first.qualifiedName)
      : t('No findings in {0} definitions of {1}.', asked, path);
  return unanswered === 0 ? text : `${text} ${t('{0} could not be asked about.', unanswered)}`;
}

/** The engine reads files, not editors. @returns false where the user does not want to save */
async function isSaved(document: vscode.TextDocument): Promise<boolean> {
  if (document.isUntitled) return false;
  if (!document.isDirty) return true;
  const save = vscode.l10n.t('Save and Review');
  const text = vscode.l10n.t('The file has unsaved changes; a review reads what is saved.');
  return (await showInformation(text, save)) === save && document.save();
}
