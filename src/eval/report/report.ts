import { arms as allArms } from '../arms/arms.ts';
import type { EvalConfig, Row } from '../run/journal.ts';
import { barsOf, type Bar } from './bars.ts';
import { cellsOf, counted, questionOf, type Cell } from './cells.ts';
import { comparisons, type Comparison } from './compare.ts';

/** The content of `report.json`. */
export interface Report {
  /** The line that makes it again. */
  command: string;
  config: EvalConfig;
  commit?: string;
  createdAt: string;
  answers: number;
  /** By data set and group of questions. */
  cells: Cell[];
  /** By data set and kind of question. */
  kinds: Cell[];
  /** The same groups, over the questions that the model-free arm gets wrong. */
  headline: Cell[];
  /** What that arm gets right, by data set. */
  modelFree: { data: string; questions: number; right: number }[];
  comparisons: Comparison[];
  /** The same over the headline's questions. */
  headlineComparisons: Comparison[];
  /** What the project wants to reach, on the headline's questions. */
  bars: Bar[];
  /** What RAG was tuned to, by data set. */
  ragTokens: Record<string, number>;
}

/** Arms that the compressed ones are measured against, as far as the run has them. */
const baselines = ['m0-zs', 'm0-fs', 'rag', 'rag-tuned', 'none', 'full', 'truncation'];

export function reportOf(
  rows: readonly Row[],
  facts: Pick<Report, 'command' | 'config' | 'ragTokens'> & { commit?: string | undefined; now: Date },
): Report {
  const { commit, now, ...rest } = facts;
  const { seed } = facts.config;
  const here = new Set(rows.map((r) => r.arm));
  const byRatio = allArms.filter((a) => a.byRatio && here.has(a.name)).map((a) => a.name);
  const against = baselines.filter((name) => here.has(name));
  const hard = headlineRows(rows);
  const byGroup = (r: Row): string => r.group;
  return {
    ...rest,
    ...(commit === undefined ? {} : { commit }),
    createdAt: now.toISOString(),
    answers: counted(rows).length,
    cells: cellsOf(rows, byGroup, seed),
    kinds: cellsOf(rows, (r) => r.kind, seed),
    headline: cellsOf(hard, byGroup, seed),
    modelFree: modelFreeOf(rows),
    bars: barsOf(hard, seed),
    comparisons: comparisons(rows, byRatio, against, byGroup, seed),
    headlineComparisons: comparisons(hard, byRatio, against, byGroup, seed),
  };
}

const modelFreeArms = new Set(allArms.filter((a) => a.modelFree).map((a) => a.name));

/** Answers to questions that no model-free arm answers; all of them where there was none. */
function headlineRows(rows: readonly Row[]): Row[] {
  const easy = new Set(rows.filter((r) => modelFreeArms.has(r.arm) && r.right).map(questionOf));
  return rows.filter((r) => !easy.has(questionOf(r)) && !modelFreeArms.has(r.arm));
}

function modelFreeOf(rows: readonly Row[]): Report['modelFree'] {
  const own = counted(rows).filter((r) => modelFreeArms.has(r.arm));
  return [...Map.groupBy(own, (r) => r.data)].map(([data, list]) => ({
    data,
    questions: list.length,
    right: list.filter((r) => r.right).length,
  }));
}
