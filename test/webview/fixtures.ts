import type { Answer } from '../../src/common/answers.ts';
import type { ChatAnswer, ChatState, ChatStatus, ChatTurn, HostMessage } from '../../src/common/chat.ts';

const status: ChatStatus = { kind: 'ready', message: 'The sheet covers the whole folder.', actions: [] };

export function stateOf(changes: Partial<ChatState> = {}): ChatState {
  return {
    roots: [{ root: '/w/shop', name: 'shop' }],
    root: '/w/shop',
    status,
    modes: ['auto', 'cache', 'rag', 'full'],
    mode: 'auto',
    tasks: [
      {
        id: 'api-lookup',
        title: 'API lookup',
        description: 'Which function does what, and how it is called',
        sheet: 'complete',
      },
      { id: 'code-review', title: 'Code review', description: 'What is wrong with a change', sheet: 'partial' },
      { id: 'bug-hunt', title: 'Bug hunt', description: 'Where a failure comes from', sheet: 'none' },
    ],
    task: 'api-lookup',
    comparing: false,
    compareModes: ['cache', 'rag'],
    model: 'cribsheet-starter · CPU',
    chats: [
      { id: 'c1', title: 'How does the parser recover?', changedAt: '2026-11-20T10:00:00Z', turns: 3 },
      { id: 'c2', title: 'Where are orders stored?', changedAt: '2026-11-19T10:00:00Z', turns: 1 },
    ],
    chat: 'c1',
    attachments: [],
    ...changes,
  };
}

export function answerOf(changes: Partial<Answer> = {}): Answer {
  return {
    id: 'a1',
    mode: 'cache',
    task: 'api-lookup',
    answer: TEXT,
    stopped: 'end',
    citations: [
      { path: 'src/parser/recover.ts', startLine: 12, endLine: 40, from: 'answer', verified: true, stale: false },
      { path: 'src/parser/tokens.ts', startLine: 7, endLine: 7, from: 'answer', verified: true, stale: true },
      { path: 'src/parser/old.ts', startLine: 1, endLine: 4, from: 'question', verified: false, stale: false },
    ],
    evidence: [
      { path: 'src/parser/recover.ts', startLine: 12, endLine: 40, weight: 0.41 },
      { path: 'src/parser/tokens.ts', startLine: 1, endLine: 30, weight: 0.17 },
      { path: 'test/parser/recover.test.ts', startLine: 88, endLine: 96, weight: 0.021 },
    ],
    coverage: { files: 118, filesTotal: 120, tokens: 240_000, tokensTotal: 244_000 },
    tokens: { sheet: 12_000, prompt: 86, answer: 140, skipped: 228_000 },
    timings: { queueMs: 0, loadMs: 210, prefillMs: 320, ttftMs: 780, totalMs: 5_400 },
    reason: 'the sheet covers what the question names',
    ...changes,
  };
}

const TEXT = `The parser recovers by **skipping to the next statement**: \`recover()\` drops tokens until a line starts with a keyword.

\`\`\`ts
export function recover(tokens: Token[]): number {
  while (tokens.length > 0 && !isKeyword(tokens[0]!)) tokens.shift();
  return tokens.length;
}
\`\`\`

- It never throws.
- It reports *one* error for each run of skipped tokens.

| state | next |
| --- | --- |
| skipping | statement |
`;

export function chatAnswer(changes: Partial<ChatAnswer> = {}): ChatAnswer {
  const answer = changes.answer ?? answerOf();
  return { asked: 'auto', state: 'done', text: answer.answer, answer, ...changes };
}

/** An answer that is still to come, or is being written. */
export function openAnswer(text = '', asked: ChatAnswer['asked'] = 'auto'): ChatAnswer {
  return { asked, state: text === '' ? 'waiting' : 'streaming', text };
}

export function turnOf(changes: Partial<ChatTurn> = {}): ChatTurn {
  return {
    id: 't1',
    askedAt: '2026-11-20T10:00:00Z',
    question: 'How does the parser recover from an error?',
    root: '/w/shop',
    task: 'api-lookup',
    attachments: [],
    answers: [chatAnswer()],
    ...changes,
  };
}

export function comparisonOf(changes: Partial<ChatTurn> = {}): ChatTurn {
  const rag = answerOf({
    mode: 'rag',
    answer: TEXT.replace('skipping to the next statement', 'jumping to the next block').replace('never', 'rarely'),
    citations: answerOf().citations.slice(0, 1),
    evidence: [],
    tokens: { sheet: 0, prompt: 3_100, answer: 150, skipped: 0 },
    timings: { queueMs: 0, loadMs: 0, prefillMs: 6_800, ttftMs: 7_100, totalMs: 12_000 },
    chunks: [
      {
        path: 'src/parser/recover.ts',
        startLine: 12,
        endLine: 40,
        name: 'recover',
        score: 4,
        text: 'function recover() {}',
      },
    ],
  });
  delete rag.reason;
  return turnOf({
    answers: [
      chatAnswer({ asked: 'cache', kvBytes: 98_304_000 }),
      chatAnswer({ asked: 'rag', answer: rag, kvBytes: 25_600_000 }),
    ],
    ...changes,
  });
}

/** What the host says to a page that is ready. */
export function opening(turns: readonly ChatTurn[] = [], state: Partial<ChatState> = {}): HostMessage[] {
  return [
    { type: 'state', state: stateOf(state) },
    { type: 'chat', id: 'c1', turns: [...turns] },
  ];
}
