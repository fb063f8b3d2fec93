import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Turns } from '../../src/common/turns.ts';

test('one at a time, in order of arrival; who is cancelled while waiting never runs', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.record({ cancel: fc.boolean(), fail: fc.boolean() })), async (callers) => {
      const turns = new Turns();
      const ran: number[] = [];
      let inside = 0;
      let open = (): void => undefined;
      const gate = new Promise<void>((resolve) => (open = resolve));
      const first = turns.take(() => gate);
      const aborts = callers.map(() => new AbortController());
      const results = callers.map(({ fail }, i) =>
        turns.take(async () => {
          expect(++inside).toBe(1);
          await Promise.resolve();
          inside--;
          ran.push(i);
          if (fail) throw new Error('failed');
        }, aborts[i]!.signal),
      );
      const settled = Promise.allSettled(results);
      callers.forEach(({ cancel }, i) => {
        if (cancel) aborts[i]!.abort();
      });
      // The cancelled leave while the first still holds its turn.
      for (const [i, { cancel }] of callers.entries())
        if (cancel) await expect(results[i]).rejects.toMatchObject({ code: 'cancelled' });
      expect(ran).toEqual([]);
      open();
      await first;
      const expected = callers.map(({ cancel, fail }) => (cancel || fail ? 'rejected' : 'fulfilled'));
      expect((await settled).map((r) => r.status)).toEqual(expected);
      expect(ran).toEqual([...callers.keys()].filter((i) => !callers[i]!.cancel));
    }),
  );
});
