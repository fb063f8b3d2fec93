import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const repository = fileURLToPath(new URL('../../', import.meta.url));

/** A text for the user in the source of the extension host. */
export interface HostText {
  text: string;
  where: string;
}

/**
 * Every first argument of a call of `t` (`vscode.l10n.t`, `this.t`, a parameter `t`) below `src/host`. One that is no
 * literal cannot be translated and is returned without text.
 */
export function hostTexts(): (HostText | { text: undefined; where: string })[] {
  const found: (HostText | { text: undefined; where: string })[] = [];
  for (const file of sources(path.join(repository, 'src', 'host'))) {
    const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
    const visit = (node: ts.Node): void => {
      if (ts.isCallExpression(node) && isTranslate(node.expression)) {
        const [first] = node.arguments;
        const { line } = source.getLineAndCharacterOfPosition(node.getStart());
        const where = `${path.relative(repository, file)}:${line + 1}`;
        found.push({ text: first && ts.isStringLiteralLike(first) ? first.text : undefined, where });
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return found;
}

const isTranslate = (callee: ts.Expression): boolean =>
  (ts.isIdentifier(callee) && callee.text === 't') ||
  (ts.isPropertyAccessExpression(callee) && callee.name.text === 't');

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => path.join(folder, name));
}

/** A JSON file of the repository. */
export const readJson = <T>(name: string): T => JSON.parse(readFileSync(path.join(repository, name), 'utf8')) as T;

/** `vscode.l10n.t` in English. */
export const english = (message: string, ...args: (string | number | boolean)[]): string =>
  message.replaceAll(/\{(\d+)\}/gu, (place, index: string) => String(args[Number(index)] ?? place));
