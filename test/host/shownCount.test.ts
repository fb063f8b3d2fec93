import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shownCount } from '../../src/host/worker/shownCount.ts';

const counted = fc.nat({ max: 1e6 }).chain((of) => fc.nat({ max: of }).map((count) => ({ count, of })));

test('a resumed job never shows less than before, nor more than there is', () => {
  fc.assert(
    fc.property(counted, fc.nat({ max: 1e6 }), (before, counting) => {
      const count = Math.min(counting, before.of);
      expect(shownCount(count, before.of, before)).toBe(Math.max(count, before.count));
    }),
  );
  fc.assert(
    fc.property(counted, counted, (before, now) => {
      const shown = shownCount(now.count, now.of, before);
      expect(shown).toBeGreaterThanOrEqual(now.count);
      expect(shown).toBeLessThanOrEqual(now.of);
    }),
  );
  expect(shownCount(1, 10, { count: 6, of: 20 })).toBe(3);
});
