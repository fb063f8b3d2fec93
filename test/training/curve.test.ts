import { describe, expect, it } from 'vitest';
import { curve, type LogLine } from '../../training/card/curve.ts';

const line = (tokens: number, where: [number, number], needle: [number, number]): LogLine => ({
  step: tokens,
  tokens,
  exact: { where, needle },
  exactByForm: { 'sheet 8x': where },
});

describe('the learning curve', () => {
  const lines = [
    line(1_000_000, [1, 30], [0, 3]),
    line(2_000_000, [5, 30], [1, 3]),
    line(3_000_000, [20, 25], [2, 30]),
    line(4_000_000, [30, 35], [1, 30]),
  ];

  it('sums each span, and shows no share of a handful', () => {
    expect(curve(lines, 2, ({ exact }) => exact)).toBe(
      [
        '| question | to 2.0M | to 4.0M |',
        '| --- | --- | --- |',
        '| needle | – | 5 % |',
        '| where | 10 % | 83 % |',
      ].join('\n'),
    );
  });

  it('goes by the form of the context as well, and leaves out what is never asked often', () => {
    expect(curve(lines.slice(0, 1), 1, ({ exactByForm }) => exactByForm)).toBe(
      ['| question | to 1.0M |', '| --- | --- |', '| sheet 8x | 3 % |'].join('\n'),
    );
    expect(curve(lines.slice(0, 1), 1, ({ exact }) => ({ needle: exact['needle']! }))).not.toContain('needle');
  });
});
