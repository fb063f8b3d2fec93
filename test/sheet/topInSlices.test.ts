import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Breath } from '../../src/engine/breath.ts';
import { topPositions } from '../../src/engine/compress/select.ts';
import { topInSlices } from '../../src/engine/sheet/offload/topInSlices.ts';

test('slices of any length give the same positions as all scores at once', async () => {
  // Few distinct values: ties everywhere.
  const scores = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 60 });
  const counts = fc.integer({ min: 0, max: 70 });
  await fc.assert(
    fc.asyncProperty(scores, counts, fc.integer({ min: 1, max: 30 }), async (list, keep, slice) => {
      const own = Float64Array.from(list);
      expect(await topInSlices(own, keep, new Breath(), slice)).toEqual(topPositions(own, keep));
    }),
  );
});

test('a cancel ends it', async () => {
  const breath = new Breath(AbortSignal.abort());
  await expect(topInSlices(new Float64Array(10), 3, breath)).rejects.toMatchObject({ code: 'cancelled' });
});
