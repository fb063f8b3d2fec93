import { pairRatios, spreadOf, type Spread } from '../sampling/stats.ts';
import type { Rounds } from '../sampling/rounds.ts';

/** One side of a row. */
export interface Side extends Spread {
  label: string;
  /** Bytes of keys and values that this side keeps in memory. */
  bytes?: number;
}

/** A comparison of two sides that were measured in turns; or a figure that nothing stands beside. */
export interface Row {
  /** Which measurement: `first-token`, `compression`, … */
  measurement: string;
  name: string;
  unit: 'ms' | 's' | 'tokens/s' | 'MiB' | 'kB';
  a: Side;
  b?: Side;
  /** Of a ÷ b per round. */
  ratio?: Spread;
  bar?: Bar;
  rejected: number;
  noisy: boolean;
  note?: string;
}

/** What the ratio has to be; `met` is judged on its median. */
export interface Bar {
  text: string;
  met: boolean;
}

export const atLeast =
  (limit: number) =>
  (ratio: number): Bar => ({ text: `≥ ${limit}`, met: ratio >= limit });
export const atMost =
  (limit: number) =>
  (ratio: number): Bar => ({ text: `≤ ${limit}`, met: ratio <= limit });

interface Compared {
  measurement: string;
  name: string;
  /** Arms of the rounds, by name, and how the report calls them. */
  a: { arm: string; label: string; bytes?: number };
  b?: { arm: string; label: string; bytes?: number };
  /** Where samples become tokens per second: tokens that one sample processed. */
  tokens?: number;
  bar?: (ratio: number) => Bar;
  note?: string;
}

/** Makes a row of rounds. */
export function compare(rounds: Rounds, { measurement, name, a, b, tokens, bar, note }: Compared): Row {
  const values = (arm: string): number[] => {
    const ms = rounds.samples[arm];
    if (!ms) throw new RangeError(`There is no arm "${arm}".`);
    return tokens === undefined ? ms : ms.map((t) => (tokens / t) * 1000);
  };
  const side = ({ arm, label, bytes }: Compared['a']): Side => ({
    label,
    ...spreadOf(values(arm)),
    ...(bytes === undefined ? {} : { bytes }),
  });
  const ratio = b ? spreadOf(pairRatios(values(a.arm), values(b.arm))) : undefined;
  return {
    measurement,
    name,
    unit: tokens === undefined ? 'ms' : 'tokens/s',
    a: side(a),
    ...(b ? { b: side(b) } : {}),
    ...(ratio ? { ratio } : {}),
    ...(ratio && bar ? { bar: bar(ratio.median) } : {}),
    rejected: rounds.rejected,
    noisy: rounds.noisy,
    ...(note === undefined ? {} : { note }),
  };
}
