import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { keptCount } from '../../src/engine/compress/select.ts';
import type { Segment } from '../../src/engine/corpus/types.ts';
import { weightedRatios } from '../../src/engine/sheet/spread.ts';
import { positionsOf } from '../../src/engine/sheet/summary.ts';
import { lookupTask, SmallWorkspaces } from '../engine/smallWorkspace.ts';

const small = new SmallWorkspaces();
afterAll(() => small.dispose());

/** A segment in a file of its own that defines `names` and speaks of `uses`. */
function segment(index: number, tokens: number, names: readonly string[], uses: readonly string[]): Segment {
  const path = `src/f${index}.ts`;
  const chunk = { path, startLine: 1, endLine: 9, nameLine: 1, kind: 'function' };
  return {
    id: String(index).padStart(64, '0'),
    paths: [path],
    tokens,
    text: [...names, ...uses].join(' '),
    chunks: names.map((name) => ({ ...chunk, name, qualifiedName: name })),
    lines: [{ start: 0, path, line: 1 }],
  };
}

const words = ['parse', 'render', 'load', 'write', 'close', 'listen'];
const anySegments = fc
  .array(
    fc.record({
      tokens: fc.integer({ min: 1, max: 1_024 }),
      names: fc.uniqueArray(fc.constantFrom(...words), { maxLength: 4 }),
      uses: fc.uniqueArray(fc.constantFrom(...words), { maxLength: 4 }),
    }),
    { minLength: 1, maxLength: 24 },
  )
  .map((all) => all.map(({ tokens, names, uses }, i) => segment(i, tokens, names, uses)));
const taken = (segments: readonly Segment[], ratios: readonly number[]): number =>
  segments.reduce((sum, { tokens }, i) => sum + keptCount(tokens, ratios[i]!), 0);

describe('positions by size × structural weight', () => {
  test('are in all no more than by size alone; each segment gets a quarter to two times its share', async () => {
    await fc.assert(
      fc.asyncProperty(anySegments, fc.constantFrom(1, 2, 3.5, 8, 16, 64), async (segments, ratio) => {
        const ratios = await weightedRatios(segments, ratio);
        const equal = segments.map(() => ratio);
        expect(taken(segments, ratios)).toBeLessThanOrEqual(taken(segments, equal));
        ratios.forEach((own, i) => {
          expect(own).toBeGreaterThanOrEqual(Math.max(1, ratio / 2));
          expect(own).toBeLessThanOrEqual(4 * ratio * (1 + 1e-9));
          expect(keptCount(segments[i]!.tokens, own)).toBeGreaterThanOrEqual(1);
        });
      }),
    );
  });

  test('depend on the segments, not on their order', async () => {
    await fc.assert(
      fc.asyncProperty(anySegments, async (segments) => {
        const turned = (await weightedRatios([...segments].reverse(), 8)).reverse();
        expect(turned).toEqual(await weightedRatios(segments, 8));
      }),
    );
  });

  test('go to what much code leans on', async () => {
    const users = Array.from({ length: 8 }, (_, i) => segment(i + 1, 200, [], ['parse']));
    const [leant, ...others] = await weightedRatios(
      [segment(0, 200, ['parse'], []), segment(9, 200, ['lonely'], []), ...users],
      16,
    );
    expect(leant).toBeLessThan(others[0]!);
    const same = Array.from({ length: 5 }, (_, i) => segment(i, 200, [`name${i}`], []));
    expect(await weightedRatios(same, 16)).toEqual([16, 16, 16, 16, 16]);
  });
});

test('a weighted sheet is one of its own, no larger, and computed once', async () => {
  const decoder = await small.decoder('qwen3-fp32', { segmentTokens: 160, answerTokens: 4 });
  const { workspace } = await small.workspace(decoder);
  const request = { task: lookupTask, ratio: 8, strategy: 'm0-zs' } as const;
  const plain = await workspace.compress(request);
  const plan = await workspace.plan({ ...request, weighted: true });
  const weighted = await workspace.compress({ ...request, weighted: true });
  expect(weighted.sheet.id).not.toBe(plain.sheet.id);
  expect(weighted.sheet.weighted).toBe(true);
  expect(positionsOf(weighted.sheet)).toBeLessThanOrEqual(positionsOf(plain.sheet));
  expect(plan.positions).toBe(positionsOf(weighted.sheet) - weighted.sheet.preamble.kept);
  expect(plan.missing.segments).toBe(weighted.computed);
  expect(new Set(weighted.sheet.segments.map((s) => Math.round(s.tokens / s.kept))).size).toBeGreaterThan(1);
  expect((await workspace.compress({ ...request, weighted: true })).computed).toBe(0);
  expect((await workspace.plan({ ...request, weighted: true })).missing.segments).toBe(0);
});
