import { seededRandom } from '../../engine/compress/random.ts';

/** Seeded choices: equal seed, equal sequence. */
export class Draw {
  protected readonly next: () => number;

  constructor(seed: string) {
    this.next = seededRandom(seed);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** A whole number from `least` to `most`, both included. */
  int(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  /** One of `items`, which must not be empty. */
  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.next() * items.length)]!;
  }

  shuffled<T>(items: readonly T[]): T[] {
    const result = [...items];
    for (let i = result.length - 1; i > 0; i--) {
      const j = Math.floor(this.next() * (i + 1));
      [result[i], result[j]] = [result[j]!, result[i]!];
    }
    return result;
  }

  /** Up to `count` of `items`, in random order. */
  some<T>(items: readonly T[], count: number): T[] {
    return this.shuffled(items).slice(0, count);
  }

  digits(length: number): string {
    return Array.from({ length }, (_, i) => String(this.int(i === 0 ? 1 : 0, 9))).join('');
  }
}

/** Questions of several kinds in turn, until there are `count`; a kind that runs out leaves its turns to the others. */
export function inTurn<T>(pools: readonly (readonly T[])[], count: number): T[] {
  const chosen: T[] = [];
  for (let round = 0; chosen.length < count && pools.some((pool) => round < pool.length); round++) {
    for (const pool of pools) {
      const item = pool[round];
      if (item !== undefined && chosen.length < count) chosen.push(item);
    }
  }
  return chosen;
}
