import { seededRandom } from '../../engine/compress/random.ts';
import type { Row } from '../run/journal.ts';
import { bootstrapMean, type Interval } from '../stats/bootstrap.ts';
import { holm } from '../stats/holm.ts';
import { clustered, counted, questionOf, type CellGroup } from './cells.ts';

/** p-values below 1 / resamples cannot be told apart, and Holm multiplies them: more than intervals need. */
const RESAMPLES = 10_000;

/** How much better one arm answers than another, on the questions that both have answered. */
export interface Comparison extends CellGroup {
  arm: string;
  baseline: string;
  ratio: number;
  questions: number;
  /** Mean paired difference of scores. */
  difference: Interval;
  p: number;
  /** After Holm's correction over all cells with this baseline. */
  corrected: number;
}

/** Paired comparisons of `arms` with each baseline at every ratio; a baseline without ratios stands at all of them. */
export function comparisons(
  rows: readonly Row[],
  arms: readonly string[],
  baselines: readonly string[],
  groupOf: (row: Row) => string,
  seed: string,
): Comparison[] {
  const answered = counted(rows).filter((r) => r.unable === undefined);
  const ratios = [...new Set(answered.flatMap((r) => r.ratio ?? []))].sort((a, b) => a - b);
  const byGroup = Map.groupBy(answered, (r) => JSON.stringify([r.data, groupOf(r)]));
  return baselines.flatMap((baseline) => {
    const found: Omit<Comparison, 'corrected'>[] = [];
    for (const [key, list] of byGroup) {
      const [data, group] = JSON.parse(key) as [string, string];
      for (const arm of arms.filter((name) => name !== baseline)) {
        for (const ratio of ratios) {
          const pairs = paired(list, arm, baseline, ratio);
          if (pairs.length === 0) continue;
          const random = seededRandom(`${seed}/${key}/${arm}/${baseline}/${ratio}`);
          const differences = clustered(
            pairs.map(([a, b]) => ({ ...a, score: a.score - b.score })),
            (r) => r.score,
          );
          const { mean, low, high, p } = bootstrapMean(differences, random, RESAMPLES);
          found.push({
            data,
            group,
            arm,
            baseline,
            ratio,
            questions: pairs.length,
            difference: { mean, low, high },
            p,
          });
        }
      }
    }
    const corrected = holm(found.map((c) => c.p));
    return found.map((c, i) => ({ ...c, corrected: corrected[i]! }));
  });
}

function paired(rows: readonly Row[], arm: string, baseline: string, ratio: number): [Row, Row][] {
  const at = (name: string): Row[] => rows.filter((r) => r.arm === name && (r.ratio === null || r.ratio === ratio));
  const others = new Map(at(baseline).map((r) => [questionOf(r), r]));
  return at(arm).flatMap((a): [Row, Row][] => {
    const b = others.get(questionOf(a));
    return b && a.ratio !== null ? [[a, b]] : [];
  });
}
