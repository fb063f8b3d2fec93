import type { Citation, LineRange } from '../common/answers.ts';
import { visibleLine } from './text/clean.ts';

/** `src/a.ts:12-20`; without lines where the whole file (0–0) is meant. */
export function placeLabel({ path, startLine, endLine }: LineRange): string {
  const shown = visibleLine(path);
  if (startLine < 1) return shown;
  return endLine > startLine ? `${shown}:${String(startLine)}-${String(endLine)}` : `${shown}:${String(startLine)}`;
}

function overlap(a: LineRange, b: LineRange): boolean {
  return a.path === b.path && a.startLine <= b.endLine && b.startLine <= a.endLine;
}

/** Is a citation shared by all of the other answers: lines of the same file that overlap? */
export function isCommon(citation: Citation, others: readonly (readonly Citation[])[]): boolean {
  return others.length > 0 && others.every((list) => list.some((other) => overlap(citation, other)));
}
