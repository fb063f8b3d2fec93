import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import type { HostMessage } from '../../src/common/chat.ts';
import { modelFolder } from '../model/fixtures.ts';
import { HostBench, Page, TestHost } from './hostParts.ts';

const bench = new HostBench();
afterEach(() => bench.dispose());

const question = 'Where is openLedger defined?';

/** A session with a page that has said that it is ready. */
async function open(...args: Parameters<HostBench['start']>) {
  const parts = await bench.start(...args);
  const page = new Page(parts.session);
  for (const message of await parts.session.open()) page.take(message);
  return { ...parts, page };
}

type Message = Parameters<Awaited<ReturnType<typeof open>>['session']['handle']>[0];

describe('a question', () => {
  test('is streamed and answered by search as long as there is no sheet, and the status says so', async () => {
    const { session, page, root } = await open();
    const asked = session.handle({ type: 'ask', question });
    await page.shows(() => page.answer()?.state === 'waiting');
    await asked;
    const [turn] = page.turns;
    expect(turn).toMatchObject({ question, root, task: 'api-lookup', attachments: [] });
    expect(turn!.answers).toMatchObject([{ asked: 'auto', state: 'done', answer: { mode: 'rag' } }]);
    const { text, answer, kvBytes } = turn!.answers[0]!;
    expect(text).toBe(answer!.answer);
    expect(text).not.toBe('');
    expect(kvBytes).toBeGreaterThan(0);
    const streamed = page.messages.filter((message) => message.type === 'text').map((message) => message.text);
    expect(streamed.join('').trim()).toBe(text);
    expect(session.state.status).toMatchObject({ kind: 'no-sheet', actions: [{ id: 'compress' }] });
    expect(session.state.model).toContain('starter');
    expect(session.state.tasks.map(({ id, sheet }) => `${id} ${sheet}`)).toContain('api-lookup none');
    // The page and the session know the same.
    expect(page.turns).toEqual(session.turns);
  });

  test('about nothing is none', async () => {
    const { session } = await open();
    expect(await session.ask(' \n ')).toBeUndefined();
    expect(session.turns).toEqual([]);
  });

  test('waits for the one before it', async () => {
    const { session, page } = await open();
    await Promise.all([session.ask(question), session.ask('What does printReport do?')]);
    const order = page.messages.flatMap((message) =>
      message.type === 'turn' ? [`${message.turn.question} ${message.turn.answers[0]!.state}`] : [],
    );
    expect(order).toEqual([
      `${question} waiting`,
      'What does printReport do? waiting',
      `${question} done`,
      'What does printReport do? done',
    ]);
  });

  test('of too many at once is refused with a reason', async () => {
    const { session, page } = await open({ noModel: true });
    await Promise.all(Array.from({ length: 10 }, (_, i) => session.ask(`question ${i}`)));
    const states = page.turns.map(({ answers }) => answers[0]!.error?.code ?? answers[0]!.state);
    expect(states.filter((state) => state === 'busy')).toHaveLength(1);
    expect(states.filter((state) => state === 'done')).toHaveLength(9);
  });

  test('can be stopped while it is answered, and while it waits', async () => {
    const { session, page } = await open({ model: await bench.talkingModel() });
    const first = session.ask(question);
    await page.shows(() => page.answer()?.state === 'streaming');
    const second = session.ask('Another one?');
    await page.shows(() => page.turns.length === 2);
    await session.handle({ type: 'stop', turn: page.turns[1]!.id });
    await second;
    expect(page.answer(1)).toEqual({ asked: 'auto', state: 'stopped', text: '' });
    await session.handle({ type: 'stop', turn: page.turns[0]!.id });
    await first;
    expect(page.answer()).toMatchObject({ state: 'stopped', answer: { stopped: 'cancel' } });
    expect(page.answer()!.text).not.toBe('');
    expect(session.isBusy).toBe(false);
  });

  test('can be asked again, in another mode too', async () => {
    const { session, page } = await open({ noModel: true });
    await session.ask(question);
    const { id } = page.turns[0]!;
    await session.handle({ type: 'retry', turn: id, mode: 'rag' });
    expect(page.turns.map((turn) => turn.id)).toEqual([id]);
    expect(page.turns[0]!.answers).toMatchObject([{ asked: 'rag', state: 'done' }]);
    await session.handle({ type: 'retry', turn: id, mode: 'cache' });
    // In words of the editor, not of the command line.
    expect(page.turns[0]!.answers).toMatchObject([
      {
        asked: 'cache',
        state: 'done',
        answer: { mode: 'rag', withoutModel: { message: 'The settings say that no model is loaded.' } },
      },
    ]);
  });

  test('to a model that cannot be loaded is answered by search, with the reason', async () => {
    const model = await bench.doubtingModel({ confidence: 0 });
    await truncate(path.join(model, 'model.onnx'), 20_000);
    const { session, page, root, store, storage } = await open({ model });
    await session.ask(question, { modes: ['cache', 'rag'] });
    for (const index of [0, 1]) {
      const { state, text, answer } = page.answer(0, index)!;
      expect([state, text]).toEqual(['done', '']);
      expect(answer).toMatchObject({ mode: 'rag', withoutModel: { code: 'model-broken' } });
      expect(answer!.withoutModel!.message).toContain('model.onnx');
      expect(answer!.chunks![0]!.path).toBe('src/ledger.ts');
      // The places are the answer: their text is kept.
      expect(answer!.chunks![0]!.text).toContain('openLedger');
    }
    expect(session.state.status).toMatchObject({
      kind: 'no-model',
      message: expect.stringContaining('answered by search alone'),
    });
    const known = structuredClone(session.turns);
    await session.dispose();
    expect((await open({ noModel: true }, { root, store, storage })).page.turns).toEqual(known);
  });

  test('about a folder that cannot be read says why', async () => {
    const { session, page, root } = await open({ noModel: true });
    await rm(root, { recursive: true });
    await session.ask(question);
    expect(page.answer()).toMatchObject({ state: 'failed', error: { code: 'workspace-missing' } });
    expect(session.state.status).toMatchObject({ kind: 'failed' });
    expect(session.state.status.actions.length).toBeGreaterThan(0);
  });

  test('in a workspace that is not trusted is refused, and nothing is started', async () => {
    const host = new TestHost();
    host.surroundings.trusted = false;
    const { session, page, supervisor } = await open({}, { host });
    await session.ask(question);
    expect(page.answer()).toMatchObject({ state: 'failed', error: { code: 'workspace-untrusted' } });
    expect(session.state.status).toMatchObject({ kind: 'untrusted', actions: [{ id: 'manageTrust' }] });
    expect(supervisor.state.kind).toBe('stopped');
  });
});

describe('an answer that should not be relied on', () => {
  test('keeps its text, says why, and its places open', async () => {
    const host = new TestHost();
    const model = await bench.doubtingModel({ confidence: 1 });
    const { session, page, root } = await open({ model }, { host });
    await session.ask(question);
    const { text, answer } = page.answer()!;
    expect(answer).toMatchObject({ unsure: 'low-confidence', answer: text });
    expect(text).not.toBe('');
    const { path: file, startLine, endLine } = answer!.found![0]!;
    expect(file).toBe('src/ledger.ts');
    const { id } = page.turns[0]!;
    await session.handle({ type: 'open', turn: id, answer: 0, of: 'found', index: 0, beside: false });
    expect(host.done).toEqual([['open', root, { path: file, startLine, endLine }, { beside: false }]]);
  });

  test('shows none of the model’s words where it says that it cannot do this, and is found again so', async () => {
    const first = await open({ model: await bench.doubtingModel({ confidence: 0 }) });
    await first.session.ask(question);
    const phrase = first.page.answer()!.text;
    const model = await bench.doubtingModel({ beyond: [phrase] });
    const { session, page, root, store, storage } = await open({ model });
    await session.ask(question);
    expect(page.answer()).toMatchObject({ state: 'done', text: '', answer: { unsure: 'beyond', answer: phrase } });
    expect(page.messages.some(({ type }) => type === 'text')).toBe(false);
    const known = structuredClone(session.turns);
    await session.dispose();
    const next = await open({ noModel: true }, { root, store, storage });
    expect(next.page.turns).toEqual(known);
  });
});

describe('a comparison', () => {
  test('answers in the order of its modes; which was better is kept as a line', async () => {
    const { session, page, root, jobs } = await open();
    await jobs.start({ root, task: 'api-lookup' });
    await session.handle({ type: 'setComparing', comparing: true });
    await session.handle({ type: 'ask', question });
    const [turn] = page.turns;
    expect(turn!.answers).toMatchObject([
      { asked: 'cache', state: 'done', answer: { mode: 'cache' } },
      { asked: 'rag', state: 'done', answer: { mode: 'rag' } },
    ]);
    const ended = page.messages.flatMap((message) =>
      message.type === 'turn' ? [message.turn.answers.map(({ state }) => state).join(' ')] : [],
    );
    expect(ended).toEqual(['waiting waiting', 'done waiting', 'done done']);

    await session.handle({ type: 'better', turn: turn!.id, better: 'second' });
    await session.handle({ type: 'better', turn: turn!.id, better: 'first' });
    expect(page.turns[0]!.better).toBe('first');
    const lines = (await session.preferences()).trimEnd().split('\n');
    const kept = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(kept).toMatchObject([
      { id: turn!.id, question, better: 'second' },
      { id: turn!.id, question, better: 'first', answers: [{ mode: 'cache' }, { mode: 'rag' }] },
    ]);
    expect(session.state.status.kind).toBe('ready');
    expect(session.state.tasks.find(({ id }) => id === 'api-lookup')?.sheet).toBe('complete');
  });
});

describe('of two compared answers', () => {
  test('one is asked for again alone, in its mode; the other stays as it is', async () => {
    const { session, page } = await open();
    await session.ask(question, { modes: ['none', 'rag'] });
    const { id, answers } = page.turns[0]!;
    expect(answers).toMatchObject([{ state: 'done' }, { state: 'done' }]);
    await session.handle({ type: 'better', turn: id, better: 'first' });
    const before = page.messages.length;
    await session.handle({ type: 'retry', turn: id, answer: 1 });
    const seen = page.messages.slice(before).flatMap((message) => (message.type === 'turn' ? [message.turn] : []));
    expect(seen[0]!.answers).toMatchObject([
      { asked: 'none', state: 'done' },
      { asked: 'rag', state: 'waiting', text: '' },
    ]);
    for (const turn of seen) expect(turn.answers[0]).toEqual(answers[0]);
    expect(page.answer(0, 1)).toMatchObject({ asked: 'rag', state: 'done', text: answers[1]!.text });
    // Another answer may be better now.
    expect(page.turns[0]!.better).toBeUndefined();

    await session.handle({ type: 'retry', turn: id, answer: 0, mode: 'full' });
    expect(page.turns[0]!.answers).toMatchObject([
      { asked: 'full', state: 'done' },
      { asked: 'rag', state: 'done' },
    ]);
    const known = structuredClone(page.turns);
    await session.handle({ type: 'retry', turn: id, answer: 2 });
    expect(page.turns).toEqual(known);
    await session.handle({ type: 'retry', turn: id });
    expect(page.turns[0]!.answers.map(({ asked }) => asked)).toEqual(['full', 'rag']);
  });

  test('the modes can be chosen; the choice survives a restart', async () => {
    const { session, page, root, store, storage } = await open({ noModel: true });
    expect(session.state.compareModes).toEqual(['cache', 'rag']);
    await session.handle({ type: 'setCompareModes', modes: ['full', 'none'] });
    await session.handle({ type: 'setComparing', comparing: true });
    await session.handle({ type: 'ask', question });
    expect(page.turns[0]!.answers.map(({ asked }) => asked)).toEqual(['full', 'none']);
    await session.dispose();
    const next = await open({ noModel: true }, { root, store, storage });
    expect(next.session.state).toMatchObject({ comparing: true, compareModes: ['full', 'none'] });
  });
});

test('a sheet that another model made is not called ready, and is made anew with the same settings', async () => {
  const first = await open({ model: await bench.doubtingModel({ confidence: 0 }) });
  const { root, store, storage } = first;
  const made = await first.jobs.start({ root, task: 'api-lookup', ratio: 2 });
  expect(made.state).toBe('done');
  await first.session.dispose();
  await first.supervisor.dispose();

  const { session, page, jobs, workspaces } = await open(
    { model: modelFolder('llama-fp32') },
    { root, store, storage },
  );
  await session.ask(question);
  expect(page.answer(0)).toMatchObject({ answer: { mode: 'rag' } });
  await page.shows(() => session.state.status.actions.some(({ id }) => id === 'rebuild'));
  expect(session.state.status).toMatchObject({ kind: 'no-sheet', message: expect.stringContaining('(doubter)') });
  const [theirs] = workspaces.state(root).sheets!;
  expect((await jobs.rebuild(root, theirs!)).state).toBe('done');
  await page.shows(() => session.state.status.kind === 'ready');
  expect(workspaces.state(root).sheets).toMatchObject([
    { model: 'llama-fp32', ratio: 2 },
    { model: 'doubter', ratio: 2 },
  ]);
  await session.ask(question, { modes: ['cache'] });
  expect(page.answer(1)).toMatchObject({ state: 'done', answer: { mode: 'cache' } });
});

describe('a worker that is killed in the middle of an answer', () => {
  test('costs that answer; state, restart and history are as they should be', async () => {
    const model = await bench.talkingModel();
    const { session, page, supervisor, storage, root, store } = await open({ model });
    await session.ask(question, { modes: ['none'] }).catch(() => undefined);
    const [before] = session.turns;
    const asked = session.ask('And where is printReport?');
    await page.shows(() => page.answer(1)?.state === 'streaming');
    process.kill(supervisor.info!.pid, 'SIGKILL');
    await asked;
    expect(page.answer(1)).toMatchObject({ state: 'failed', error: { code: 'worker-dead' } });
    // What was said stays.
    expect(page.answer(1)!.text).not.toBe('');
    expect(page.turns[0]).toEqual(before);
    const kinds = page.messages.flatMap((message) => (message.type === 'state' ? [message.state.status.kind] : []));
    await supervisor.client();
    expect(supervisor.state).toMatchObject({ kind: 'ready', deaths: 1 });
    expect(kinds).not.toContain('failed');

    // The same chat goes on.
    const again = session.handle({ type: 'retry', turn: page.turns[1]!.id, mode: 'rag' });
    await page.shows(() => page.answer(1)?.state === 'streaming');
    await session.handle({ type: 'stop', turn: page.turns[1]!.id });
    await again;
    expect(page.answer(1)).toMatchObject({ asked: 'rag', state: 'stopped' });

    // And so it does after a restart of the editor.
    const known = structuredClone(session.turns);
    await session.dispose();
    const next = await open({ model }, { root, store, storage });
    expect(next.page.turns).toEqual(known);
    expect(next.session.state.chats).toMatchObject([{ title: question, turns: 2 }]);
  });

  test('is told while it is away', async () => {
    const { session, page, supervisor } = await open({ noModel: true });
    await session.ask(question);
    const dead = page.shows(() =>
      page.messages.some((message) => message.type === 'state' && message.state.status.kind === 'worker-dead'),
    );
    supervisor.onDidChange(({ kind }) => {
      if (kind === 'waiting') page.take({ type: 'state', state: session.state });
    });
    process.kill(supervisor.info!.pid, 'SIGKILL');
    await dead;
    const told = page.messages.find((m) => m.type === 'state' && m.state.status.kind === 'worker-dead') as Extract<
      HostMessage,
      { type: 'state' }
    >;
    expect(told.state.status.actions.map(({ id }) => id)).toEqual(['restartWorker', 'showLog']);
    expect(told.state.status.message).not.toBe('');
  });
});

describe('chats', () => {
  test('are listed, shown, deleted and found again in another session', async () => {
    const { session, page, storage, root, store } = await open({ noModel: true });
    await session.ask('first question');
    const first = page.chat;
    await session.handle({ type: 'newChat' });
    expect(page.turns).toEqual([]);
    await session.ask('second question');
    const second = page.chat;
    expect(second).not.toBe(first);
    expect(session.state.chats.map(({ title }) => title)).toEqual(['second question', 'first question']);
    await session.handle({ type: 'showChat', id: first });
    expect(page.turns.map((turn) => turn.question)).toEqual(['first question']);
    await session.handle({ type: 'setMode', mode: 'rag' });
    await session.dispose();

    const next = await open({ noModel: true }, { root, store, storage });
    expect(next.page.chat).toBe(first);
    expect(next.session.state.mode).toBe('rag');
    expect(next.session.state.chats).toHaveLength(2);
    await next.session.handle({ type: 'deleteChat', id: first });
    expect(next.page.turns).toEqual([]);
    expect(next.session.state.chats.map(({ id }) => id)).toEqual([second]);
    await next.session.handle({ type: 'showChat', id: first });
    expect(next.page.turns).toEqual([]);
    expect(await readdir(path.join(storage, 'chats'))).toEqual([`${second}.json`]);
  });

  test('one that is damaged is set aside with a message, and the others are there', async () => {
    const { session, page, storage, root, store } = await open({ noModel: true });
    await session.ask('first question');
    const damaged = page.chat;
    await session.handle({ type: 'newChat' });
    await session.ask('second question');
    await session.dispose();
    const file = path.join(storage, 'chats', `${damaged}.json`);
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.slice(0, text.length / 2));
    await writeFile(path.join(storage, 'choices.json'), '[');

    const next = await open({ noModel: true }, { root, store, storage });
    expect(next.session.state.chats.map(({ title }) => title)).toEqual(['second question']);
    expect(bench.told.filter((message) => message.includes(damaged))).toHaveLength(1);
    expect(await readFile(`${file}.damaged`, 'utf8')).toBe(text.slice(0, text.length / 2));
  });

  test('a deleted chat does not come back with its answer', async () => {
    const { session, page, storage } = await open({ model: await bench.talkingModel() });
    const asked = session.ask(question);
    await page.shows(() => page.answer()?.state === 'streaming');
    await session.handle({ type: 'deleteChat', id: page.chat });
    await asked;
    await session.dispose();
    expect(await readdir(path.join(storage, 'chats'))).toEqual([]);
    expect(session.state.chats).toEqual([]);
  });
});

describe('what is added to a question', () => {
  test('comes first in its search, is shown with the turn, and is gone afterwards', async () => {
    const { session, page, root } = await open({ noModel: true });
    session.attach(root, [{ path: 'src/report.ts', startLine: 0, endLine: 0 }]);
    session.attach(root, [{ path: 'src/report.ts', startLine: 0, endLine: 0 }]);
    expect(session.state.attachments).toHaveLength(1);
    await session.ask(question);
    expect(page.turns[0]!.attachments).toEqual([{ path: 'src/report.ts', startLine: 0, endLine: 0 }]);
    expect(page.answer()!.answer!.chunks![0]!.path).toBe('src/report.ts');
    expect(session.state.attachments).toEqual([]);
    await session.ask(question);
    expect(page.answer(1)!.answer!.chunks![0]!.path).toBe('src/ledger.ts');
  });

  test('may be dropped files and folders of the workspace, and nothing else', async () => {
    const { session, root } = await open({ noModel: true });
    const uri = (name: string): string => pathToFileURL(path.join(root, name)).href;
    const uris = [
      uri('src/report.ts'),
      uri('src'),
      uri('nowhere.ts'),
      'file:///etc/passwd',
      'command:x',
      '\0',
      uri('..'),
    ];
    await session.handle({ type: 'attach', uris });
    expect(session.state.attachments).toEqual([
      { path: 'src/report.ts', startLine: 0, endLine: 0 },
      { path: 'src/', startLine: 0, endLine: 0 },
    ]);
    await session.handle({ type: 'removeAttachment', index: 0 });
    expect(session.state.attachments.map((range) => range.path)).toEqual(['src/']);
  });
});

test('what a page asks of the editor goes there, and places by number only', async () => {
  const host = new TestHost();
  const { session, page, root } = await open({ noModel: true }, { host });
  await session.ask(question);
  const { id } = page.turns[0]!;
  const at = (more: object): Message => ({
    type: 'open',
    turn: id,
    answer: 0,
    of: 'chunk',
    index: 0,
    beside: true,
    ...more,
  });
  await session.handle(at({}));
  await session.handle(at({ index: 99 }));
  await session.handle(at({ turn: 'nowhere' }));
  await session.handle({ type: 'copyText', text: 'copied' });
  await session.handle({ type: 'insert', text: 'inserted' });
  await session.handle({ type: 'action', id: 'compress' });
  await session.handle({ type: 'openComparison', turn: id });
  const { path: file, startLine, endLine } = page.answer()!.answer!.chunks![0]!;
  expect(host.done).toEqual([
    ['open', root, { path: file, startLine, endLine }, { beside: true }],
    ['copy', 'copied'],
    ['insert', 'inserted'],
    ['act', 'compress'],
    ['openComparison', page.chat, id],
  ]);
});

test('a folder that is added or trusted later is looked at then', async () => {
  const host = new TestHost();
  host.surroundings.trusted = false;
  const { session, page, workspaces, root } = await open({ noModel: true }, { host });
  const other = await bench.workspace({ '.cribsheet/tasks/mine.crib': '---\nid: mine\n---\nLook.\n' });
  workspaces.setRoots([]);
  await page.shows(() => session.state.status.kind === 'no-folder');
  expect(await session.ask(question)).toBeUndefined();
  workspaces.setRoots([
    { root, name: 'one' },
    { root: other, name: 'two' },
  ]);
  expect(session.state.tasks).toEqual([]);
  host.surroundings.trusted = true;
  session.update();
  await page.shows(() => session.state.tasks.length > 0);
  expect(session.state.tasks.map(({ id }) => id)).not.toContain('mine');

  // Attachments of one folder say nothing in another one.
  session.attach(root, [{ path: 'src/report.ts', startLine: 1, endLine: 2 }]);
  await session.handle({ type: 'setRoot', root: other });
  await session.handle({ type: 'setRoot', root: '/nowhere' });
  expect(session.state).toMatchObject({ root: other, attachments: [] });
  await page.shows(() => session.state.tasks.some(({ id }) => id === 'mine'));
  await session.handle({ type: 'setTask', task: 'mine' });
  expect(session.state.task).toBe('mine');
  // Which the other folder does not have.
  await session.handle({ type: 'setRoot', root });
  expect(session.state.task).toBe('api-lookup');
});
