import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ChatAnswer, ChatTurn } from '../../src/common/chat.ts';
import { modes } from '../../src/common/names.ts';
import { parseChoices } from '../../src/host/chat/choices.ts';
import { chatText, cutToSize, parseChat, summaryOf, type Chat } from '../../src/host/chat/savedChat.ts';
import { parseJobsFile } from '../../src/host/worker/jobsFile.ts';

const range = fc.record({ path: fc.string(), startLine: fc.nat(), endLine: fc.nat() });
const answer: fc.Arbitrary<ChatAnswer> = fc.record(
  {
    asked: fc.constantFrom(...modes),
    state: fc.constantFrom('done', 'stopped', 'failed'),
    text: fc.string(),
    kvBytes: fc.nat(),
    error: fc.record({ code: fc.constantFrom('busy', 'internal'), message: fc.string(), action: fc.string() }),
    answer: fc.record(
      {
        confidence: fc.double({ min: 0, max: 1, noNaN: true }).map((share) => share + 0),
        unsure: fc.constantFrom('beyond', 'low-confidence', 'contradicted'),
        found: fc.array(fc.record({ path: fc.string(), startLine: fc.nat(), endLine: fc.nat(), name: fc.string() })),
        id: fc.string(),
        mode: fc.constantFrom('cache', 'rag'),
        task: fc.string(),
        answer: fc.string(),
        stopped: fc.constantFrom('end', 'length', 'cancel'),
        citations: fc.array(
          fc.record({
            path: fc.string(),
            startLine: fc.nat(),
            endLine: fc.nat(),
            from: fc.constantFrom('answer', 'question'),
            verified: fc.boolean(),
            stale: fc.boolean(),
          }),
        ),
        evidence: fc.constant([]),
        coverage: fc.record({ files: fc.nat(), filesTotal: fc.nat(), tokens: fc.nat(), tokensTotal: fc.nat() }),
        tokens: fc.record({ sheet: fc.nat(), prompt: fc.nat(), answer: fc.nat(), skipped: fc.nat() }),
        timings: fc.record({
          queueMs: fc.nat(),
          loadMs: fc.nat(),
          prefillMs: fc.nat(),
          ttftMs: fc.nat(),
          totalMs: fc.nat(),
        }),
      },
      {
        requiredKeys: [
          'id',
          'mode',
          'task',
          'answer',
          'stopped',
          'citations',
          'evidence',
          'coverage',
          'tokens',
          'timings',
        ],
      },
    ),
  },
  { requiredKeys: ['asked', 'state', 'text'] },
);
const turn: fc.Arbitrary<ChatTurn> = fc.record(
  {
    id: fc.uuid(),
    askedAt: fc.constant('2026-01-01T00:00:00.000Z'),
    question: fc.string(),
    root: fc.string(),
    task: fc.string(),
    attachments: fc.array(range),
    answers: fc.array(answer, { minLength: 1, maxLength: 3 }),
    better: fc.constantFrom('first', 'second', 'same'),
  },
  { requiredKeys: ['id', 'askedAt', 'question', 'root', 'task', 'attachments', 'answers'] },
);
const chat: fc.Arbitrary<Chat> = fc.record({
  version: fc.constant(1),
  id: fc.uuid(),
  changedAt: fc.constant('2026-01-01T00:00:00.000Z'),
  turns: fc.array(turn, { maxLength: 5 }),
});

const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

test('a chat that was written is read as it was', () => {
  fc.assert(
    fc.property(chat, (written) => {
      expect(parseChat(JSON.parse(chatText(written)))).toEqual(plain(written));
      // Again, with one turn replaced: what was kept of the others is still theirs.
      const changed = { ...written, turns: written.turns.map((one, i) => (i === 0 ? { ...one, question: '?' } : one)) };
      expect(parseChat(JSON.parse(chatText(changed)))).toEqual(plain(changed));
    }),
  );
});

test('an answer that was on its way is stopped when it is read again', () => {
  fc.assert(
    fc.property(chat, fc.constantFrom('waiting', 'streaming'), (written, state) => {
      const open = plain(written);
      for (const { answers } of open.turns) for (const one of answers) one.state = state;
      const states = parseChat(open)!.turns.flatMap(({ answers }) => answers.map((one) => one.state));
      expect(states.every((one) => one === 'stopped')).toBe(true);
    }),
  );
});

test('no content of a file throws, and what is accepted is whole', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(parseChat(value)).toBeUndefined();
      expect(parseJobsFile(value)).toBeUndefined();
      expect(parseChoices(value)).toBeUndefined();
    }),
  );
  fc.assert(
    fc.property(chat, fc.array(fc.jsonValue(), { minLength: 1, maxLength: 3 }), (written, rubbish) => {
      const read = parseChat({ ...plain(written), turns: [...rubbish, ...plain(written.turns)] });
      expect(read?.turns).toEqual(plain(written.turns));
    }),
  );
});

test('a chat that has grown too large loses its oldest turns', () => {
  const turns = Array.from({ length: 600 }, (_, i): ChatTurn => ({
    id: String(i),
    askedAt: '',
    question: `question ${i}`,
    root: '/',
    task: 'api-lookup',
    attachments: [],
    answers: [{ asked: 'rag', state: 'done', text: i >= 590 ? 'x'.repeat(500_000) : '' }],
  }));
  const long: Chat = { version: 1, id: 'x', changedAt: '', turns: turns.slice(0, 580) };
  expect(cutToSize(long).turns.map(({ id }) => Number(id))).toEqual(Array.from({ length: 500 }, (_, i) => i + 80));
  const large = cutToSize({ ...long, turns });
  expect(large.turns.at(-1)!.id).toBe('599');
  expect(large.turns.length).toBeLessThan(10);
  expect(JSON.stringify(large).length).toBeLessThan(4_100_000);
});

test('a title is one short line', () => {
  fc.assert(
    fc.property(chat, (written) => {
      const { title, turns } = summaryOf(written);
      expect(title.length).toBeLessThanOrEqual(80);
      expect(title).not.toMatch(/[\r\n]/u);
      expect(turns).toBe(written.turns.length);
    }),
  );
});
