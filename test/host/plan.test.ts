import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  estimateText,
  isSameSize,
  planWarning,
  sizeChoices,
  sizeLabel,
  typedSizes,
} from '../../src/host/commands/planText.ts';
import { Figures } from '../../src/host/figures.ts';
import type { CompressEstimate } from '../../src/host/worker/compressJobs.ts';
import { english } from './texts.ts';

const figures = new Figures('en', english);
const plan: CompressEstimate = {
  strategy: 'm0-zs',
  ratio: 16,
  files: 134,
  filesTotal: 179,
  segments: 210,
  segmentsTotal: 300,
  tokens: 203_000,
  tokensTotal: 303_554,
  positions: 2_048,
  room: 2_048,
  bytes: 4_100_000,
  missing: { segments: 210, tokens: 203_000 },
  probeTokens: 40,
  ms: 250_000,
  rateFrom: 'compression',
};

describe('an estimate', () => {
  test('tells files, tokens, positions, time and size', () => {
    expect(estimateText(plan, figures, english)).toBe(
      '134 of 179 files · 203,000 of 303,554 tokens · 4 min · 4.1 MB · 2,048 positions',
    );
  });

  test('is short where everything fits, says where nothing is left, and how sure it is', () => {
    const all = { ...plan, files: 179, tokens: 303_554, segments: 300 };
    expect(estimateText({ ...all, rateFrom: 'test' }, figures, english)).toContain('179 files · 303,554 tokens');
    expect(estimateText({ ...all, rateFrom: 'test' }, figures, english)).toContain('4 min (first guess)');
    expect(estimateText({ ...all, missing: { segments: 0, tokens: 0 } }, figures, english)).toContain(
      'nothing left to compute',
    );
    expect(planWarning(all, figures, english)).toBeUndefined();
  });

  test('warns of what stays out and of an empty scope', () => {
    expect(planWarning(plan, figures, english)).toMatch(/^Holds 67\s?% of the source/u);
    expect(planWarning({ ...plan, filesTotal: 0 }, figures, english)).toMatch(/No file/u);
  });
});

describe('the size picker', () => {
  test('reads a ratio or a size', () => {
    expect(typedSizes('12')).toEqual([{ ratio: 12 }]);
    expect(typedSizes(' 1:12,5 ')).toEqual([{ ratio: 12.5 }]);
    expect(typedSizes('1/8')).toEqual([{ ratio: 8 }]);
    expect(typedSizes('3000')).toEqual([{ tokens: 3_000 }]);
    expect(typedSizes('3,000')).toEqual([{ tokens: 3_000 }]);
    expect(typedSizes('3.000')).toEqual([{ tokens: 3_000 }]);
    expect(typedSizes('0')).toEqual([]);
    expect(typedSizes('many')).toEqual([]);
    expect(typedSizes('')).toEqual([]);
  });

  test('never offers a size that the engine refuses, whatever is typed', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.integer().map(String), fc.double().map(String)), (typed) => {
        for (const { ratio, tokens } of typedSizes(typed)) {
          expect(ratio === undefined).not.toBe(tokens === undefined);
          if (ratio !== undefined) expect(ratio).toBeGreaterThanOrEqual(1);
          if (tokens !== undefined) expect(Number.isSafeInteger(tokens) && tokens >= 256).toBe(true);
        }
      }),
    );
  });

  test('begins with what the settings say, and offers nothing twice', () => {
    expect(sizeChoices('', {})[0]).toEqual({});
    const choices = sizeChoices('', { ratio: 8 });
    expect(choices[0]).toEqual({ ratio: 8 });
    for (const [i, one] of choices.entries()) {
      expect(choices.findIndex((other) => isSameSize(one, other))).toBe(i);
    }
    expect(sizeChoices('5000', { ratio: 8 })).toEqual([{ tokens: 5_000 }]);
  });

  test('names its choices', () => {
    const names = sizeChoices('', {}).map((size) => sizeLabel(size, figures, english));
    expect(names).toContain('As task and model say');
    expect(sizeLabel({}, figures, english, plan)).toBe('As task and model say: one of 16');
    expect(names).toContain('Keep one of 16');
    expect(names).toContain('Sheet of 4,096 positions');
    expect(names.at(-1)).toBe('Keep everything, on disk: for the mode Offload');
  });
});

describe('figures', () => {
  test('read as people of the language write them', () => {
    const german = new Figures('de', english);
    expect(german.count(12_345)).toBe('12.345');
    expect(figures.bytes(999)).toBe('999 B');
    expect(figures.bytes(5_900_000)).toBe('5.9 MB');
    expect(figures.bytes(999_950)).toBe('1 MB');
    expect(figures.files(1)).toBe('1 file');
    expect(figures.files(2)).toBe('2 files');
  });

  test('plan in minutes and hours', () => {
    expect(figures.duration(10_000)).toBe('less than a minute');
    expect(figures.duration(60_000)).toBe('1 min');
    expect(figures.duration(3_600_000)).toBe('1 h');
    expect(figures.duration(4_800_000)).toBe('1 h 20 min');
  });

  test('tell ages', () => {
    const now = Date.parse('2026-11-22T12:00:00Z');
    expect(figures.age('2026-11-22T11:59:50Z', now)).toBe('now');
    expect(figures.age('2026-11-22T11:55:00Z', now)).toBe('5 minutes ago');
    expect(figures.age('2026-11-22T10:00:00Z', now)).toBe('2 hours ago');
    expect(figures.age('2026-11-21T12:00:00Z', now)).toBe('yesterday');
    expect(figures.age('no date', now)).toBe('');
  });

  test('take any language tag', () => {
    for (const tag of ['qps-ploc', 'zh-cn', 'x', '', 'pt-br']) expect(new Figures(tag, english).count(1)).toBe('1');
  });
});
