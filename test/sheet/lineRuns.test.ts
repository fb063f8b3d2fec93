import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LineOrigin } from '../../src/engine/corpus/types.ts';
import { originOf, packLines } from '../../src/engine/sheet/lineRuns.ts';

const paths = ['src/a.ts', 'src/b.ts', 'src/c.ts'];
const indexOf = (path: string): number => paths.indexOf(path);

/** Any origins: lines that follow each other, stand still, go back, and change files. */
const anyOrigins: fc.Arbitrary<LineOrigin[]> = fc.array(
  fc.record({ start: fc.nat(), path: fc.constantFrom(...paths), line: fc.integer({ min: 1, max: 9 }) }),
  { minLength: 1, maxLength: 40 },
);

test('every rendered line leads back to its path and line', () => {
  fc.assert(
    fc.property(anyOrigins, (origins) => {
      const runs = packLines(origins, indexOf);
      origins.forEach(({ path, line }, rendered) => {
        expect(originOf(runs, rendered)).toEqual({ path: indexOf(path), line });
      });
    }),
  );
});

test('consecutive lines of one file are one run, whatever line it starts at', () => {
  const origins = Array.from({ length: 500 }, (_, i) => ({ start: i * 10, path: 'src/b.ts', line: 40 + i }));
  expect(packLines(origins, indexOf)).toEqual([{ rendered: 0, path: 1, line: 40 }]);
});

test('file line, card line and text of one definition: the run starts anew where a line stands still', () => {
  const lines = [12, 14, 12, 13, 14, 15];
  const runs = packLines(
    lines.map((line, i) => ({ start: i, path: 'src/a.ts', line })),
    indexOf,
  );
  expect(runs.map(({ rendered, line }) => [rendered, line])).toEqual([
    [0, 12],
    [1, 14],
    [2, 12],
  ]);
});

test('runs are never more than lines, and in order', () => {
  fc.assert(
    fc.property(anyOrigins, (origins) => {
      const starts = packLines(origins, indexOf).map((r) => r.rendered);
      expect(starts[0]).toBe(0);
      expect(starts.length).toBeLessThanOrEqual(origins.length);
      expect(starts).toEqual([...new Set(starts)].sort((a, b) => a - b));
    }),
  );
});
