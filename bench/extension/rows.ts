import type { Row } from '../report/results.ts';
import { pairRatios, spreadOf } from '../sampling/stats.ts';

interface Figure {
  measurement: string;
  name: string;
  unit: Row['unit'];
  label: string;
  values: readonly number[];
  /** In the unit of the row; judged on the median. */
  limit?: number;
  note?: string;
}

/** A figure with the most that it may be. */
export function figureRow({ limit, note, label, values, ...row }: Figure): Row {
  const a = { label, ...spreadOf(values) };
  return {
    ...row,
    a,
    ...(limit === undefined ? {} : { bar: { text: `≤ ${String(limit)} ${row.unit}`, met: a.median <= limit } }),
    rejected: 0,
    noisy: false,
    ...(note === undefined ? {} : { note }),
  };
}

interface Pair extends Omit<Figure, 'label' | 'values' | 'limit'> {
  a: { label: string; values: readonly number[] };
  b: { label: string; values: readonly number[] };
  bar: (ratio: number) => { text: string; met: boolean };
}

/** Two sides that were measured in turns. */
export function pairRow({ a, b, bar, note, ...row }: Pair): Row {
  const ratio = spreadOf(pairRatios(a.values, b.values));
  return {
    ...row,
    a: { label: a.label, ...spreadOf(a.values) },
    b: { label: b.label, ...spreadOf(b.values) },
    ratio,
    bar: bar(ratio.median),
    rejected: 0,
    noisy: false,
    ...(note === undefined ? {} : { note }),
  };
}
