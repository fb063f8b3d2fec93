import { seededRandom } from '../../engine/compress/random.ts';
import type { Row } from '../run/journal.ts';
import type { Group } from '../types.ts';
import { bootstrapMean, type Interval } from '../stats/bootstrap.ts';
import { clustered, counted, questionOf } from './cells.ts';

/** What the project wants to reach, and whether a run shows it. Over all data sets of a group of questions. */
export interface Bar {
  wanted: string;
  /** What was compared, in words. */
  found: string;
  met: boolean;
}

/** Rungs above M0, which the bars call the best rung and the cache. */
const rungs = ['m1', 'm2', 'm3', 'm4'];
const baselines = ['m0-zs', 'm0-fs'];
/** An interval wholly below this is a loss. */
const LOSS = -0.03;
const RESAMPLES = 10_000;

/** The bars that a run has the arms and ratios for; none where it has too few. */
export function barsOf(rows: readonly Row[], seed: string): Bar[] {
  const answered = counted(rows).filter((r) => r.unable === undefined);
  const view = new Answers(answered, seed);
  const best = view.best([...rungs, ...baselines], 16, 'join') ?? '';
  const rung = view.best(rungs, 32, 'join');
  const bars: Bar[] = [];
  for (const group of ['join', 'code'] as const) {
    for (const ratio of [32, 64]) {
      const base = view.best(baselines, ratio, group);
      if (rung === undefined || base === undefined) continue;
      const d = view.difference(rung, base, ratio, group);
      if (d)
        bars.push({
          wanted: `best rung over the better M0 at ${ratio}x, ${group}: above 0`,
          found: `${rung} − ${base} ${said(d)}`,
          met: d.low > 0,
        });
    }
  }
  const overRag = view.difference(best, 'rag', 16, 'join');
  if (overRag)
    bars.push({
      wanted: 'sheet over RAG at 16x, join: 10 points or more',
      found: `${best} − rag ${said(overRag)}`,
      met: overRag.mean >= 0.1,
    });
  for (const group of ['direct', 'join', 'code'] as const) {
    for (const ratio of view.ratios) {
      const rival = view.best([...rungs, ...baselines, 'rag'], ratio, group);
      const d = rival === undefined ? undefined : view.difference('hybrid', rival, ratio, group);
      if (d)
        bars.push({
          wanted: `hybrid not below the better of sheet and RAG at ${ratio}x, ${group}`,
          found: `hybrid − ${rival!} ${said(d)}`,
          met: d.high >= LOSS,
        });
    }
  }
  const kept = view.best([...rungs, ...baselines], 8, 'code');
  const share = kept === undefined ? undefined : view.share(kept, 'full', 8, 'code');
  if (share !== undefined)
    bars.push({
      wanted: 'sheet at 8x keeps 97 % of the full context, code',
      found: `${kept!} ${(100 * share).toFixed(1)} %`,
      met: share >= 0.97,
    });
  return bars;
}

/** Paired answers by arm, ratio and group. */
class Answers {
  readonly ratios: readonly number[];
  private readonly rows: readonly Row[];
  private readonly seed: string;

  constructor(rows: readonly Row[], seed: string) {
    this.rows = rows;
    this.seed = seed;
    this.ratios = [...new Set(rows.flatMap((r) => r.ratio ?? []))].sort((a, b) => a - b);
  }

  /** Of the arms that were run, the one with the highest mean. */
  best(arms: readonly string[], ratio: number, group: Group): string | undefined {
    const means = arms.flatMap((arm) => {
      const rows = this.at(arm, ratio, group);
      return rows.length > 0 ? [{ arm, mean: meanOf(rows) }] : [];
    });
    return means.sort((a, b) => b.mean - a.mean)[0]?.arm;
  }

  /** Mean paired difference; undefined where the two share no question. */
  difference(arm: string, baseline: string, ratio: number, group: Group): Interval | undefined {
    const pairs = this.pairs(arm, baseline, ratio, group);
    if (pairs.length === 0) return undefined;
    const clusters = clustered(
      pairs.map(([a, b]) => ({ ...a, score: a.score - b.score })),
      (r) => r.score,
    );
    return bootstrapMean(clusters, seededRandom(`${this.seed}/bars/${arm}/${baseline}/${ratio}/${group}`), RESAMPLES);
  }

  /** Mean of one arm as a share of the other's, on the questions that both have answered. */
  share(arm: string, whole: string, ratio: number, group: Group): number | undefined {
    const pairs = this.pairs(arm, whole, ratio, group);
    const most = meanOf(pairs.map(([, b]) => b));
    return most > 0 ? meanOf(pairs.map(([a]) => a)) / most : undefined;
  }

  private pairs(arm: string, baseline: string, ratio: number, group: Group): [Row, Row][] {
    const others = new Map(this.at(baseline, ratio, group).map((r) => [questionOf(r), r]));
    return this.at(arm, ratio, group).flatMap((a): [Row, Row][] => {
      const b = others.get(questionOf(a));
      return b ? [[a, b]] : [];
    });
  }

  private at(arm: string, ratio: number, group: Group): Row[] {
    return this.rows.filter((r) => r.arm === arm && r.group === group && (r.ratio === ratio || r.ratio === null));
  }
}

const meanOf = (rows: readonly Row[]): number => rows.reduce((sum, r) => sum + r.score, 0) / Math.max(1, rows.length);
const points = (share: number): string => `${share >= 0 ? '+' : '−'}${Math.abs(100 * share).toFixed(1)}`;
const said = ({ mean, low, high }: Interval): string => `${points(mean)} (${points(low)} to ${points(high)})`;
