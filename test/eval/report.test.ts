import { describe, expect, test } from 'vitest';
import { arms } from '../../src/eval/arms/arms.ts';
import { barsOf } from '../../src/eval/report/bars.ts';
import { cellsOf } from '../../src/eval/report/cells.ts';
import { comparisons } from '../../src/eval/report/compare.ts';
import { markdown } from '../../src/eval/report/markdown.ts';
import { reportOf } from '../../src/eval/report/report.ts';
import { scoreChart } from '../../src/eval/report/svg.ts';
import type { EvalConfig, Row } from '../../src/eval/run/journal.ts';
import { bestBudget } from '../../src/eval/run/tuning.ts';
import { holm } from '../../src/eval/stats/holm.ts';

const config: EvalConfig = {
  version: 1,
  program: 'p',
  model: { name: 'm', fingerprint: 'f'.repeat(64) },
  device: 'cpu',
  seed: 's',
  questions: 8,
  breadth: 'few',
  size: null,
  perplexity: true,
  data: 'twin',
  development: '',
  code: 'c',
  measured: null,
  router: null,
};

const row = (more: Partial<Row>): Row => ({
  arm: 'm0-zs',
  ratio: 8,
  data: 'twin',
  draw: 1,
  corpus: 'k1',
  question: '1',
  kind: 'owner',
  group: 'direct',
  asked: 'Who?',
  gold: ['a'],
  said: 'a',
  score: 1,
  right: true,
  coverage: 1,
  ttftMs: 10,
  totalMs: 20,
  prepareMs: 100,
  prefilled: 5,
  positions: 50,
  answerTokens: 3,
  bytes: { keys: 100, values: 100, provenance: 10, bias: 0, preamble: 0 },
  ...more,
});

/** Questions in two corpora; what an arm gets on each. */
const scored = (arm: string, ratio: number | null, scores: readonly number[], more: Partial<Row> = {}): Row[] =>
  scores.map((score, i) =>
    row({ arm, ratio, question: String(i), corpus: `k${i % 2}`, score, right: score === 1, ...more }),
  );

describe('cells', () => {
  test('mean, share right, perplexity over all tokens, medians, recall', () => {
    const rows = [
      row({ question: '1', score: 0.5, right: false, goldNll: 2, goldTokens: 1, ttftMs: 1, recall: 0 }),
      row({ question: '2', score: 1, goldNll: 1, goldTokens: 3, ttftMs: 2, recall: 1 }),
      row({ question: '3', score: 0, right: false, ttftMs: 9, recall: 0.5 }),
      row({ question: '4', score: 0, right: false, unable: 'does not fit', ttftMs: 500 }),
      row({ question: '5', draw: 0 }),
    ];
    const [cell, ...others] = cellsOf(rows, (r) => r.group, 's');
    expect(others).toEqual([]);
    expect(cell).toMatchObject({ questions: 4, unable: 1, ttftMs: 2, recall: 0.5, bytes: 210 });
    expect(cell!.score.mean).toBeCloseTo(0.5, 9);
    expect(cell!.right).toBeCloseTo(1 / 3, 9);
    expect(cell!.perplexity).toBeCloseTo(Math.exp(3 / 4), 9);
    expect(cell!.score.low).toBeLessThanOrEqual(0.5);
    expect(cell!.score.high).toBeGreaterThanOrEqual(0.5);
  });
});

describe('comparisons', () => {
  test('pairs the questions that both have answered; a baseline without ratios stands at all of them', () => {
    const rows = [
      ...scored('m0-fs', 8, [1, 1, 0, 1]),
      ...scored('m0-fs', 16, [0, 0, 0, 1]),
      ...scored('none', null, [0, 1, 0, 0]),
      ...scored('rag', 8, [1, 0]),
    ];
    const found = comparisons(rows, ['m0-fs', 'rag'], ['none', 'rag'], (r) => r.group, 's');
    const at = (arm: string, baseline: string, ratio: number) =>
      found.find((c) => c.arm === arm && c.baseline === baseline && c.ratio === ratio);
    expect(at('m0-fs', 'none', 8)).toMatchObject({ questions: 4, difference: { mean: 0.5 } });
    expect(at('m0-fs', 'none', 16)).toMatchObject({ questions: 4, difference: { mean: 0 } });
    expect(at('m0-fs', 'rag', 8)).toMatchObject({ questions: 2, difference: { mean: 0.5 } });
    expect(at('m0-fs', 'rag', 16)).toBe(undefined);
    expect(found.some((c) => c.arm === c.baseline)).toBe(false);
    const family = found.filter((c) => c.baseline === 'none');
    expect(family.map((c) => c.corrected)).toEqual(holm(family.map((c) => c.p)));
  });

  test('an answer that could not be given is no zero', () => {
    const rows = [...scored('m0-fs', 8, [1, 1]), ...scored('full', null, [0, 0], { unable: 'too long' })];
    expect(comparisons(rows, ['m0-fs'], ['full'], (r) => r.group, 's')).toEqual([]);
  });
});

test('headline figures leave out what the symbol table answers, and say how much that is', () => {
  const rows = [
    ...scored('m0-fs', 8, [1, 1, 0, 0]),
    ...scored('symbols', null, [1, 0, 1, 0]),
    ...scored('none', null, [0, 0, 0, 0]),
  ];
  const report = reportOf(rows, { command: 'c', config, ragTokens: {}, now: new Date(0) });
  expect(report.modelFree).toEqual([{ data: 'twin', questions: 4, right: 2 }]);
  const [cell] = report.headline.filter((c) => c.arm === 'm0-fs');
  expect([cell!.questions, cell!.score.mean]).toEqual([2, 0.5]);
  expect(report.headline.some((c) => c.arm === 'symbols')).toBe(false);
  expect(report.cells.find((c) => c.arm === 'm0-fs')!.score.mean).toBe(0.5);
  expect(report.headlineComparisons.map((c) => [c.arm, c.baseline, c.difference.mean])).toEqual([
    ['m0-fs', 'none', 0.5],
  ]);
  const page = markdown(report, []);
  expect(page).toContain('answers 2 of 4');
  // A table's rows have as many cells as its head.
  for (const table of page.split('\n\n').filter((part) => part.startsWith('|'))) {
    const widths = new Set(
      table
        .trim()
        .split('\n')
        .map((line) => line.split('|').length),
    );
    expect([table, widths.size]).toEqual([table, 1]);
  }
});

describe('bars', () => {
  const join: Partial<Row> = { group: 'join' };
  test('the best rung against the better M0, the sheet against RAG; what was not run is no bar', () => {
    const rows = [
      ...scored('m0-zs', 32, [0, 0, 0, 0], join),
      ...scored('m0-fs', 32, [1, 0, 0, 0], join),
      ...scored('m1', 32, [0, 0, 0, 0], join),
      ...scored('m2', 32, [1, 1, 1, 1], join),
      ...scored('m0-fs', 16, [1, 1, 0, 0], join),
      ...scored('rag', 16, [1, 0, 0, 0], join),
    ];
    const bars = barsOf(rows, 's');
    expect(bars.map((b) => [b.found.split(' ').slice(0, 4).join(' '), b.met])).toEqual([
      ['m2 − m0-fs +75.0', true],
      ['m0-fs − rag +25.0', true],
    ]);
    expect(barsOf(rows.slice(0, 4), 's')).toEqual([]);
  });

  test('a hybrid that is worse, a sheet that keeps too little of the full context', () => {
    const code: Partial<Row> = { group: 'code' };
    const rows = [
      ...scored('m0-fs', 8, [1, 1, 1, 0], code),
      ...scored('rag', 8, [0, 0, 0, 0], code),
      ...scored('hybrid', 8, [0, 0, 0, 0], code),
      ...scored('full', null, [1, 1, 1, 1], code),
    ];
    expect(barsOf(rows, 's').map((b) => [b.found, b.met])).toEqual([
      [expect.stringContaining('hybrid − m0-fs −75.0'), false],
      ['m0-fs 75.0 %', false],
    ]);
  });
});

test('equal rows, equal report', () => {
  const rows = [...scored('m0-fs', 8, [1, 0.5, 0, 0.25]), ...scored('rag', 8, [0, 0.5, 1, 0])];
  const facts = { command: 'c', config, ragTokens: {}, now: new Date(0) };
  expect(reportOf(rows, facts)).toEqual(reportOf(rows, facts));
});

test('the tuned budget is the best on the development split, of equal ones the smaller; counted draws decide nothing', () => {
  const at = (budget: number, draw: number, score: number): Row =>
    row({ arm: `rag@${budget}`, ratio: null, draw, score });
  expect(bestBudget([at(128, 0, 0.2), at(256, 0, 0.8), at(512, 0, 0.8), at(128, 1, 1)], 'twin', [128, 256, 512])).toBe(
    256,
  );
  expect(bestBudget([], 'twin', [128, 256])).toBe(128);
});

describe('chart', () => {
  const cells = cellsOf(
    [...scored('a <b> & "c"', 8, [1, 0]), ...scored('a <b> & "c"', 64, [0, 0]), ...scored('none', null, [0, 1])],
    (r) => r.group,
    's',
  );
  const chart = scoreChart('twin, <direct>', cells);

  test('is one well-formed element, without fonts, scripts or anything from elsewhere', () => {
    const open: string[] = [];
    for (const [, close, name, self] of chart.matchAll(/<(\/?)([a-z]+)(?:\s[^<>]*?)?(\/?)>/g)) {
      if (close) expect(open.pop()).toBe(name);
      else if (!self) open.push(name!);
    }
    expect(open).toEqual([]);
    expect(chart).not.toMatch(/<script|@font-face|href|url\(|NaN|undefined/);
    expect(chart.replace(/<[^<>]*>/g, '')).not.toMatch(/[<>]/);
    expect(chart).toContain('a &lt;b&gt; &amp; &quot;c&quot;');
  });

  test('one point and one interval for each ratio; a dashed line for an arm without', () => {
    expect(chart.match(/<circle/g)!.length).toBe(2);
    expect(chart.match(/<polyline/g)!.length).toBe(1);
    expect(chart).toContain('stroke-dasharray="6 4"');
  });

  test('draws without ratios, and with one', () => {
    const flat = scoreChart(
      'x',
      cells.filter((c) => c.ratio === null),
    );
    expect(flat).not.toMatch(/NaN|Infinity/);
    expect(
      scoreChart(
        'x',
        cells.filter((c) => c.ratio === 8),
      ),
    ).not.toMatch(/NaN|Infinity/);
  });
});

test('every arm has a name of its own and says what it is', () => {
  expect(new Set(arms.map((a) => a.name)).size).toBe(arms.length);
  for (const arm of arms) expect(arm.about.length).toBeGreaterThan(10);
});
