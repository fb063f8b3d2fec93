import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Answer } from '../../src/common/answers.ts';
import { CribsheetError } from '../../src/common/errors.ts';
import type { Mode } from '../../src/common/names.ts';
import type { Question } from '../../src/engine/answer/answerer.ts';
import { limits } from '../../src/common/limits.ts';
import { BlockStore } from '../../src/engine/sheet/store.ts';
import { Grammars } from '../../src/engine/corpus/grammars.ts';
import { Workspace } from '../../src/engine/workspace.ts';
import { lookupTask, smallFiles, SmallWorkspaces } from '../engine/smallWorkspace.ts';

const small = new SmallWorkspaces();
afterAll(() => small.dispose());

let workspace: Workspace;
beforeAll(async () => {
  const decoder = await small.decoder('qwen3-fp32', { segmentTokens: 160, answerTokens: 24, ratio: 4 });
  ({ workspace } = await small.workspace(decoder));
  await workspace.compress({ task: lookupTask });
});

const where = 'Where is openHarbour defined?';
const other = 'What does shipFlag return?';
const allModes = ['cache', 'rag', 'hybrid', 'full', 'none'] as const;
const ask = (question: string, mode: Mode = 'cache', more: Partial<Question> = {}, on = workspace): Promise<Answer> =>
  on.ask({ id: '7', question, mode, task: 'api-lookup', ...more });

/** Every field of src/common/answers.ts, with its type; nothing else. */
function expectContract(answer: Answer): void {
  const count = (n: unknown): boolean => typeof n === 'number' && Number.isInteger(n) && n >= 0;
  const time = (n: unknown): boolean => typeof n === 'number' && Number.isFinite(n) && n >= 0;
  const range = ({ path, startLine, endLine }: { path: string; startLine: number; endLine: number }): boolean =>
    typeof path === 'string' && count(startLine) && startLine >= 1 && count(endLine) && endLine >= startLine;
  // Only where the file has changed.
  const keysOf = (place: { stale?: true }): string[] => {
    if ('stale' in place) expect(place.stale).toBe(true);
    return Object.keys(place)
      .filter((key) => key !== 'stale')
      .sort();
  };
  // What a consumer of the JSON gets.
  const json = JSON.parse(JSON.stringify(answer)) as Answer;
  expect(json).toEqual(answer);
  const required = [
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
  ];
  const optional = ['reason', 'chunks', 'error', 'confidence', 'unsure', 'found', 'withoutModel'];
  expect(
    Object.keys(json)
      .filter((k) => !optional.includes(k))
      .sort(),
  ).toEqual(required.sort());
  expect([typeof json.id, typeof json.task, typeof json.answer]).toEqual(['string', 'string', 'string']);
  expect(allModes).toContain(json.mode);
  expect(['end', 'length', 'cancel']).toContain(json.stopped);
  for (const c of json.citations) {
    expect(Object.keys(c).sort()).toEqual(['endLine', 'from', 'path', 'stale', 'startLine', 'verified']);
    expect(range(c) && typeof c.verified === 'boolean' && typeof c.stale === 'boolean').toBe(true);
  }
  for (const e of json.evidence) {
    expect(keysOf(e)).toEqual(['endLine', 'path', 'startLine', 'weight']);
    expect(range(e) && e.weight > 0 && e.weight <= 1).toBe(true);
  }
  expect(Object.keys(json.coverage).sort()).toEqual(['files', 'filesTotal', 'tokens', 'tokensTotal']);
  expect(Object.values(json.coverage).every(count)).toBe(true);
  expect(json.coverage.files).toBeLessThanOrEqual(json.coverage.filesTotal);
  expect(json.coverage.tokens).toBeLessThanOrEqual(json.coverage.tokensTotal);
  expect(Object.keys(json.tokens).sort()).toEqual(['answer', 'prompt', 'sheet', 'skipped']);
  expect(Object.values(json.tokens).every(count)).toBe(true);
  expect(Object.keys(json.timings).sort()).toEqual(['loadMs', 'prefillMs', 'queueMs', 'totalMs', 'ttftMs']);
  expect(Object.values(json.timings).every(time)).toBe(true);
  expect(json.timings.ttftMs).toBeLessThanOrEqual(json.timings.totalMs);
  // Whatever a model said, however little, was said with some confidence.
  if (json.tokens.answer > 0) expect(json.confidence).toBeGreaterThan(0);
  if (json.confidence !== undefined) expect(json.confidence).toBeLessThanOrEqual(1);
  expect(json.found === undefined).toBe(json.unsure === undefined);
  for (const place of json.found ?? []) {
    expect(keysOf(place)).toEqual(['endLine', 'name', 'path', 'startLine']);
    expect(range(place)).toBe(true);
  }
  for (const c of json.chunks ?? []) {
    expect(keysOf(c)).toEqual(['endLine', 'name', 'path', 'score', 'startLine', 'text']);
    expect(range(c)).toBe(true);
  }
}

/** What an answer says and leans on, without its times. */
const said = ({ answer, stopped, citations, evidence, tokens, chunks, error }: Answer) => ({
  answer,
  stopped,
  citations,
  evidence,
  tokens,
  chunks,
  error,
});

describe('hybrid', () => {
  test('reads after the sheet what RAG reads, within its budget', async () => {
    const [cache, rag, hybrid] = [await ask(where), await ask(where, 'rag'), await ask(where, 'hybrid')];
    expect(hybrid.chunks).toEqual(rag.chunks);
    expect(hybrid.tokens.sheet).toBe(cache.tokens.sheet);
    expect(hybrid.tokens.prompt).toBe(cache.tokens.prompt + rag.coverage.tokens);
    const small = await ask(where, 'hybrid', { budget: 200 });
    expect(small.tokens.prompt).toBeGreaterThan(cache.tokens.prompt);
    expect(small.tokens.prompt).toBeLessThanOrEqual(cache.tokens.prompt + 200);
    expect(small.answer).not.toBe(cache.answer);
  });

  test('without any budget it is the cache', async () => {
    const [cache, hybrid] = [await ask(where), await ask(where, 'hybrid', { budget: 0 })];
    expect({ ...said(hybrid), chunks: undefined }).toEqual(said(cache));
  });

  test('without a sheet it says so, as the cache does', async () => {
    const answer = await ask(where, 'hybrid', { task: 'code-review' });
    expect(answer.error?.code).toBe('sheet-missing');
    expectContract(answer);
  });
});

describe.each(allModes)('mode %s', (mode) => {
  test('keeps the contract', async () => {
    const answer = await ask(where, mode);
    expectContract(answer);
    expect(answer).toMatchObject({ id: '7', mode, task: 'api-lookup' });
    expect(answer.error).toBe(undefined);
    expect(answer.tokens.answer).toBeGreaterThan(0);
    expect(answer.tokens.answer).toBeLessThanOrEqual(24);
    expect(answer.timings.prefillMs).toBeGreaterThan(0);
    const { tokens, coverage } = answer;
    expect(coverage.filesTotal).toBe(7);
    if (mode === 'cache' || mode === 'hybrid') expect(tokens.sheet).toBeGreaterThan(coverage.tokens / 4);
    else expect(tokens.sheet).toBe(0);
    if (mode === 'full')
      expect([coverage.files, coverage.tokens, tokens.skipped]).toEqual([7, coverage.tokensTotal, 0]);
    if (mode === 'none') expect([coverage.files, coverage.tokens, answer.evidence.length]).toEqual([0, 0, 0]);
    if (mode === 'rag' || mode === 'hybrid') expect(answer.chunks!.length).toBeGreaterThan(0);
    if (mode === 'full' || mode === 'rag') expect(tokens.prompt).toBeGreaterThanOrEqual(coverage.tokens);
  });

  test('the same question again gives the same answer, whatever was asked in between', async () => {
    const first = await ask(where, mode);
    for (const between of allModes) await ask(other, between);
    expect(said(await ask(where, mode))).toEqual(said(first));
    expect((await ask(other, mode)).answer).not.toBe(first.answer);
  });

  test('a question longer than the window is refused with both sizes, and the next one works', async () => {
    const before = await ask(where, mode);
    const long = await ask('Where is it? '.repeat(3_000), mode);
    expectContract(long);
    expect(long.error).toMatchObject({ code: 'question-too-long', message: expect.stringMatching(/\d{4,} tokens/) });
    expect(long.answer).toBe('');
    const pasted = await ask('x'.repeat(3_000_000), mode);
    expect(pasted.error).toMatchObject({ code: 'question-too-long', message: expect.stringContaining('3000000') });
    expect(said(await ask(where, mode))).toEqual(said(before));
  });

  test('a cancel in the middle keeps what was said, and the next question is not touched by it', async () => {
    const before = await ask(where, mode);
    const controller = new AbortController();
    const pieces: string[] = [];
    const cancelled = await ask(where, mode, {
      signal: controller.signal,
      onText: (text) => {
        pieces.push(text);
        if (pieces.length === 5) controller.abort();
      },
    });
    expectContract(cancelled);
    expect(cancelled.stopped).toBe('cancel');
    expect(cancelled.error).toBe(undefined);
    expect(cancelled.answer).not.toBe('');
    expect(cancelled.answer.length).toBeLessThan(before.answer.length);
    expect(before.answer.startsWith(cancelled.answer)).toBe(true);
    expect(pieces.join('').trim()).toBe(cancelled.answer);
    expect(said(await ask(where, mode))).toEqual(said(before));
  });

  test('what is streamed is the answer', async () => {
    const pieces: string[] = [];
    const answer = await ask(where, mode, { onText: (text) => pieces.push(text) });
    expect(pieces.length).toBeGreaterThan(3);
    expect(pieces.join('').trim()).toBe(answer.answer);
  });

  test('a cancel before it begins is an answer without words', async () => {
    const answer = await ask(where, mode, { signal: AbortSignal.abort() });
    expectContract(answer);
    expect(answer).toMatchObject({ stopped: 'cancel', answer: '', error: { code: 'cancelled' } });
  });
});

describe('files that have changed since they were read', () => {
  const edited = 'src/harbour.ts';
  const opened = async (profile: object, withModel = true) => {
    const made = await small.workspace(withModel ? await small.decoder('qwen3-fp32', profile) : undefined);
    if (withModel) await made.workspace.compress({ task: lookupTask });
    return made;
  };
  /** All places of an answer but its citations, without how they compare. */
  const places = ({ evidence, found = [], chunks = [] }: Answer) => [...evidence, ...found, ...chunks];

  test.each(['cache', 'hybrid', 'rag', 'full'] as const)('are marked in every list of places: %s', async (mode) => {
    const { workspace: own, root } = await opened({ segmentTokens: 160, answerTokens: 4, doubt: { confidence: 1 } });
    const before = await ask(where, mode, {}, own);
    expect(before.unsure).toBe('low-confidence');
    for (const place of places(before)) expect(place).not.toHaveProperty('stale');
    await small.write(root, { [edited]: `// One line more.\n${smallFiles[edited]!}` });
    const after = await ask(where, mode, {}, own);
    expectContract(after);
    expect(places(after).filter(({ path }) => path === edited).length).toBeGreaterThan(1);
    for (const place of places(after)) expect(place.stale).toBe(place.path === edited ? true : undefined);
    expect(after.found!.some(({ path }) => path === edited)).toBe(true);
  });

  test('are no places where they are gone, also where search alone answers', async () => {
    const { workspace: own, root } = await opened({}, false);
    const before = await ask(where, 'rag', {}, own);
    expect(before.chunks![0]).toMatchObject({ path: edited, name: 'openHarbour' });
    await small.write(root, { [edited]: smallFiles[edited]!.split('\n').slice(0, 12).join('\n') });
    const shorter = await ask(where, 'rag', {}, own);
    const inFile = shorter.chunks!.filter(({ path }) => path === edited);
    expect(inFile.every(({ startLine, endLine, stale }) => startLine <= endLine && endLine <= 12 && stale)).toBe(true);
    expect(shorter.chunks!.some(({ name }) => name === 'openHarbour')).toBe(false);
    await rm(`${root}/${edited}`);
    const gone = await ask(where, 'rag', {}, own);
    expectContract(gone);
    expect(gone.chunks!.some(({ path }) => path === edited)).toBe(false);
    expect(gone.chunks!.length).toBeGreaterThan(0);
  });
});

describe('several questions at once', () => {
  test('are answered in turn, each as if alone, and say how long they waited', async () => {
    const alone = [await ask(where), await ask(other), await ask(where, 'rag')];
    const heard: string[] = [];
    const listen = (name: string) => ({ onText: () => heard.push(name) });
    const together = await Promise.all([
      ask(where, 'cache', listen('a')),
      ask(other, 'cache', listen('b')),
      ask(where, 'rag', listen('c')),
    ]);
    together.forEach((answer, i) => {
      expect(said(answer)).toEqual(said(alone[i]!));
      expectContract(answer);
    });
    expect([...new Set(heard)]).toEqual(['a', 'b', 'c']);
    expect(heard).toEqual(heard.toSorted());
    const [a, b, c] = together.map((t) => t.timings);
    expect(b!.queueMs).toBeGreaterThanOrEqual(a!.totalMs - a!.queueMs - 5);
    expect(c!.queueMs).toBeGreaterThan(b!.queueMs);
    expect(a!.queueMs).toBeLessThan(b!.queueMs);
  });

  test('one that is cancelled while it waits leaves at once and holds up nobody', async () => {
    const controller = new AbortController();
    const [first, waiting, third] = [
      ask(where, 'cache', {
        onText: () => {
          controller.abort();
        },
      }),
      ask(other, 'cache', { signal: controller.signal }),
      ask(where, 'rag'),
    ];
    const left = await Promise.race([waiting, third]);
    expect(left).toMatchObject({ stopped: 'cancel', answer: '', error: { code: 'cancelled' } });
    expect((await first).error).toBe(undefined);
    expect((await third).error).toBe(undefined);
  });

  test('while a sheet is being built, answers come from the one that is there', async () => {
    const before = await ask(where);
    const [, during] = await Promise.all([
      workspace.compress({ task: { ...lookupTask, id: 'bug-hunt', instruction: 'Find bugs.' } }),
      ask(where),
    ]);
    expect(said(during)).toEqual(said(before));
  });
});

describe('retrieval', () => {
  test('takes the budget it is given, and never more than the window holds', async () => {
    const little = await ask(where, 'rag', { budget: 150 });
    expect(little.coverage.tokens).toBeLessThanOrEqual(150);
    const much = await ask(where, 'rag', { budget: 1_000_000 });
    expect(much.error).toBe(undefined);
    expect(much.tokens.prompt).toBeLessThan(4_096);
    expect(much.coverage.tokens).toBeGreaterThan(little.coverage.tokens);
    expectContract(much);
  });

  test('that finds nothing still answers, and shows that nothing was read', async () => {
    const answer = await ask('zzzz qqqq', 'rag');
    expectContract(answer);
    expect(answer).toMatchObject({ chunks: [], citations: [], coverage: { files: 0, tokens: 0 } });
  });
});

describe('full', () => {
  test('of a workspace that the window cannot hold: sizes and a next step, and then the next question', async () => {
    const lines = Array.from(
      { length: 40 },
      (_, i) => `export function number${i}(a: number): number {\n  return a + ${i};\n}\n`,
    );
    const large = Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((f) => [`src/${f}.ts`, lines.join('\n')]));
    const decoder = await small.decoder('qwen3-fp32', { answerTokens: 4 });
    const opened = await small.workspace(decoder, { ...smallFiles, ...large });
    const answer = await ask(where, 'full', {}, opened.workspace);
    expectContract(answer);
    expect(answer.error).toMatchObject({
      code: 'context-too-long',
      message: expect.stringMatching(/\d{4,} tokens.*\d{4}/),
      action: expect.stringContaining('--mode rag'),
    });
    expect((await ask(where, 'rag', {}, opened.workspace)).error).toBe(undefined);
    expect((await ask('x '.repeat(9_000), 'full', {}, opened.workspace)).error).toMatchObject({
      code: 'question-too-long',
    });
  });
});

describe('without a sheet', () => {
  test('cache says what to run; the other modes answer', async () => {
    const { workspace: bare } = await small.workspace(await small.decoder('qwen3-fp32', { answerTokens: 4 }));
    const answer = await ask(where, 'cache', {}, bare);
    expectContract(answer);
    expect(answer.error).toMatchObject({
      code: 'sheet-missing',
      action: expect.stringContaining('cribsheet compress'),
    });
    for (const mode of ['rag', 'full', 'none'] as const)
      expect((await ask(where, mode, {}, bare)).error).toBe(undefined);
    expect(await ask(where, 'auto', {}, bare)).toMatchObject({
      mode: 'rag',
      reason: expect.stringContaining('no sheet'),
    });
  });
});

describe('without a model', () => {
  test('rag shows what it found; other modes say why not', async () => {
    const { workspace: bare } = await small.workspace(undefined);
    for (const mode of ['rag', 'auto'] as const) {
      const answer = await ask(where, mode, {}, bare);
      expectContract(answer);
      expect(answer).toMatchObject({ mode: 'rag', answer: '', stopped: 'end', coverage: { filesTotal: 7 } });
      expect(answer.error).toBe(undefined);
      expect(answer.chunks![0]).toMatchObject({ path: 'src/harbour.ts', name: 'openHarbour' });
      expect(answer.citations[0]).toMatchObject({ path: 'src/harbour.ts', verified: true });
    }
    for (const mode of ['cache', 'full', 'none'] as const) {
      const answer = await ask(where, mode, {}, bare);
      expectContract(answer);
      expect(answer.error).toMatchObject({ code: 'model-missing', action: expect.stringContaining('--mode rag') });
    }
    await expect(bare.compress({ task: lookupTask })).rejects.toMatchObject({ code: 'model-missing' });
  });
});

describe('where the model cannot be loaded', () => {
  const failure = new CribsheetError('model-broken', 'It is cut off.', 'Install it again.');
  const failing = async (error: Error) => {
    const root = await small.folder('root');
    await small.write(root, smallFiles);
    const store = await small.folder('store');
    let loads = 0;
    const opened = await Workspace.open({
      root,
      folder: `${store}/one`,
      grammars: await Grammars.open(await small.grammarFolder()),
      blocks: new BlockStore({ folder: store, quotaBytes: limits.storeBytes }),
      decoder: () => {
        loads++;
        return Promise.reject(error);
      },
    });
    await opened.refresh();
    return { opened, loads: () => loads };
  };

  test('a question is answered by search alone in every mode, if that is asked for, and says why', async () => {
    const { opened, loads } = await failing(failure);
    for (const [i, mode] of (['auto', ...allModes] as const).entries()) {
      const answer = await ask(where, mode, { orSearch: true }, opened);
      expectContract(answer);
      expect(answer).toMatchObject({ mode: 'rag', answer: '', withoutModel: failure.toRecord() });
      expect([answer.error, answer.reason, answer.unsure]).toEqual([undefined, undefined, undefined]);
      expect(answer.chunks![0]).toMatchObject({ path: 'src/harbour.ts', name: 'openHarbour' });
      expect(answer.citations[0]).toMatchObject({ path: 'src/harbour.ts', from: 'question' });
      // Loading may take long: once a question.
      expect(loads()).toBe(i + 1);
    }
    expect((await ask(where, 'rag', {}, opened)).error).toMatchObject({ code: 'model-broken' });
    opened.close();
  });

  test('another failure stays a failure', async () => {
    const { opened } = await failing(new CribsheetError('store-full', 'The disk is full.', 'Free some space.'));
    expect((await ask(where, 'rag', { orSearch: true }, opened)).error).toMatchObject({ code: 'store-full' });
    opened.close();
  });

  test('the same where none is wanted', async () => {
    const { workspace: bare } = await small.workspace(undefined);
    const answer = await ask(where, 'cache', { orSearch: true }, bare);
    expect(answer).toMatchObject({ mode: 'rag', withoutModel: { code: 'model-missing' } });
    expect((await ask(where, 'rag', {}, bare)).withoutModel).toBe(undefined);
  });
});

test('before the first index there is an error, not an empty answer', async () => {
  const store = await small.folder('store');
  const bare = await Workspace.open({
    root: await small.folder('root'),
    folder: `${store}/one`,
    grammars: await Grammars.open(await small.grammarFolder()),
    blocks: new BlockStore({ folder: store, quotaBytes: limits.storeBytes }),
    decoder: undefined,
  });
  for (const mode of ['rag', 'auto'] as const) {
    const answer = await ask(where, mode, {}, bare);
    expectContract(answer);
    expect(answer.error).toMatchObject({ code: 'index-unavailable' });
  }
  bare.close();
});
