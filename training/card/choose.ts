import { existsSync, readFileSync } from 'node:fs';

/** One exported variant of the model, measured by `variants.ts`. */
export interface Variant {
  name: string;
  megabytes: number;
  /** Right answers and all that were asked, by arm. */
  right: Record<string, [number, number]>;
  /** Tokens a second: reading 2,048 tokens, and writing after as many; the fastest of some rounds, since others use the machine too. */
  prefill: number;
  decode: number;
}

/** What the extension can carry. */
const mostMegabytes = 15;
/** So much less than the best variant's share of right answers is given up for a smaller file. */
const tolerated = 0.01;

const shareRight = ({ right }: Variant): number => {
  const sums = Object.values(right);
  return sums.reduce((sum, [hits]) => sum + hits, 0) / sums.reduce((sum, [, asked]) => sum + asked, 0);
};

/** The smallest variant that is about as good as the best one. @throws where none is small enough */
export function chosenVariant(variants: readonly Variant[]): Variant {
  const best = Math.max(...variants.map(shareRight));
  const small = variants.filter((one) => one.megabytes <= mostMegabytes);
  const chosen =
    small.toSorted((a, b) => a.megabytes - b.megabytes).find((one) => shareRight(one) >= best - tolerated) ??
    small.toSorted((a, b) => shareRight(b) - shareRight(a))[0];
  if (!chosen) throw new Error(`No variant has at most ${mostMegabytes} MB.`);
  return chosen;
}

/** A Markdown table of what was measured, the chosen one marked. */
export function variantTable(variants: readonly Variant[]): string {
  const chosen = chosenVariant(variants).name;
  const arms = Object.keys(variants[0]!.right);
  return [
    `| variant | MB | ${arms.join(' | ')} | prefill, tokens/s | decode at 2,048, tokens/s |`,
    `|${' --- |'.repeat(arms.length + 4)}`,
    ...variants.map((one) => {
      const shares = arms.map((arm) => {
        const [right, asked] = one.right[arm]!;
        return `${((100 * right) / asked).toFixed(1)} % (${right} of ${asked})`;
      });
      const name = one.name === chosen ? `**${one.name}**` : one.name;
      return `| ${name} | ${one.megabytes.toFixed(1)} | ${shares.join(' | ')} | ${one.prefill} | ${one.decode} |`;
    }),
  ].join('\n');
}

export function readVariants(file: string): Variant[] {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Variant[]) : [];
}
