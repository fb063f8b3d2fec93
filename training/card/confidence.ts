import { isSaid } from '../../src/engine/answer/doubt.ts';
import type { Doubt } from '../../src/engine/model/profile.ts';
import type { Row } from './rows.ts';

/** What the fit is made of: one measured answer. */
export type Measured = Pick<Row, 'said' | 'right' | 'confidence'>;

export interface FitOptions {
  /** Wanted: of the answers that are not called unsure, at least this share is right. */
  precision: number;
  /** Of the right answers, at most this share may be called unsure; goes before `precision`. */
  mostRight: number;
}

/** What a threshold does to answers. */
export interface Outcome {
  threshold: number;
  answers: number;
  /** Answers below the threshold. */
  unsure: number;
  /** Right answers among all, and among the unsure ones: these are flagged without need. */
  right: number;
  rightUnsure: number;
  /** Share of the answers at or above the threshold that is right; 1 where there is none. */
  precision: number;
}

export interface Fit extends Outcome {
  /** False: `mostRight` stood in the way; no allowed threshold reaches the precision. */
  reached: boolean;
}

/**
 * The lowest threshold at which the answers that are not called unsure are right with the wanted precision (selective
 * classification: El-Yaniv and Wiener, JMLR 2010), as far as it does not call too many right answers unsure.
 * @param rows answers on a development set; without those by which the model itself says that it cannot (`isCounted`)
 */
export function fitThreshold(rows: readonly Measured[], { precision, mostRight }: FitOptions): Fit {
  const sorted = [...rows].sort((a, b) => a.confidence - b.confidence);
  const right = sorted.filter((row) => row.right).length;
  const allowed = Math.floor(mostRight * right);
  const outcome = (threshold: number, unsure: number, rightUnsure: number): Outcome => {
    const sure = rows.length - unsure;
    const share = sure === 0 ? 1 : (right - rightUnsure) / sure;
    return { threshold, answers: rows.length, unsure, right, rightUnsure, precision: share };
  };
  let best = outcome(0, 0, 0);
  let rightUnsure = 0;
  // Between one answer and the next of another confidence: thresholds in between do the same.
  for (const [i, row] of sorted.entries()) {
    if (best.precision >= precision) break;
    rightUnsure += row.right ? 1 : 0;
    if (rightUnsure > allowed) break;
    const next = sorted[i + 1]?.confidence;
    // A threshold above all answers would say nothing any more.
    if (next === undefined || next === row.confidence) continue;
    const here = outcome((row.confidence + next) / 2, i + 1, rightUnsure);
    if (here.precision > best.precision) best = here;
  }
  return { ...best, reached: best.precision >= precision };
}

/** What a threshold that was fitted elsewhere does to these answers. */
export function apply(rows: readonly Measured[], threshold: number): Outcome {
  const below = rows.filter((row) => row.confidence < threshold);
  const right = rows.filter((row) => row.right).length;
  const rightUnsure = below.filter((row) => row.right).length;
  const sure = rows.length - below.length;
  const precision = sure === 0 ? 1 : (right - rightUnsure) / sure;
  return { threshold, answers: rows.length, unsure: below.length, right, rightUnsure, precision };
}

/** Answers that confidence has to judge: made from a context, and not one by which the model says that it cannot. */
export function isCounted({ said, arm }: Pick<Row, 'said' | 'arm'>, doubt: Doubt | undefined): boolean {
  return (arm === 'full' || arm.startsWith('cache')) && !isSaid(said, doubt?.beyond);
}

/**
 * Probability that a right answer has a higher value than a wrong one (area under the ROC curve; ties count half):
 * 0.5 says nothing, 1 tells all. 0.5 where one of the two kinds is missing.
 */
export function separation<T extends { right: boolean }>(rows: readonly T[], value: (row: T) => number): number {
  const sorted = rows.map((row) => ({ value: value(row), right: row.right })).sort((a, b) => a.value - b.value);
  let [wrongBelow, above] = [0, 0];
  for (let i = 0; i < sorted.length;) {
    const tied = sorted[i]!.value;
    const first = i;
    let wrong = 0;
    for (; sorted[i]?.value === tied; i++) if (!sorted[i]!.right) wrong++;
    above += (i - first - wrong) * (wrongBelow + wrong / 2);
    wrongBelow += wrong;
  }
  const right = sorted.length - wrongBelow;
  return right === 0 || wrongBelow === 0 ? 0.5 : above / (right * wrongBelow);
}
