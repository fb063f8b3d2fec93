import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keptCount } from '../../src/engine/compress/select.ts';
import type { Segment } from '../../src/engine/corpus/types.ts';
import type { Decoder } from '../../src/engine/model/decoder.ts';
import { ratioForSize } from '../../src/engine/sheet/fit.ts';

/** What the fit asks of a decoder: its window and what stands before the source. */
const decoder = { window: 4_096, chat: { preamble: () => [1, 2, 3] } } as unknown as Decoder;
const room = 4_096 - 3 - 512;

const segmentsOf = (tokens: readonly number[]): Segment[] => tokens.map((t) => ({ tokens: t }) as Segment);
const kept = (tokens: readonly number[], ratio: number): number =>
  tokens.reduce((sum, t) => sum + keptCount(t, ratio), 0);

describe('the ratio for a sheet size', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 1_024 }), { minLength: 1, maxLength: 60 });

  it('is the lowest rung of its ladder at which everything fits', () => {
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 8_000 }), (tokens, size) => {
        const ratio = ratioForSize(decoder, segmentsOf(tokens), size);
        const limit = Math.min(size, room);
        const step = ratio <= 16 ? 0.25 : 1;
        expect(ratio).toBeGreaterThanOrEqual(1);
        expect(ratio % step).toBe(0);
        fc.pre(tokens.length <= limit);
        expect(kept(tokens, ratio)).toBeLessThanOrEqual(limit);
        if (ratio > 1) expect(kept(tokens, ratio - step)).toBeGreaterThan(limit);
      }),
    );
  });

  it('is that of the size where there are more segments than positions', () => {
    expect(ratioForSize(decoder, segmentsOf([100, 100, 100]), 2)).toBe(150);
  });
});
