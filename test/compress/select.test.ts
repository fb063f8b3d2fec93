import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keptCount, topPositions } from '../../src/engine/compress/select.ts';

/** The definition, written plainly: the largest scores, of equal ones the earlier. */
function reference(scores: ArrayLike<number>, keep: number): number[] {
  return Array.from({ length: scores.length }, (_, i) => i)
    .sort((a, b) => scores[b]! - scores[a]! || a - b)
    .slice(0, Math.max(0, keep))
    .sort((a, b) => a - b);
}

test('the largest scores are kept, of equal ones the earlier, in order', () => {
  // Few distinct values: ties everywhere.
  const scores = fc.oneof(
    fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 40 }),
    fc.array(fc.float({ noNaN: true, min: -10, max: 10 }), { maxLength: 40 }),
  );
  fc.assert(
    fc.property(scores, fc.integer({ min: -2, max: 45 }), (list, keep) => {
      expect([...topPositions(Float32Array.from(list), keep)]).toEqual(reference(Float32Array.from(list), keep));
    }),
  );
});

test('a segment keeps at least one position and never more than it has', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), fc.double({ min: 1, max: 500, noNaN: true }), (tokens, ratio) => {
      const kept = keptCount(tokens, ratio);
      expect(kept).toBeGreaterThanOrEqual(1);
      expect(kept).toBeLessThanOrEqual(tokens);
      if (kept > 1) expect(kept).toBe(Math.min(tokens, Math.ceil(tokens / ratio)));
    }),
  );
});
