import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pairedInterval } from '../../src/cli/demo/bootstrap.ts';
import { citesDefinition, isRight, retrievedGold } from '../../src/cli/demo/grade.ts';
import { drawQuestions, type GoldQuestion, type QuestionKind } from '../../src/cli/demo/questions.ts';
import type { Answer } from '../../src/common/answers.ts';
import { seededRandom } from '../../src/engine/compress/random.ts';
import type { Chunk } from '../../src/engine/corpus/types.ts';

const chunk = (name: string, path: string, more: Partial<Chunk> = {}): Chunk => ({
  path,
  startLine: 3,
  endLine: 9,
  nameLine: 4,
  kind: 'function',
  name,
  qualifiedName: name,
  language: 'typescript',
  text: '',
  ...more,
});

const chunks = [
  ...Array.from({ length: 30 }, (_, i) =>
    chunk(`name${i}`, `src/file${i % 6}.ts`, {
      parameters: `a${i}: string`,
      returns: 'void',
      doc: 'Does one thing and another',
    }),
  ),
  chunk('twice', 'src/a.ts'),
  chunk('twice', 'src/b.ts'),
  chunk('a.ts', 'src/a.ts', { kind: 'code' }),
  chunk('name3', 'src/file3.ts', { kind: 'function part' }),
];

test('equal seeds draw equal questions, other seeds others; counts are met', () => {
  expect(drawQuestions(chunks, 45, 'x')).toEqual(drawQuestions(chunks, 45, 'x'));
  expect(drawQuestions(chunks, 45, 'x')).not.toEqual(drawQuestions(chunks, 45, 'y'));
  const drawn = drawQuestions(chunks, 45, 'x');
  expect(drawn.length).toBe(45);
  expect(new Set(drawn.map((q) => q.kind)).size).toBe(5);
  expect(new Set(drawn.map((q) => q.id)).size).toBe(45);
});

test('only names with one definition are asked for', () => {
  const asked = drawQuestions(chunks, 500, 'x').filter((q) => q.kind !== 'file listing');
  expect(asked.some((q) => q.question.includes('twice'))).toBe(false);
  expect(asked.length).toBe(30 * 4);
});

test('a name that files beyond the asked ones define too is not asked for', () => {
  const more = [
    ...chunks,
    chunk('once', 'src/a.ts', { parameters: 'x: number' }),
    chunk('limit, other', 'src/b.ts', { kind: 'constants' }),
    chunk('limit', 'src/a.ts', { parameters: 'y: number' }),
  ];
  const asked = drawQuestions(more, 500, 'x', (path) => path === 'src/a.ts').filter((q) => q.kind !== 'file listing');
  expect(asked.map((q) => q.path)).toEqual(['src/a.ts', 'src/a.ts']);
  expect(asked.every((q) => q.question.includes('once'))).toBe(true);
});

const gold = (kind: QuestionKind, text: string): GoldQuestion => ({
  id: '1',
  kind,
  question: '?',
  name: 'x',
  gold: text,
  path: 'src/engine/model/lane.ts',
  startLine: 3,
  endLine: 9,
  nameLine: 4,
});
const said = (answer: string, more: Partial<Answer> = {}): Answer => ({ answer, citations: [], ...more }) as Answer;

test.each<[QuestionKind, string, string, boolean]>([
  ['where', 'src/engine/model/lane.ts', 'class in engine/model/lane.ts', true],
  ['where', 'src/engine/model/lane.ts', 'class in src/engine/model/lane.ts', true],
  ['where', 'src/engine/model/lane.ts', 'class in lane.ts', false],
  ['where', 'src/engine/model/lane.ts', 'class in other/model/lane.ts', false],
  ['where', 'lane.ts', 'class in lane.ts', true],
  ['where', 'src/engine/model/lane.ts', 'Not in this workspace', false],
  ['signature', 'a: string, b = 2', 'f(a: string,b=2): void', true],
  ['signature', 'a: string, b = 2', 'f(a: string): void', false],
  ['returns', 'Promise<void>', '`Promise<void>`', true],
  ['returns', 'Promise<void>', 'Promise<Promise<void>>', false],
  ['documentation', 'Reads one file and closes it', 'Reads one file and closes', true],
  ['documentation', 'Reads one file and closes it', 'Reads', false],
  ['file listing', 'a, b, c', 'c, b, a', true],
  ['file listing', 'a, b, c', 'a', false],
])('%s: "%s" answered by "%s"', (kind, right, answer, expected) => {
  const path = kind === 'where' ? right : 'src/engine/model/lane.ts';
  expect(isRight({ ...gold(kind, right), path }, said(answer))).toBe(expected);
});

test('an answer with an error is never right', () => {
  const error = { code: 'internal', message: '', action: '' } as const;
  expect(isRight(gold('returns', 'void'), said('void', { error }))).toBe(false);
});

test('citations and retrieved chunks count when they hold the line of the name', () => {
  const at = (startLine: number, endLine: number) => ({ path: 'src/engine/model/lane.ts', startLine, endLine });
  const cited = (s: number, e: number) =>
    said('', { citations: [{ ...at(s, e), from: 'answer', verified: true, stale: false }] });
  expect(citesDefinition(gold('where', ''), cited(4, 4))).toBe(true);
  expect(citesDefinition(gold('where', ''), cited(5, 9))).toBe(false);
  const retrieved = said('', { chunks: [{ ...at(1, 4), name: 'x', score: 1, text: '' }] });
  expect(retrievedGold(gold('where', ''), retrieved)).toBe(true);
  expect(retrievedGold({ ...gold('where', ''), path: 'other.ts' }, retrieved)).toBe(false);
});

test('the interval holds the mean, shrinks to it without variance, and mirrors when the sides change', () => {
  const outcomes = fc.array(fc.tuple(fc.boolean(), fc.boolean()), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(outcomes, (pairs) => {
      const [a, b] = [pairs.map(([x]) => x), pairs.map(([, y]) => y)];
      const { mean, low, high } = pairedInterval(a, b, seededRandom('s'));
      expect(low).toBeLessThanOrEqual(mean);
      expect(high).toBeGreaterThanOrEqual(mean);
      expect(pairedInterval(b, a, seededRandom('s')).mean).toBeCloseTo(-mean);
      const same = pairedInterval(a, a, seededRandom('s'));
      expect([same.mean, same.low, same.high]).toEqual([0, 0, 0]);
    }),
    { numRuns: 30 },
  );
  const all = pairedInterval([true, true], [false, false], seededRandom('s'));
  expect([all.mean, all.low, all.high]).toEqual([1, 1, 1]);
});
