import fc from 'fast-check';
import { expect, test } from 'vitest';
import { otherShare } from '../../bench/sampling/quiet.ts';
import { interleave, usableRounds } from '../../bench/sampling/rounds.ts';
import { pairRatios, spreadOf } from '../../bench/sampling/stats.ts';
import { readOptions } from '../../bench/options.ts';

/** No sample counts as disturbed. */
const undisturbed = { maxOther: Infinity, budgetMs: Infinity };

test('arms take turns, and samples of one round keep their index', async () => {
  const calls: string[] = [];
  const arm = (name: string) => ({
    name,
    run: () => {
      calls.push(name);
      return Promise.resolve({ ms: calls.length });
    },
  });
  const { samples, rejected, noisy } = await interleave([arm('a'), arm('b')], { rounds: 3, ...undisturbed });
  expect(calls).toEqual(['a', 'b', 'a', 'b', 'a', 'b']);
  expect(samples).toEqual({ a: [1, 3, 5], b: [2, 4, 6] });
  expect({ rejected, noisy }).toEqual({ rejected: 0, noisy: false });
});

test('a batch is one sample, its mean; preparing it is outside', async () => {
  let [prepared, ran] = [0, 0];
  const arm = {
    name: 'a',
    batch: 4,
    prepare: () => void prepared++,
    run: () => Promise.resolve({ ms: ++ran }),
  };
  const { samples } = await interleave([arm], { rounds: 2, ...undisturbed });
  expect(prepared).toBe(2);
  expect(samples['a']).toEqual([2.5, 6.5]);
});

test('a spent budget ends the rounds, but never before the least number', async () => {
  const arm = { name: 'a', run: () => Promise.resolve({ ms: 1 }) };
  const { samples } = await interleave([arm], { rounds: 9, minRounds: 2, budgetMs: -1, maxOther: Infinity });
  expect(samples['a']).toHaveLength(2);
});

test('disturbed samples are taken again; where all are disturbed they stay and the rounds count as noisy', async () => {
  let runs = 0;
  const arm = { name: 'a', run: () => Promise.resolve({ ms: ++runs }) };
  // Below zero: every sample counts as disturbed, on systems that tell nothing as well.
  const { samples, rejected, noisy } = await interleave([arm], {
    rounds: 1,
    retries: 2,
    maxOther: -1,
    budgetMs: Infinity,
    quietMs: 0,
  });
  expect(runs).toBe(3);
  expect(samples['a']).toEqual([3]);
  expect({ rejected, noisy }).toEqual({ rejected: 3, noisy: true });
});

test('disturbed rounds are left out only while enough others remain', () => {
  const rounds = (...quiet: boolean[]) => quiet.map((q, i) => ({ quiet: q, ms: [i] }));
  const used = (...quiet: boolean[]) => {
    const result = usableRounds(rounds(...quiet));
    return { used: result.used.map((r) => r.ms[0]), noisy: result.noisy };
  };
  expect(used(true, false, true)).toEqual({ used: [0, 2], noisy: false });
  expect(used(true, false, true, false)).toEqual({ used: [0, 2], noisy: false });
  // A single sample is no measurement where there could be more.
  expect(used(true, false)).toEqual({ used: [0, 1], noisy: true });
  expect(used(false, false, true, false)).toEqual({ used: [0, 1, 2, 3], noisy: true });
  expect(used(true)).toEqual({ used: [0], noisy: false });
});

test('work of others is what the machine did beyond ourselves and our children', () => {
  const before = { machine: 1_000, own: 100 };
  expect(otherShare(before, { machine: 1_520, own: 300 }, 1_000, 100)).toBeCloseTo(0.2);
  expect(otherShare(before, { machine: 1_300, own: 400 }, 1_000)).toBe(0);
});

test('the median lies between the extremes, with as many samples on either side', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0.1, max: 1e6, noNaN: true }), { minLength: 1 }), (samples) => {
      const { median, min, max, n } = spreadOf(samples);
      expect(n).toBe(samples.length);
      expect(min).toBe(Math.min(...samples));
      expect(max).toBe(Math.max(...samples));
      expect(samples.filter((s) => s < median).length).toBeLessThanOrEqual(n / 2);
      expect(samples.filter((s) => s > median).length).toBeLessThanOrEqual(n / 2);
    }),
  );
  expect(pairRatios([4, 9], [2, 3])).toEqual([2, 3]);
});

test('options are checked', () => {
  expect(readOptions(['--quick', '--only', 'memory', '--threads', '4'])).toMatchObject({
    quick: true,
    only: ['memory'],
    threads: 4,
    shape: 'small20m',
  });
  expect(() => readOptions(['--only', 'nothing'])).toThrow('There is no measurement "nothing".');
  expect(() => readOptions(['--threads', 'many'])).toThrow('"many" is no number of threads.');
  expect(() => readOptions(['--name', '../elsewhere'])).toThrow('no name for a file');
});
