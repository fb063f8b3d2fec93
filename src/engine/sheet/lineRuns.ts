import type { LineOrigin } from '../corpus/types.ts';
import type { LineRun } from './sheetFile.ts';

/** Packs the origins of rendered lines into runs of consecutive lines of one file. */
export function packLines(lines: readonly LineOrigin[], pathIndex: (path: string) => number): LineRun[] {
  const runs: LineRun[] = [];
  lines.forEach((origin, rendered) => {
    const path = pathIndex(origin.path);
    const last = runs.at(-1);
    const follows = last?.path === path && last.line + (rendered - last.rendered) === origin.line;
    if (!follows) runs.push({ rendered, path, line: origin.line });
  });
  return runs;
}

/** Path index and line of a rendered line. */
export function originOf(runs: readonly LineRun[], rendered: number): { path: number; line: number } {
  let [low, high] = [0, runs.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (runs[middle]!.rendered <= rendered) low = middle;
    else high = middle - 1;
  }
  const run = runs[low]!;
  return { path: run.path, line: run.line + rendered - run.rendered };
}
