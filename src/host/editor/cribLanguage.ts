import * as vscode from 'vscode';
import type { CribProblem } from '../../common/crib.ts';
import { cribKeys, isCribKey } from '../../common/cribKeys.ts';
import { strategies } from '../../common/names.ts';
import type { Services } from '../services.ts';
import { fixesFor, type LineEdit } from './cribFixes.ts';
import { keyLines, placeAt } from './cribPlaces.ts';
import { keySnippets, keyText, markText } from './cribText.ts';

const LANGUAGE = 'crib';
const SOURCE = 'cribsheet-task';
/** Quiet time after a keystroke before the file is checked, in milliseconds. */
const CHECK_MS = 250;

const linesOf = (document: vscode.TextDocument): string[] => document.getText().split(/\r\n|\r|\n/u);

type Needs = Pick<Services, 'supervisor' | 'log'>;

/** What the editor does for `.crib` files. Problems come from the worker, the rest needs none. */
export function registerCribLanguage(needs: Needs): vscode.Disposable {
  return vscode.Disposable.from(
    new CribDiagnostics(needs),
    vscode.languages.registerCompletionItemProvider(LANGUAGE, { provideCompletionItems: complete }, ':', ' '),
    vscode.languages.registerHoverProvider(LANGUAGE, { provideHover: hover }),
    vscode.languages.registerCodeActionsProvider(
      LANGUAGE,
      { provideCodeActions: fixes },
      {
        providedCodeActionKinds: [vscode.CodeActionKind.QuickFix],
      },
    ),
  );
}

class CribDiagnostics implements vscode.Disposable {
  private readonly collection = vscode.languages.createDiagnosticCollection('cribsheet.task');
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private readonly listeners: vscode.Disposable[];
  private readonly supervisor: Needs['supervisor'];
  private readonly log: Needs['log'];

  constructor({ supervisor, log }: Needs) {
    this.supervisor = supervisor;
    this.log = log;
    this.listeners = [
      vscode.workspace.onDidOpenTextDocument((document) => void this.check(document)),
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        this.checkSoon(document);
      }),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => {
        this.forget(uri);
        this.collection.delete(uri);
      }),
    ];
    for (const document of vscode.workspace.textDocuments) void this.check(document);
  }

  dispose(): void {
    for (const listener of this.listeners) listener.dispose();
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.collection.dispose();
  }

  private checkSoon(document: vscode.TextDocument): void {
    if (document.languageId !== LANGUAGE) return;
    this.forget(document.uri);
    this.timers.set(
      document.uri.toString(),
      setTimeout(() => void this.check(document), CHECK_MS),
    );
  }

  private forget(uri: vscode.Uri): void {
    clearTimeout(this.timers.get(uri.toString()));
    this.timers.delete(uri.toString());
  }

  private async check(document: vscode.TextDocument): Promise<void> {
    if (document.languageId !== LANGUAGE || document.isClosed) return;
    const { version } = document;
    let problems: CribProblem[];
    try {
      // The worker has the YAML parser: the extension host does without.
      problems = await (await this.supervisor.client()).checkTask(document.getText());
    } catch (error) {
      this.log.warn(`Checking ${document.uri.fsPath}: ${String(error)}`);
      return;
    }
    if (document.version !== version || document.isClosed) return;
    const found = problems.map(({ line, message, allowed }) => {
      const { range } = document.lineAt(Math.min(line, document.lineCount) - 1);
      const diagnostic = new vscode.Diagnostic(range, `${message} ${allowed}`);
      diagnostic.source = SOURCE;
      return diagnostic;
    });
    this.collection.set(document.uri, found);
  }
}

function complete(document: vscode.TextDocument, position: vscode.Position): vscode.CompletionItem[] {
  const lines = linesOf(document);
  const place = placeAt(lines, position.line, position.character);
  if (place.part === 'front') {
    const taken = keyLines(lines);
    return (Object.keys(cribKeys) as (keyof typeof cribKeys)[])
      .filter((key) => !taken.has(key))
      .map((key) => {
        const item = new vscode.CompletionItem(key, vscode.CompletionItemKind.Property);
        item.insertText = new vscode.SnippetString(keySnippets[key]);
        item.documentation = keyText(key, vscode.l10n.t);
        item.detail = cribKeys[key];
        return item;
      });
  }
  if (place.part === 'value') return valuesOf(place.key).map((value) => valueItem(value, place.typed, position));
  if (place.part === 'body' && /^[QA#]?#?\s?$/u.test(place.typed)) return bodyItems(position);
  return [];
}

function valuesOf(key: keyof typeof cribKeys): string[] {
  switch (key) {
    case 'strategy':
      return [...strategies];
    case 'ratio':
      return ['4', '8', '16', '32'];
    case 'tokens':
      return ['1024', '2048', '4096', '8192'];
    case 'scope':
      return ['["src/**"]', '["**/*.ts"]', '["src/**", "!**/*.test.*"]'];
    default:
      return [];
  }
}

/** Replaces what was typed: the word rules of the editor stop at characters that globs are full of. */
function valueItem(value: string, typed: string, position: vscode.Position): vscode.CompletionItem {
  const item = new vscode.CompletionItem(value, vscode.CompletionItemKind.Value);
  const start = position.translate(0, -typed.length);
  item.range = new vscode.Range(start, position);
  item.sortText = value.padStart(6, '0');
  return item;
}

function bodyItems(position: vscode.Position): vscode.CompletionItem[] {
  const marks = [
    ['Q:', 'Q', 'Q: ${1:question}\n\nA: ${2:answer}\n'],
    ['A:', 'A', 'A: ${1:answer}\n'],
    ['## Examples', 'examples', '## Examples\n\nQ: ${1:question}\n\nA: ${2:answer}\n'],
  ] as const;
  return marks.map(([label, mark, snippet]) => {
    const item = new vscode.CompletionItem(label, vscode.CompletionItemKind.Keyword);
    item.insertText = new vscode.SnippetString(snippet);
    item.documentation = markText(mark, vscode.l10n.t);
    item.range = new vscode.Range(position.with({ character: 0 }), position);
    return item;
  });
}

function hover(document: vscode.TextDocument, position: vscode.Position): vscode.Hover | undefined {
  const place = placeAt(linesOf(document), position.line, position.character);
  const { t } = vscode.l10n;
  if (place.part !== 'key' && place.part !== 'mark') return undefined;
  const range = new vscode.Range(position.line, place.start, position.line, place.end);
  if (place.part === 'mark') return new vscode.Hover(markText(place.mark, t), range);
  if (!isCribKey(place.key)) return undefined;
  const text = new vscode.MarkdownString().appendText(keyText(place.key, t));
  return new vscode.Hover(
    [text, new vscode.MarkdownString().appendText(t('Allowed: {0}.', cribKeys[place.key]))],
    range,
  );
}

function fixes(
  document: vscode.TextDocument,
  _range: vscode.Range,
  { diagnostics }: vscode.CodeActionContext,
): vscode.CodeAction[] {
  const lines = linesOf(document);
  const name = document.uri.path.replace(/^.*\//u, '').replace(/\.crib$/u, '');
  return diagnostics
    .filter(({ source }) => source === SOURCE)
    .flatMap((diagnostic) => {
      const problem = { line: diagnostic.range.start.line + 1, message: diagnostic.message, allowed: '' };
      return fixesFor(problem, lines, name, vscode.l10n.t).map(({ title, edit, preferred }) => {
        const action = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
        action.diagnostics = [diagnostic];
        action.isPreferred = preferred;
        action.edit = new vscode.WorkspaceEdit();
        replaceLines(action.edit, document, edit);
        return action;
      });
    });
}

function replaceLines(
  edit: vscode.WorkspaceEdit,
  document: vscode.TextDocument,
  { line, count, lines }: LineEdit,
): void {
  const newline = document.eol === vscode.EndOfLine.CRLF ? '\r\n' : '\n';
  if (line >= document.lineCount) {
    const end = document.lineAt(document.lineCount - 1).range.end;
    edit.insert(document.uri, end, lines.map((text) => newline + text).join(''));
    return;
  }
  const isLast = line + count >= document.lineCount;
  const end = isLast ? document.lineAt(document.lineCount - 1).range.end : new vscode.Position(line + count, 0);
  const text = lines.map((one) => one + newline).join('');
  edit.replace(document.uri, new vscode.Range(new vscode.Position(line, 0), end), isLast ? text.trimEnd() : text);
}
