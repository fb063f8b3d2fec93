import { afterEach, expect, test } from 'vitest';
import { HostBench } from './hostParts.ts';

const bench = new HostBench();
afterEach(() => bench.dispose());

const question = 'Where is openLedger defined?';

test('two windows on one workspace: both make its sheet, ask and keep chats, and nothing is lost', async () => {
  const model = await bench.doubtingModel({ confidence: 0 });
  const first = await bench.start({ model });
  const { root, store, storage } = first;
  const second = await bench.start({ model }, { root, store, storage });
  const jobs = await Promise.all([first, second].map(({ jobs: own }) => own.start({ root, task: 'api-lookup' })));
  expect(jobs.map(({ state, error }) => [state, error])).toEqual([
    ['done', undefined],
    ['done', undefined],
  ]);
  const turns = await Promise.all(
    [first, second].flatMap(({ session }) => [
      session.ask(question, { modes: ['cache'] }),
      session.ask(question, { modes: ['rag'] }),
    ]),
  );
  const answers = turns.map((turn) => turn!.answers[0]!);
  expect(answers.map(({ state, answer }) => [state, answer?.mode])).toEqual([
    ['done', 'cache'],
    ['done', 'rag'],
    ['done', 'cache'],
    ['done', 'rag'],
  ]);
  await Promise.all([first, second].map(({ session }) => session.dispose()));
  // A third window finds one sheet, whole, and both chats.
  const third = await bench.start({ model }, { root, store, storage });
  expect(await third.workspaces.sheets(root)).toMatchObject([{ complete: true, missingBlocks: 0 }]);
  await third.session.open();
  expect(third.session.state.chats).toHaveLength(2);
}, 120_000);
