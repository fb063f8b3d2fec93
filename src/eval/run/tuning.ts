import type { Arm } from '../arms/arm.ts';
import { ragTuned } from '../arms/raw.ts';
import type { Row } from './journal.ts';

/** RAG with a fixed budget, asked on the development split (draw 0) only. */
export function developmentArm(budget: number): Arm {
  return { ...ragTuned, name: nameOf(budget) };
}

const nameOf = (budget: number): string => `rag@${budget}`;

/** The budget with the best mean score on the development split; of equal ones the smaller. */
export function bestBudget(rows: readonly Row[], data: string, budgets: readonly number[]): number {
  const mean = (budget: number): number => {
    const scores = rows.filter((r) => r.draw === 0 && r.data === data && r.arm === nameOf(budget)).map((r) => r.score);
    return scores.reduce((sum, s) => sum + s, 0) / Math.max(1, scores.length);
  };
  const ranked = [...budgets].sort((a, b) => mean(b) - mean(a) || a - b);
  return ranked[0] ?? 512;
}
