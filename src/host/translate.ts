/**
 * Puts a text into the user's language: `vscode.l10n.t`, or in tests a stand-in. `{0}`, `{1}` … are replaced by the
 * arguments. Files that do not know VS Code get one as an argument; the first argument stays a literal, because a test
 * compares all of them with the bundles in `l10n/`.
 */
export type Translate = (message: string, ...args: (string | number | boolean)[]) => string;
