import { expect, test } from 'vitest';
import { Rows } from '../../src/host/trees/rows.ts';

/** Rows whose reading ends when the test says so. */
function slow() {
  const readings: PromiseWithResolvers<string[]>[] = [];
  const drawn: string[] = [];
  const errors: unknown[] = [];
  const rows = new Rows(
    () => {
      const reading = Promise.withResolvers<string[]>();
      readings.push(reading);
      return reading.promise;
    },
    () => drawn.push('drawn'),
    (error) => errors.push(error),
  );
  return { rows, readings, drawn, errors };
}

test('a drawing begins when its rows are there, and is given them at once', async () => {
  const { rows, readings, drawn } = slow();
  const renewed = rows.renew();
  expect(drawn).toEqual([]);
  readings[0]!.resolve(['a']);
  await renewed;
  expect(drawn).toEqual(['drawn']);
  expect(rows.take()).toEqual(['a']);
  expect(readings.length).toBe(1);
});

test('of renewals that overlap the last one counts, whichever ends first', async () => {
  const { rows, readings, drawn } = slow();
  const renewed = [rows.renew(), rows.renew()];
  readings[1]!.resolve(['new']);
  await renewed[1];
  readings[0]!.resolve(['old']);
  await renewed[0];
  expect(drawn.length).toBe(1);
  expect(rows.take()).toEqual(['new']);
});

test('rows that nobody asked for before are read when they are wanted', async () => {
  const { rows, readings } = slow();
  const taken = rows.take();
  readings[0]!.resolve(['b']);
  expect(await taken).toEqual(['b']);
  // Read once, shown once: the next drawing may be another day's.
  const again = rows.take();
  readings[1]!.resolve(['c']);
  expect(await again).toEqual(['c']);
});

test('rows that cannot be read are none, and the failure is told', async () => {
  const { rows, readings, errors } = slow();
  const renewed = rows.renew();
  readings[0]!.reject(new Error('the worker is gone'));
  await renewed;
  expect(await rows.take()).toEqual([]);
  expect(errors).toEqual([new Error('the worker is gone')]);
});
