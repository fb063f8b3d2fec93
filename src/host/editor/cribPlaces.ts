import { isCribKey, type CribKey } from '../../common/cribKeys.ts';

/** What stands at a place of a `.crib` file. Lines and columns are 0-based here, as in VS Code. */
export type CribPlace =
  | { part: 'key'; key: string; start: number; end: number }
  | { part: 'value'; key: CribKey; typed: string }
  | { part: 'front'; typed: string }
  | { part: 'mark'; mark: 'Q' | 'A' | 'examples'; start: number; end: number }
  | { part: 'body'; typed: string }
  | { part: 'nothing' };

const isFence = (line: string | undefined): boolean => line?.replace(/^\uFEFF/u, '').trimEnd() === '---';

/** Index of the closing fence of the front matter; -1 where there is none, lines.length where it is open. */
export function frontMatterEnd(lines: readonly string[]): number {
  if (!isFence(lines[0])) return -1;
  const end = lines.findIndex((line, index) => index > 0 && isFence(line));
  return end < 0 ? lines.length : end;
}

/** The top-level keys of the front matter with their lines. */
export function keyLines(lines: readonly string[]): Map<string, number> {
  const found = new Map<string, number>();
  const end = frontMatterEnd(lines);
  for (let index = 1; index < end; index++) {
    const key = topLevelKey(lines[index] ?? '');
    if (key !== undefined && !found.has(key)) found.set(key, index);
  }
  return found;
}

export const topLevelKey = (line: string): string | undefined => /^["']?([\w-]+)["']?\s*:(?:\s|$)/u.exec(line)?.[1];

/** What the cursor is at. */
export function placeAt(lines: readonly string[], line: number, column: number): CribPlace {
  const text = lines[line] ?? '';
  const before = text.slice(0, column);
  const end = frontMatterEnd(lines);
  if (end > 0 && line > 0 && line < end) return inFrontMatter(lines, line, before);
  if (end < 0 || line <= end) return { part: 'nothing' };
  const mark = /^(?:([QA]):|##\s+Examples\s*$)/iu.exec(text);
  if (mark && column <= mark[0].length && before !== '') {
    const which = mark[1] === undefined ? 'examples' : mark[1] === 'Q' ? 'Q' : mark[1] === 'A' ? 'A' : undefined;
    if (which) return { part: 'mark', mark: which, start: 0, end: mark[0].length };
  }
  return { part: 'body', typed: before };
}

function inFrontMatter(lines: readonly string[], line: number, before: string): CribPlace {
  const text = lines[line] ?? '';
  const key = topLevelKey(text);
  if (key !== undefined) {
    const colon = text.indexOf(':');
    if (before.length <= colon) return { part: 'key', key, start: text.search(/[\w-]/u), end: colon };
    const typed = before.slice(colon + 1).trimStart();
    return isCribKey(key) ? { part: 'value', key, typed } : { part: 'nothing' };
  }
  if (/^\s*-/u.test(text)) {
    // An item of a list belongs to the key above it.
    for (let above = line - 1; above > 0; above--) {
      const owner = topLevelKey(lines[above] ?? '');
      if (owner !== undefined && isCribKey(owner)) {
        return { part: 'value', key: owner, typed: before.replace(/^\s*-\s*/u, '') };
      }
      if (owner !== undefined) break;
    }
    return { part: 'nothing' };
  }
  return /^\s*[\w-]*$/u.test(before) ? { part: 'front', typed: before.trim() } : { part: 'nothing' };
}
