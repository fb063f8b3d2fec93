import { afterEach, expect, test } from 'vitest';
import { HostBench, Page, until } from './hostParts.ts';

/** Questions and the reading of the folder that they are about. */
const bench = new HostBench();
afterEach(() => bench.dispose());

const question = 'Where is openLedger defined?';

async function open() {
  const parts = await bench.start({ noModel: true });
  const page = new Page(parts.session);
  for (const message of await parts.session.open()) page.take(message);
  return { ...parts, page };
}

test('a question that comes while one that was stopped still reads the folder is answered', async () => {
  const { session, page, workspaces, root } = await open();
  const reading = until(workspaces.onDidChange, () => workspaces.state(root).kind === 'reading');
  const first = session.handle({ type: 'ask', question });
  await reading;
  const second = session.handle({ type: 'ask', question: 'What does printReport do?' });
  await page.shows(() => page.turns.length === 2);
  await session.handle({ type: 'stop', turn: page.turns[0]!.id });
  await Promise.all([first, second]);
  expect(page.answer(0)!.state).toBe('stopped');
  expect(page.answer(1)!.state).toBe('done');
});

test('a question is not asked again about a folder that is open no more', async () => {
  const { session, page, workspaces, root } = await open();
  await session.ask(question);
  workspaces.setRoots([{ root: await bench.workspace(), name: 'other' }]);
  await session.handle({ type: 'retry', turn: page.turns[0]!.id });
  expect(page.answer()).toMatchObject({
    state: 'failed',
    error: { code: 'workspace-missing', message: `The folder ${root} is not open in this window any more.` },
  });
});
