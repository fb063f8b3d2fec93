import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/engine/compress/random.ts';
import { Grammars } from '../../src/engine/corpus/grammars.ts';
import {
  featureNames,
  isRouter,
  routedModes,
  takeMode,
  untrainedRouter,
  type Features,
  type RoutedMode,
  type Router,
} from '../../src/engine/model/router.ts';
import { arms } from '../../src/eval/arms/arms.ts';
import { dataSets } from '../../src/eval/data/sets.ts';
import { askDevelopment } from '../../src/eval/evaluate.ts';
import {
  crossValidate,
  derivatives,
  fitLogistic,
  fitRouter,
  lossOf,
  type LogisticRow,
  type RoutedQuestion,
} from '../../src/eval/router/fit.ts';
import { routedArms, routedQuestions } from '../../src/eval/router/questions.ts';
import { readAnswers } from '../../src/eval/run/journal.ts';
import { lookupTask, SmallWorkspaces } from '../engine/smallWorkspace.ts';
import { maxDifference } from '../model/fixtures.ts';

const small = new SmallWorkspaces();
afterAll(() => small.dispose());

const nothing = Object.fromEntries(featureNames.map((name) => [name, 0])) as Features;

describe('the fit', () => {
  /** Rows of two features and three classes. */
  function someRows(seed: string, count = 40): LogisticRow[] {
    const next = seededRandom(seed);
    return Array.from({ length: count }, () => {
      const parts = [next(), next(), next()];
      const sum = parts.reduce((a, b) => a + b, 0);
      return { x: [1, 2 * next() - 1, 3 * next()], target: parts.map((p) => p / sum), weight: 0.1 + next() };
    });
  }

  test('has the derivatives of what it makes least (finite differences)', () => {
    for (const seed of ['a', 'b', 'c']) {
      const rows = someRows(seed);
      const next = seededRandom(`${seed}/beta`);
      const beta = Float64Array.from({ length: 6 }, () => 2 * next() - 1);
      const { gradient, hessian } = derivatives(rows, beta, 0.7);
      const step = 1e-5;
      for (let i = 0; i < 6; i++) {
        const [up, down] = [beta.slice(), beta.slice()];
        up[i]! += step;
        down[i]! -= step;
        expect(gradient[i]).toBeCloseTo((lossOf(rows, up, 0.7) - lossOf(rows, down, 0.7)) / (2 * step), 5);
        const [above, below] = [derivatives(rows, up, 0.7).gradient, derivatives(rows, down, 0.7).gradient];
        for (let j = 0; j < 6; j++) expect(hessian[i * 6 + j]).toBeCloseTo((above[j]! - below[j]!) / (2 * step), 4);
      }
    }
  });

  test('ends where the gradient is zero, which is the least there is', () => {
    const rows = someRows('least', 60);
    const beta = Float64Array.from(fitLogistic(rows, 0.5).flat());
    expect(maxDifference(derivatives(rows, beta, 0.5).gradient, new Float64Array(6))).toBeLessThan(1e-4);
    const next = seededRandom('elsewhere');
    for (let i = 0; i < 200; i++) {
      const other = beta.map((b) => b + 0.2 * (2 * next() - 1));
      expect(lossOf(rows, other, 0.5)).toBeGreaterThanOrEqual(lossOf(rows, beta, 0.5));
    }
  });

  test('closed forms: intercepts alone give the mean targets; a feature of 0 and 1 gives those of each half', () => {
    const rows = someRows('closed', 50).map((row) => ({ ...row, x: [1] }));
    const total = rows.reduce((sum, r) => sum + r.weight, 0);
    const mean = [0, 1, 2].map((c) => rows.reduce((sum, r) => sum + r.weight * r.target[c]!, 0) / total);
    const [first, second] = fitLogistic(rows, 1);
    expect(first![0]).toBeCloseTo(Math.log(mean[0]! / mean[2]!), 5);
    expect(second![0]).toBeCloseTo(Math.log(mean[1]! / mean[2]!), 5);

    const halves = [
      ...Array.from({ length: 10 }, (_, i) => ({ x: [1, 0], target: i < 3 ? [1, 0] : [0, 1], weight: 1 })),
      ...Array.from({ length: 10 }, (_, i) => ({ x: [1, 1], target: i < 8 ? [1, 0] : [0, 1], weight: 1 })),
    ];
    const [[intercept, slope]] = fitLogistic(halves, 1e-9) as [[number, number]];
    expect(intercept).toBeCloseTo(Math.log(3 / 7), 4);
    expect(intercept + slope).toBeCloseTo(Math.log(8 / 2), 4);
  });

  /** Questions for which the cache is right where it covers them and retrieval has no margin, hybrid for lists. */
  function ruled(count: number): RoutedQuestion[] {
    const next = seededRandom('ruled');
    return Array.from({ length: count }, (_, i) => {
      const covered = Number(next() < 0.5);
      const list = Number(next() < 0.3);
      const margin = next();
      const best: RoutedMode = list ? 'hybrid' : covered && margin < 0.5 ? 'cache' : 'rag';
      const scores = { cache: 0, rag: 0, hybrid: 0, [best]: 1 };
      const features = { ...nothing, covered, uncovered: 1 - covered, list, margin, length: 3 + 2 * next() };
      return { corpus: `twin/${i % 7}`, features, scores };
    });
  }

  test('finds a rule, also on corpora that it has not seen, and beats every mode alone', () => {
    const questions = ruled(300);
    const check = crossValidate(questions, 0.1);
    expect([check.questions, check.corpora]).toEqual([300, 7]);
    expect(check.accuracy).toBeGreaterThan(0.9);
    expect(check.best).toBe(1);
    for (const mode of routedModes) expect(check.score).toBeGreaterThan(check.alone[mode]);
    const router = fitRouter(questions, 0.1);
    expect(isRouter(JSON.parse(JSON.stringify(router)))).toBe(true);
    const { because, probabilities } = takeMode(router, { ...nothing, covered: 1, margin: 0.1, length: 4 });
    expect(probabilities.cache).toBeGreaterThan(0.5);
    expect(because).toContain('covered');
  });

  test('questions that all modes answer alike change nothing', () => {
    const questions = ruled(80);
    const more = questions.map((q) => ({ ...q, scores: { cache: 0.4, rag: 0.4, hybrid: 0.4 } }));
    // Twice the rows, so that means and deviations of the features are the same.
    const one = fitRouter([...questions, ...questions], 1);
    const other = fitRouter([...questions, ...questions, ...more, ...more], 1);
    for (const name of featureNames) expect(other.weights.cache![name]).toBeCloseTo(one.weights.cache![name]!, 4);
  });
});

describe('a router', () => {
  const someFeatures = fc.record(
    Object.fromEntries(featureNames.map((name) => [name, fc.float({ min: -5, max: 5, noNaN: true })])),
  ) as unknown as fc.Arbitrary<Features>;
  const weights = fc.record({
    bias: fc.float({ min: -3, max: 3, noNaN: true }),
    covered: fc.float({ min: -3, max: 3, noNaN: true }),
    margin: fc.float({ min: -3, max: 3, noNaN: true }),
  });

  test('takes the most probable mode, its probabilities add up, and never one that it has no weights for', () => {
    fc.assert(
      fc.property(weights, fc.option(weights, { nil: undefined }), someFeatures, (cache, hybrid, features) => {
        const router: Router = { version: 1, weights: { cache, ...(hybrid ? { hybrid } : {}) } };
        const { mode, probabilities } = takeMode(router, features);
        const values = Object.values(probabilities);
        expect(values.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
        expect(probabilities[mode]).toBe(Math.max(...values));
        if (!hybrid) expect(probabilities.hybrid).toBe(undefined);
      }),
    );
  });

  test('untrained, it is the rule: what the sheet covers, else retrieval', () => {
    for (const named of ['covered', 'uncovered', 'nothing']) {
      for (const whole of [0, 1]) {
        const features = {
          ...nothing,
          covered: Number(named === 'covered'),
          uncovered: Number(named === 'uncovered'),
          whole,
          margin: 0.7,
          score: 3,
          length: 5,
        };
        const expected = named === 'covered' || (named === 'nothing' && whole) ? 'cache' : 'rag';
        expect(takeMode(untrainedRouter, features).mode).toBe(expected);
      }
    }
  });

  test.each([
    null,
    [],
    { version: 2, weights: {} },
    { version: 1, weights: { rag: {} } },
    { version: 1, weights: { cache: { colour: 1 } } },
    { version: 1, weights: { cache: { bias: 'x' } } },
  ])('%j is none', (value) => {
    expect(isRouter(value)).toBe(false);
  });
});

test('the development split is asked with the features of every question, goes on after a stop, and can be fitted on', async () => {
  const decoder = await small.decoder('qwen3-fp32', { segmentTokens: 256, answerTokens: 8, ratio: 4 });
  const grammars = await Grammars.open(await small.grammarFolder());
  const out = path.join(await small.folder('out'), 'run');
  const names = Object.values(routedArms) as string[];
  const options = {
    plan: {
      profile: 'small' as const,
      arms: arms.filter((a) => names.includes(a.name)),
      ratios: [8],
      data: dataSets.filter((d) => d.name === 'twin'),
      draws: 3,
      questions: 3,
      breadth: 'few' as const,
      size: 600,
      development: { questions: 2, budgets: [100] },
    },
    seed: 'router',
    folders: [],
    out,
    fresh: false,
    perplexity: false,
    decoder,
    grammars,
    task: () => Promise.resolve(lookupTask),
    program: 'test 1',
    command: '',
  };
  const progress: [number, number][] = [];
  const first = await askDevelopment({ ...options, onProgress: ({ done, total }) => progress.push([done, total]) });
  expect(first.resumed).toBe(0);
  expect(progress.at(-1)).toEqual([9, 9]);
  const { rows, config } = readAnswers(out);
  expect(config.model.fingerprint).toBe(decoder.fingerprint);
  expect(rows.length).toBe(9);
  for (const row of rows) {
    expect(row.draw).toBe(0);
    expect(row.features !== undefined).toBe(row.arm === routedArms.cache);
  }
  const questions = routedQuestions(rows);
  expect(questions.length).toBe(3);
  for (const { features } of questions) {
    expect(Object.keys(features).sort()).toEqual([...featureNames].sort());
    for (const value of Object.values(features)) expect(Number.isFinite(value)).toBe(true);
    expect([1, 0]).toContain(features.whole);
    expect(features.coverage).toBe(1);
    expect(features.ratio).toBe(3);
  }
  expect(isRouter(fitRouter(questions))).toBe(true);
  const again = await askDevelopment(options);
  expect(again.resumed).toBe(9);
  expect(readAnswers(first.answers).rows.length).toBe(9);
}, 180_000);
