import { seededRandom } from '../../src/engine/compress/random.ts';
import type { Row } from './rows.ts';

const DRAWS = 1000;

export interface Share {
  right: number;
  asked: number;
  /** 95 % interval of the share, by drawing whole contexts again and again: questions about one context stand or fall together. */
  low: number;
  high: number;
}

export function shareOf(rows: readonly Row[]): Share {
  const contexts = [...Map.groupBy(rows, (row) => `${row.seed}/${row.size}/${row.context}`).values()].map((list) => ({
    right: list.filter((row) => row.right).length,
    asked: list.length,
  }));
  const right = contexts.reduce((sum, c) => sum + c.right, 0);
  const random = seededRandom('card');
  const shares: number[] = [];
  for (let draw = 0; draw < DRAWS && contexts.length > 0; draw++) {
    let [hits, asked] = [0, 0];
    // As many contexts as there are, with replacement.
    const drawn = contexts.map(() => contexts[Math.floor(random() * contexts.length)]!);
    for (const context of drawn) {
      hits += context.right;
      asked += context.asked;
    }
    shares.push(hits / asked);
  }
  shares.sort((a, b) => a - b);
  return {
    right,
    asked: rows.length,
    low: shares[Math.floor(DRAWS * 0.025)] ?? 0,
    high: shares[Math.floor(DRAWS * 0.975)] ?? 0,
  };
}

/** `62 % (55–69, n = 120)`; a dash where nothing was asked. */
export function shown({ right, asked, low, high }: Share): string {
  const percent = (share: number): string => (100 * share).toFixed(0);
  return asked === 0 ? '–' : `${percent(right / asked)} % (${percent(low)}–${percent(high)}, n = ${asked})`;
}

/** Rows of a Markdown table: one line a value of `by`, one column an arm. */
export function table(
  rows: readonly Row[],
  title: string,
  by: (row: Row) => string,
  arms: readonly string[],
  order?: readonly string[],
): string {
  const found = Map.groupBy(rows, by);
  const names = order ?? [...found.keys()].sort();
  const lines = names
    .filter((name) => found.has(name))
    .map(
      (name) =>
        `| ${name} | ${arms.map((arm) => shown(shareOf(found.get(name)!.filter((row) => row.arm === arm)))).join(' | ')} |`,
    );
  return [`| ${title} | ${arms.join(' | ')} |`, `|${' --- |'.repeat(arms.length + 1)}`, ...lines].join('\n');
}

/** What the model's own confidence says: of the answers below a threshold, how many are wrong. */
export interface Doubt {
  threshold: number;
  /** Share of answers below it. */
  below: number;
  /** Of those, the share that is wrong; of the others, the share that is right. */
  wrongBelow: number;
  rightAbove: number;
}

export function doubts(rows: readonly Row[], thresholds: readonly number[]): Doubt[] {
  return thresholds.map((threshold) => {
    const below = rows.filter((row) => row.confidence < threshold);
    const above = rows.filter((row) => row.confidence >= threshold);
    return {
      threshold,
      below: below.length / Math.max(1, rows.length),
      wrongBelow: below.filter((row) => !row.right).length / Math.max(1, below.length),
      rightAbove: above.filter((row) => row.right).length / Math.max(1, above.length),
    };
  });
}

/** Answers drawn at random, right and wrong ones apart: nobody chose them. */
export function examples(rows: readonly Row[], count: number, right: boolean): Row[] {
  const random = seededRandom(`examples/${String(right)}`);
  const pool = rows.filter((row) => row.right === right);
  return Array.from(
    { length: Math.min(count, pool.length) },
    () => pool.splice(Math.floor(random() * pool.length), 1)[0]!,
  );
}
