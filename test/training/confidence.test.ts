import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apply, fitThreshold, isCounted, separation, type Measured } from '../../training/card/confidence.ts';
import type { Row } from '../../training/card/rows.ts';

const row = (confidence: number, right: boolean): Measured => ({ said: '', confidence, right });
/** Confidences with many ties, as a good model has them near 1. */
const answers = fc.array(
  fc.record({ confidence: fc.integer({ min: 1, max: 20 }).map((n) => n / 20), right: fc.boolean() }),
  { minLength: 1, maxLength: 40 },
);
const shares = fc.record({
  precision: fc.constantFrom(0.5, 0.8, 0.9, 1),
  mostRight: fc.constantFrom(0, 0.1, 0.5, 1),
});

describe('the fitted threshold', () => {
  const rows = [row(0.2, false), row(0.3, false), row(0.4, true), row(0.5, false), row(0.9, true), row(0.95, true)];

  test('is the lowest that reaches the precision', () => {
    const fit = fitThreshold(rows, { precision: 0.75, mostRight: 1 });
    expect(fit).toMatchObject({ reached: true, unsure: 2, rightUnsure: 0, right: 3, answers: 6, precision: 0.75 });
    expect(fit.threshold).toBeCloseTo(0.35, 12);
    expect(fitThreshold(rows, { precision: 0.9, mostRight: 1 })).toMatchObject({
      unsure: 4,
      rightUnsure: 1,
      precision: 1,
    });
  });

  test('stops where it would call too many right answers unsure, and says so', () => {
    const fit = fitThreshold(rows, { precision: 0.9, mostRight: 0.1 });
    expect(fit).toMatchObject({ reached: false, unsure: 2, rightUnsure: 0, precision: 0.75 });
  });

  test('is 0 where the answers are good enough as they are', () => {
    expect(fitThreshold(rows, { precision: 0.5, mostRight: 1 })).toMatchObject({
      threshold: 0,
      unsure: 0,
      reached: true,
    });
  });

  test('does as good as any other that is allowed, and the lower ones fall short', () => {
    fc.assert(
      fc.property(answers, shares, (list, options) => {
        const all = list.map(({ confidence, right }) => row(confidence, right));
        const fit = fitThreshold(all, options);
        expect(apply(all, fit.threshold)).toEqual({ ...fit, reached: undefined });
        const right = all.filter((one) => one.right).length;
        expect(fit.rightUnsure).toBeLessThanOrEqual(options.mostRight * right);
        // Every threshold that does something else, with at least one answer left.
        const others = all.map(({ confidence }) => apply(all, confidence)).filter((one) => one.unsure < all.length);
        const allowed = others.filter((one) => one.rightUnsure <= Math.floor(options.mostRight * right));
        if (fit.reached) {
          for (const one of allowed)
            if (one.threshold < fit.threshold && one.unsure < fit.unsure)
              expect(one.precision).toBeLessThan(options.precision);
        } else for (const one of allowed) expect(one.precision).toBeLessThanOrEqual(fit.precision);
      }),
    );
  });
});

describe('how well confidence tells right from wrong', () => {
  test('is the share of pairs in the right order', () => {
    fc.assert(
      fc.property(answers, (list) => {
        const [right, wrong] = [list.filter((one) => one.right), list.filter((one) => !one.right)];
        const pairs = right.flatMap((a) => wrong.map((b) => Math.sign(a.confidence - b.confidence) / 2 + 0.5));
        const expected = pairs.length === 0 ? 0.5 : pairs.reduce((sum, share) => sum + share, 0) / pairs.length;
        expect(separation(list, (one) => one.confidence)).toBeCloseTo(expected, 12);
      }),
    );
  });
});

test('only answers that were read from something, and that are no refusal, are counted', () => {
  const doubt = { beyond: ['Beyond this model'] };
  expect(isCounted({ arm: 'cache 8x', said: 'function in a.ts' }, doubt)).toBe(true);
  expect(isCounted({ arm: 'full', said: 'Not in this workspace' }, doubt)).toBe(true);
  expect(isCounted({ arm: 'full', said: 'beyond this model.' }, doubt)).toBe(false);
  expect(isCounted({ arm: 'full', said: 'beyond this model.' }, undefined)).toBe(true);
  expect(isCounted({ arm: 'none', said: 'x' }, doubt)).toBe(false);
  expect(isCounted({ arm: 'random 8x', said: 'x' }, doubt)).toBe(false);
});

describe('the command', () => {
  const script = fileURLToPath(new URL('../../training/card/fit.ts', import.meta.url));
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'cribsheet-fit-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const fit = async (rows: readonly Partial<Row>[]) => {
    const [measured, profile] = [path.join(folder, 'measured.jsonl'), path.join(folder, 'cribsheet.json')];
    await writeFile(measured, rows.map((one) => `${JSON.stringify(one)}\n`).join(''));
    await writeFile(profile, JSON.stringify({ name: 'small', doubt: { beyond: ['Beyond me'] } }));
    const args = [script, '--measured', measured, '--profile', profile, '--precision', '0.9'];
    const ended = await promisify(execFile)(process.execPath, args).then(
      ({ stderr }) => ({ code: 0, stderr }),
      ({ code, stderr }: { code: number; stderr: string }) => ({ code, stderr }),
    );
    return { ...ended, profile: JSON.parse(await readFile(profile, 'utf8')) as unknown };
  };

  test('fits on one seed, reports on another, and writes the threshold beside what is in the profile', async () => {
    const one = (seed: number, confidence: number, right: boolean, said = 'x'): Partial<Row> => ({
      seed,
      arm: 'cache 8x',
      confidence,
      least: confidence / 2,
      right,
      said,
    });
    const good = Array.from({ length: 9 }, (_, i) => [one(1, 0.9 + i / 100, true), one(2, 0.9 + i / 100, true)]).flat();
    const poor = [one(1, 0.3, false), one(1, 0.4, false), one(2, 0.2, false), one(2, 0.95, false), one(2, 0.1, true)];
    const refused = Array.from({ length: 50 }, () => one(1, 0.05, true, 'Beyond me'));
    const { code, stderr, profile } = await fit([...good, ...poor, ...refused]);
    expect(code).toBe(0);
    // One wrong answer of ten is allowed to stay.
    expect(profile).toEqual({ name: 'small', doubt: { beyond: ['Beyond me'], confidence: 0.35 } });
    expect(stderr).toContain('threshold 0.35: reaches precision 0.9');
    expect(stderr).toMatch(
      /on the other seeds: {2}12 answers, 83\.3 % right; 16\.7 % called unsure; of the right ones 10\.0 % \(1\), of the wrong ones 50\.0 %/u,
    );
  });

  test('says when there is nothing to fit, and leaves the profile', async () => {
    const { code, stderr, profile } = await fit([{ seed: 1, arm: 'full', confidence: 0.5, right: true, said: 'x' }]);
    expect([code, profile]).toEqual([1, { name: 'small', doubt: { beyond: ['Beyond me'] } }]);
    expect(stderr).toContain('nothing can be fitted');
  });
});
