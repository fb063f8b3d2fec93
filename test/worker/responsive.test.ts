import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Mode } from '../../src/common/names.ts';
import { Bench, ProgressLog, recordOrder, sampleRatio } from './workerProcess.ts';

/** What a person waits at most. Order is what these tests compare; this bound may miss on a machine that is busy with other things. */
const ANSWER_MS = 1_000;

const bench = new Bench();
const perTest = new Bench();
let root: string;
beforeAll(async () => {
  root = await bench.workspace();
});
afterEach(() => perTest.dispose());
afterAll(() => bench.dispose());

test('status and cancel are answered while a workspace is compressed', { retry: 2 }, async () => {
  const { client } = await perTest.start({ store: await perTest.folder('store') });
  const progress = new ProgressLog();
  const { order, mark } = recordOrder();
  const abort = new AbortController();
  const compress = mark(
    'compress',
    client.compress(
      { root, task: 'api-lookup', ratio: sampleRatio },
      { signal: abort.signal, onProgress: progress.add },
    ),
  );
  const cancelled = expect(compress).rejects.toMatchObject({ name: 'CribsheetError', code: 'cancelled' });
  const latencies: number[] = [];
  for (const segments of [1, 3, 5]) {
    await progress.reaches(segments);
    const asked = performance.now();
    const status = await mark('status', client.status());
    latencies.push(performance.now() - asked);
    expect(status.model).toMatchObject({ state: 'ready', name: 'starter', device: { device: 'cpu' } });
    expect(status.jobs).toMatchObject([{ kind: 'compress', root, task: 'api-lookup', cancelling: false }]);
    expect(status.jobs[0]?.progress).toMatchObject({ phase: 'compress' });
    expect(status.memory.rss).toBeGreaterThan(0);
  }
  const cancelledAt = performance.now();
  abort.abort();
  await cancelled;
  latencies.push(performance.now() - cancelledAt);

  expect(order).toEqual(['status', 'status', 'status', 'compress']);
  expect(progress.last!.segments).toBeLessThan(progress.last!.segmentsTotal);
  expect((await client.status()).jobs).toEqual([]);
  console.log(`status ×3, cancel answered in ms: ${latencies.map(Math.round).join(', ')}`);
  expect(Math.max(...latencies)).toBeLessThan(ANSWER_MS);

  // What was finished is a sheet that says that it is not all there.
  const [sheet] = await client.sheets(root);
  expect(sheet!.complete).toBe(false);
  // The segment that was in work when the cancel came may have been finished; nothing is reported after a cancel.
  expect(sheet!.segments - progress.last!.segments).toBeOneOf([0, 1]);
});

test('a question is answered before compression ends, and compression goes on afterwards', async () => {
  const { client } = await perTest.start({ store: await perTest.folder('store') });
  const progress = new ProgressLog();
  const { order, mark } = recordOrder();
  const compress = mark(
    'compress',
    client.compress({ root, task: 'api-lookup', ratio: sampleRatio }, { onProgress: progress.add }),
  );
  const atQuestion = await progress.reaches(2);
  const texts: string[] = [];
  const answer = await mark(
    'ask',
    client.ask(
      { root, question: 'What does parseDocument return?', mode: 'rag', task: 'api-lookup', budget: 512 },
      { onText: ({ mode, text }) => texts.push(`${mode}:${text}`) },
    ),
  );
  const atAnswer = progress.last!;
  const result = await compress;

  expect(order).toEqual(['ask', 'compress']);
  expect(answer.error).toBeUndefined();
  expect(answer.mode).toBe('rag');
  expect(answer.tokens.answer).toBeGreaterThan(0);
  expect(answer.chunks?.map((chunk) => chunk.path)).toContain('src/public-api.js');
  expect(
    texts
      .map((text) => text.slice('rag:'.length))
      .join('')
      .trim(),
  ).toBe(answer.answer);
  expect(atAnswer.segments).toBeLessThan(atAnswer.segmentsTotal);
  expect(result.sheet.complete).toBe(true);
  expect(progress.last).toMatchObject({ segments: result.sheet.segments, segmentsTotal: result.sheet.segments });
  const segments = progress.all.filter((p) => p.phase === 'compress').map((p) => p.segments);
  expect(segments).toEqual([...segments].sort((a, b) => a - b));
  console.log(
    `answer of ${answer.tokens.prompt}+${answer.tokens.answer} tokens in ${answer.timings.totalMs.toFixed(0)} ms,`,
    `meanwhile ${atAnswer.segments - atQuestion.segments} segments`,
  );
});

test('a question that waits for another one can be cancelled at once, and so can a comparison', async () => {
  const { client } = await perTest.start({ store: await perTest.folder('store') });
  const { order, mark } = recordOrder();
  const question = { root, question: 'Who calls composeScalar?', task: 'api-lookup' };
  const modes = Array<Mode>(8).fill('rag');
  const aborts = { compare: new AbortController(), ask: new AbortController() };
  let says = (): void => undefined;
  const firstText = new Promise<void>((resolve) => (says = resolve));
  const compare = mark(
    'compare',
    client.compare({ ...question, modes }, { signal: aborts.compare.signal, onText: () => says() }),
  );
  await firstText;
  const ask = mark('ask', client.ask({ ...question, mode: 'rag' }, { signal: aborts.ask.signal }));
  aborts.ask.abort();
  await expect(ask).rejects.toMatchObject({ name: 'CribsheetError', code: 'cancelled' });
  aborts.compare.abort();
  const answers = await compare;
  expect(order).toEqual(['ask', 'compare']);
  expect(answers.length).toBeLessThan(modes.length);
});
