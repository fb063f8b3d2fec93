/** A run of lines with the same step. Lines are 1-based and inclusive. */
export interface HeatRun {
  startLine: number;
  endLine: number;
  /** 1–5. */
  step: number;
}

export const STEPS = 5;

/**
 * Weights of lines as runs of five steps. The steps are fifths of the largest weight, so the picture says how lines
 * compare within this file; a line without weight has no step.
 * @param weights by line, not negative; the first is that of line 1
 */
export function heatRuns(weights: readonly number[]): HeatRun[] {
  let largest = 0;
  for (const weight of weights) if (weight > largest) largest = weight;
  const runs: HeatRun[] = [];
  weights.forEach((weight, index) => {
    const step = stepOf(weight, largest);
    if (step === 0) return;
    const line = index + 1;
    const last = runs.at(-1);
    if (last?.step === step && last.endLine === line - 1) last.endLine = line;
    else runs.push({ startLine: line, endLine: line, step });
  });
  return runs;
}

function stepOf(weight: number, largest: number): number {
  if (!(weight > 0) || !Number.isFinite(weight)) return 0;
  return Math.min(STEPS, Math.max(1, Math.ceil((STEPS * weight) / largest)));
}

/** Ranges with one weight each (evidence of an answer) as weights by line; overlapping ones add up. */
export function lineWeights(
  ranges: readonly { startLine: number; endLine: number; weight: number }[],
  lineCount: number,
): number[] {
  const weights = new Array<number>(lineCount).fill(0);
  for (const { startLine, endLine, weight } of ranges) {
    const from = Math.max(1, startLine);
    const to = Math.min(lineCount, endLine);
    for (let line = from; line <= to; line++) weights[line - 1]! += weight / Math.max(1, endLine - startLine + 1);
  }
  return weights;
}
