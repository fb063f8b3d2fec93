const PREFIX = 'webview/';

/**
 * The webview's texts in the user's language, by the keys of `src/webview/strings.ts`; none for English, which the
 * webview brings itself. They stand in VS Code's own bundle for the language under `webview/…`.
 * @param bundle `vscode.l10n.bundle`
 */
export function webviewTexts(bundle: Readonly<Record<string, string>> | undefined): Record<string, string> {
  const ours = Object.entries(bundle ?? {}).filter(([key]) => key.startsWith(PREFIX));
  return Object.fromEntries(ours.map(([key, text]) => [key.slice(PREFIX.length), text]));
}
