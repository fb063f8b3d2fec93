import type { Node, TreeCursor } from 'web-tree-sitter';
import type { Lines } from './lines.ts';

/** What it costs to begin a piece at each line (index = line − 1); Infinity where only need would cut. */
export type BreakCosts = Float64Array;

/** Added where a cut would part a comment from what it speaks about. */
const afterComment = 100;

/** Costs from a syntax tree: the depth of the outermost node that begins on the line. Lines inside a token cannot begin a piece. */
export function syntaxBreaks(root: Node, lines: Lines, comments: ReadonlySet<string>): BreakCosts {
  const costs = new Float64Array(lines.count).fill(Infinity);
  const cursor = root.walk();
  try {
    walk(cursor, lines, comments, costs);
  } finally {
    cursor.delete();
  }
  return costs;
}

function walk(cursor: TreeCursor, lines: Lines, comments: ReadonlySet<string>, costs: BreakCosts): void {
  let depth = 0;
  let commentEnd = -1;
  for (;;) {
    const start = cursor.startPosition;
    const end = cursor.endPosition;
    if (cursor.nodeIsNamed && lines.opensLine(cursor.startIndex)) {
      const at = lines.at(cursor.startIndex) - 1;
      const cost =
        2 * depth + (start.row === commentEnd + 1 ? afterComment : 0) + (at > 0 && lines.isBlank(at) ? 0 : 1);
      if (cost < costs[at]!) costs[at] = cost;
    }
    const isComment = comments.has(cursor.nodeType);
    if (isComment) commentEnd = end.column === 0 ? end.row - 1 : end.row;
    if (end.row > start.row && !isComment && cursor.gotoFirstChild()) {
      depth++;
      continue;
    }
    while (!cursor.gotoNextSibling()) {
      if (!cursor.gotoParent()) return;
      depth--;
    }
  }
}

/** Costs for text without a grammar: the less indented and the more set off by blank lines, the better. */
export function textBreaks(lines: Lines): BreakCosts {
  const costs = new Float64Array(lines.count);
  let blankBefore = true;
  for (let line = 1; line <= lines.count; line++) {
    const text = lines.content(line);
    const body = text.trim();
    const indentation = Math.min(
      40,
      text.slice(0, text.length - text.trimStart().length).replaceAll('\t', '    ').length,
    );
    const closes = /^(?:[)\]}>]|<\/|end\b|fi\b|done\b|else\b)/.test(body);
    costs[line - 1] = body === '' ? Infinity : 2 * indentation + (blankBefore ? 0 : 1) + (closes ? afterComment : 0);
    blankBefore = body === '';
  }
  return costs;
}
