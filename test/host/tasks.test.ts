import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCrib } from '../../src/common/crib.ts';
import type { ChatAnswer, ChatTurn } from '../../src/common/chat.ts';
import { examplesOf, freeName, MAX_EXAMPLES, taskText } from '../../src/host/tasks/taskFile.ts';

const answer = (text: string, given: Partial<ChatAnswer> = {}): ChatAnswer => ({
  asked: 'auto',
  state: 'done',
  text,
  ...given,
});
const turn = (question: string, answers: ChatAnswer[], better?: ChatTurn['better']): ChatTurn => ({
  id: question,
  askedAt: '2026-11-22T12:00:00Z',
  question,
  root: '/w',
  task: 'api-lookup',
  attachments: [],
  answers,
  ...(better ? { better } : {}),
});

describe('the text of a task', () => {
  test('reads back as the task, whatever is in it', () => {
    const line = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 30 }),
      fc.constantFrom('Q: x', 'A: y', '## Examples', '# Head', '```ts', '```', '~~~~', '---', '"', ': #'),
    );
    const prose = fc
      .array(line, { minLength: 1, maxLength: 6 })
      .map((all) => all.join('\n').replaceAll(/[\r\u2028\u2029]/gu, ' '))
      .filter((text) => /[a-z]/iu.test(text));
    fc.assert(
      fc.property(
        prose,
        prose,
        fc.array(fc.record({ question: prose, answer: prose }), { maxLength: 4 }),
        (title, instruction, examples) => {
          const task = parseCrib(taskText({ id: 'mine', title, instruction, examples }), 'mine.crib');
          expect(task.id).toBe('mine');
          expect(task.examples).toHaveLength(examples.length);
          expect(task.instruction.length).toBeGreaterThan(0);
        },
      ),
    );
  });

  test('is what a person would write', () => {
    const text = taskText({
      id: 'errors',
      title: 'Errors: all of them',
      instruction: 'Find errors.',
      examples: [{ question: 'Where?', answer: 'In a.ts' }],
    });
    expect(text).toBe(
      '---\nid: errors\ntitle: "Errors: all of them"\n---\n\nFind errors.\n\n## Examples\n\nQ: Where?\n\nA: In a.ts\n',
    );
  });
});

describe('examples of a chat', () => {
  test('are questions with the answer that was good', () => {
    const turns = [
      turn('Where is a?', [answer('in a.ts')]),
      turn('Which is better?', [answer('first'), answer('second')], 'second'),
      turn('Same?', [answer('first'), answer('second')], 'same'),
      turn('Failed?', [answer('', { state: 'failed' })]),
      turn('Stopped?', [answer('half', { state: 'stopped' })]),
      turn('One failed?', [answer('', { state: 'failed' }), answer('other')]),
    ];
    expect(examplesOf(turns)).toEqual([
      { question: 'Where is a?', answer: 'in a.ts' },
      { question: 'Which is better?', answer: 'second' },
      { question: 'Same?', answer: 'first' },
      { question: 'One failed?', answer: 'other' },
    ]);
  });

  test('count a question once, with its last answer, and the newest dozen', () => {
    const again = [turn('Where?', [answer('old')]), turn('b', [answer('b')]), turn('where?', [answer('new')])];
    expect(examplesOf(again)).toEqual([
      { question: 'b', answer: 'b' },
      { question: 'where?', answer: 'new' },
    ]);
    const many = Array.from({ length: 30 }, (_, i) => turn(`q${i}`, [answer(`a${i}`)]));
    expect(examplesOf(many)).toHaveLength(MAX_EXAMPLES);
    expect(examplesOf(many).at(-1)?.question).toBe('q29');
  });
});

test('a free name is not taken, and stays an id', () => {
  expect(freeName('a', new Set())).toBe('a');
  expect(freeName('a', new Set(['a', 'a-2']))).toBe('a-3');
  expect(freeName('x'.repeat(64), new Set(['x'.repeat(64)])).length).toBeLessThanOrEqual(64);
});
