import type { Arm } from '../arms/arm.ts';
import { arms } from '../arms/arms.ts';
import { dataSets } from '../data/sets.ts';
import type { DataSet, MakeRequest } from '../types.ts';

/** Which cells a run has: a grid of arms, ratios, data sets and draws. */
export interface Plan {
  profile: 'small' | 'core' | 'full';
  arms: readonly Arm[];
  ratios: readonly number[];
  data: readonly DataSet[];
  draws: number;
  /** Questions of a draw over all data sets, in the shares below. */
  questions: number;
  breadth: MakeRequest['breadth'];
  /** Tokens of a corpus; absent: each data set's own. */
  size?: number;
  /** Questions and budgets of the development split of each data set, for `rag-tuned`. */
  development: { questions: number; budgets: readonly number[] };
}

/** How many of a draw's questions a data set gets, beside the others of the run. */
const shares: Partial<Record<string, number>> = { memberships: 4, twin: 3, code: 3 };

const byName = <T extends { name: string }>(all: readonly T[], names: readonly string[]): T[] =>
  names.map((name) => all.find((a) => a.name === name)!);

export const profiles: Readonly<Record<Plan['profile'], Plan>> = {
  /** A few minutes: every data set and the whole machinery, figures that mean nothing. */
  small: {
    profile: 'small',
    arms: byName(arms, ['none', 'symbols', 'full', 'rag', 'rag-tuned', 'm0-zs', 'random']),
    ratios: [8, 32],
    data: dataSets,
    draws: 1,
    questions: 40,
    breadth: 'few',
    size: 1_200,
    development: { questions: 2, budgets: [128, 512] },
  },
  /** The grid that decides. */
  core: {
    profile: 'core',
    arms: byName(arms, ['none', 'symbols', 'full', 'rag', 'rag-tuned', 'm0-zs', 'm0-fs', 'random']),
    ratios: [8, 16, 32, 64],
    data: byName(dataSets, ['memberships', 'twin', 'code']),
    draws: 3,
    questions: 400,
    breadth: 'core',
    development: { questions: 24, budgets: [128, 256, 512, 1_024, 2_048, 4_096] },
  },
  /** Everything: a night or more. */
  full: {
    profile: 'full',
    // The upper bound makes a sheet for each question: only by name.
    arms: arms.filter((a) => a.name !== 'fs-q'),
    ratios: [4, 8, 16, 32, 64],
    data: dataSets,
    draws: 5,
    questions: 1_200,
    breadth: 'all',
    development: { questions: 40, budgets: [128, 256, 512, 1_024, 2_048, 4_096] },
  },
};

/** Questions of one data set in one draw. */
export function questionsOf({ data, questions }: Pick<Plan, 'data' | 'questions'>, set: DataSet): number {
  const weight = ({ name }: DataSet): number => shares[name] ?? 2;
  const total = data.reduce((sum, d) => sum + weight(d), 0);
  return Math.max(1, Math.round((questions * weight(set)) / total));
}

/** Answers that a run gives, the development split not counted; a little more where a data set has fewer questions to give. */
export function answersOf(plan: Plan): number {
  const columns = plan.arms.reduce((sum, arm) => sum + (arm.byRatio ? plan.ratios.length : 1), 0);
  return plan.draws * columns * plan.data.reduce((sum, set) => sum + questionsOf(plan, set), 0);
}
