import type { BreakCosts } from './breaks.ts';
import type { Lines } from './lines.ts';

/** Lines, 1-based and inclusive. */
export interface LineSpan {
  startLine: number;
  endLine: number;
}

/**
 * Cuts lines `first`–`last` into pieces of at most `max` (by `sizeOf` a line); a single larger line is a piece of its own.
 * Each cut is the cheapest one in the second half of the room; ties go to the line with the smallest hash of its text, so that after an
 * edit the cuts find back to where they were (content-defined chunking, after Muthitacharoen et al., "LBFS", SOSP 2001).
 */
export function cutLines(
  lines: Lines,
  first: number,
  last: number,
  costs: BreakCosts,
  max: number,
  sizeOf: (line: number) => number = (line) => lines.size(line, line),
): LineSpan[] {
  const spans: LineSpan[] = [];
  let rest = 0;
  for (let line = first; line <= last; line++) rest += sizeOf(line);
  let start = first;
  while (rest > max && start < last) {
    let size = sizeOf(start);
    let best = start + 1;
    let bestCost = Infinity;
    let bestHash = Infinity;
    for (let line = start + 1; line <= last && size <= max; line++) {
      const cost = costs[line - 1]!;
      const hash = size * 2 >= max && cost <= bestCost && cost < Infinity ? hashOf(lines.content(line)) : Infinity;
      const better = size * 2 >= max && (cost < bestCost || (cost === bestCost && hash < bestHash));
      // Without any place to cut, the piece is as long as it may be.
      if (better || bestCost === Infinity) {
        best = line;
        if (better) [bestCost, bestHash] = [cost, hash];
      }
      size += sizeOf(line);
    }
    spans.push({ startLine: start, endLine: best - 1 });
    for (let line = start; line < best; line++) rest -= sizeOf(line);
    start = best;
  }
  if (start <= last) spans.push({ startLine: start, endLine: last });
  return spans;
}

/** FNV-1a, 32 bits (Fowler, Noll, Vo). */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
