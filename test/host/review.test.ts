import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ChunkInfo } from '../../src/common/protocol.ts';
import {
  definitionAt,
  definitionsToReview,
  findingOf,
  isUnanswered,
  nameInText,
  reviewModesFor,
  reviewQuestion,
} from '../../src/host/editor/findings.ts';
import { heatRuns, lineWeights, STEPS } from '../../src/host/editor/heat.ts';
import { lastEvidence } from '../../src/host/editor/lastEvidence.ts';
import type { ChatTurn } from '../../src/common/chat.ts';

const chunk = (given: Partial<ChunkInfo>): ChunkInfo => ({
  path: 'a.ts',
  startLine: 1,
  endLine: 3,
  nameLine: 1,
  kind: 'function',
  name: 'save',
  qualifiedName: 'save',
  language: 'typescript',
  text: 'function save() {\n  try {} catch {}\n}\n',
  ...given,
});

describe('a finding', () => {
  test.each([
    ['No findings', undefined],
    ['No findings.', undefined],
    [' no  findings ', undefined],
    ['Not in this workspace', undefined],
    ['', undefined],
    ['empty catch swallows the error', 'empty catch swallows the error'],
    ['two\n\nlines', 'two lines'],
  ])('of the answer "%s"', (answer, finding) => {
    expect(findingOf({ answer, stopped: 'end' })).toBe(finding);
  });

  test('is none where the answer failed or was stopped', () => {
    const error = { code: 'internal', message: 'x', action: 'y' } as const;
    expect(findingOf({ answer: 'secret', stopped: 'end', error })).toBeUndefined();
    expect(findingOf({ answer: 'sec', stopped: 'cancel' })).toBeUndefined();
  });

  test('is none where the question is beyond the model: that is no answer', () => {
    const answer = { answer: 'Beyond this model', stopped: 'end', unsure: 'beyond' } as const;
    expect(findingOf(answer)).toBeUndefined();
    expect(isUnanswered(answer)).toBe(true);
    expect(isUnanswered({ unsure: 'low-confidence' })).toBe(false);
    expect(findingOf({ answer: 'secret', stopped: 'end', unsure: 'low-confidence' })).toBe('secret');
    const tooLong = { code: 'context-too-long', message: 'x', action: 'y' } as const;
    expect(isUnanswered({ error: tooLong })).toBe(true);
    expect(isUnanswered({ error: { ...tooLong, code: 'sheet-missing' } })).toBe(false);
  });

  test('is one line of bounded length, whatever a model says', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 500 }), (answer) => {
        const finding = findingOf({ answer, stopped: 'end' });
        if (finding === undefined) return;
        expect(finding).not.toMatch(/[\r\n]/u);
        expect([...finding].length).toBeLessThanOrEqual(300);
      }),
      { numRuns: 30 },
    );
  });
});

describe('definitions to review', () => {
  const chunks = [
    chunk({ kind: 'code', name: 'a.ts', qualifiedName: 'a.ts', startLine: 1, endLine: 2 }),
    chunk({ kind: 'class', name: 'Store', qualifiedName: 'Store', startLine: 3, endLine: 5 }),
    chunk({ kind: 'method', name: 'save', qualifiedName: 'Store.save', startLine: 6, endLine: 20 }),
    chunk({ kind: 'method part', name: 'save', qualifiedName: 'Store.save', startLine: 21, endLine: 40 }),
    chunk({ kind: 'interface', name: 'Row', qualifiedName: 'Row', startLine: 41, endLine: 50 }),
  ];

  test('are functions, methods and classes, once each', () => {
    expect(definitionsToReview(chunks).map(({ qualifiedName }) => qualifiedName)).toEqual(['Store', 'Store.save']);
    expect(reviewQuestion(chunks[2]!)).toBe('Review Store.save.');
  });

  test('are found around a line', () => {
    expect(definitionAt(chunks, 10)?.qualifiedName).toBe('Store.save');
    expect(definitionAt(chunks, 45)).toBeUndefined();
  });
});

test('the sheet is asked only where it holds the file, and retrieval where the sheet finds nothing', () => {
  expect(reviewModesFor('both', true)).toEqual(['cache', 'rag']);
  expect(reviewModesFor('cache', true)).toEqual(['cache']);
  expect(reviewModesFor('rag', true)).toEqual(['rag']);
  expect(reviewModesFor('cache', false)).toEqual(['rag']);
});

describe('the place of a finding', () => {
  const text = 'function save() {\n  try {} catch {}\n}\n';

  test('is the name where it stands', () => {
    expect(nameInText(chunk({}), text.split('\n'))).toEqual({ line: 0, start: 9, end: 13 });
  });

  test('moves with the text, and is none once the text is gone', () => {
    expect(nameInText(chunk({}), ['', '// more', ...text.split('\n')])).toEqual({ line: 2, start: 9, end: 13 });
    expect(nameInText(chunk({}), ['function load() {'])).toBeUndefined();
  });

  test('is the whole word, and below a comment', () => {
    const commented = chunk({ startLine: 1, nameLine: 2, text: '/** saves */\nfunction resave() { save(); }\n' });
    const lines = ['/** saves */', 'function resave() { save(); }'];
    expect(nameInText(commented, lines)).toEqual({ line: 1, start: 20, end: 24 });
  });
});

describe('heat', () => {
  test('is five steps of what is largest in the file', () => {
    expect(heatRuns([0, 0.1, 0.1, 0.5, 0])).toEqual([
      { startLine: 2, endLine: 3, step: 1 },
      { startLine: 4, endLine: 4, step: 5 },
    ]);
    expect(heatRuns([])).toEqual([]);
    expect(heatRuns([0, 0])).toEqual([]);
  });

  test('covers exactly the lines that have weight, in order', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constant(0), fc.double({ min: 1e-9, max: 1, noNaN: true }))), (weights) => {
        const lines = heatRuns(weights).flatMap(({ startLine, endLine, step }) => {
          expect(step).toBeGreaterThanOrEqual(1);
          expect(step).toBeLessThanOrEqual(STEPS);
          return Array.from({ length: endLine - startLine + 1 }, (_, i) => startLine + i);
        });
        expect(lines).toEqual(weights.flatMap((weight, i) => (weight > 0 ? [i + 1] : [])));
      }),
    );
  });

  test('spreads the weight of evidence over its lines, and stays inside the file', () => {
    expect(lineWeights([{ startLine: 2, endLine: 3, weight: 0.4 }], 3)).toEqual([0, 0.2, 0.2]);
    expect(lineWeights([{ startLine: 3, endLine: 9, weight: 0.7 }], 3)).toEqual([0, 0, expect.closeTo(0.1)]);
    expect(lineWeights([{ startLine: 8, endLine: 9, weight: 1 }], 3)).toEqual([0, 0, 0]);
  });
});

test('the last evidence is that of the newest answer that has some, heaviest first', () => {
  const turn = (evidence: { path: string; weight: number }[]): ChatTurn =>
    ({
      root: '/w',
      answers: [{ answer: { evidence: evidence.map((e) => ({ startLine: 1, endLine: 1, ...e })) } }],
    }) as never;
  const turns = [
    turn([{ path: 'old', weight: 1 }]),
    turn([
      { path: 'a', weight: 0.1 },
      { path: 'b', weight: 0.6 },
    ]),
    turn([]),
  ];
  expect(lastEvidence(turns)?.evidence.map(({ path }) => path)).toEqual(['b', 'a']);
  expect(lastEvidence([])).toBeUndefined();
});
