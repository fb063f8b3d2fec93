import { Draw as SeededDraw } from '../../src/eval/data/draw.ts';

/** The seeded choices of the evaluation's makers, and one more. */
export class Draw extends SeededDraw {
  /** One of `items`, each as likely as its weight; undefined where all weights are zero. */
  weighted<T>(items: readonly T[], weight: (item: T) => number): T | undefined {
    const total = items.reduce((sum, item) => sum + weight(item), 0);
    if (total <= 0) return undefined;
    let left = this.next() * total;
    for (const item of items) {
      left -= weight(item);
      if (left < 0) return item;
    }
    return items.findLast((item) => weight(item) > 0);
  }
}
