import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { questionFeatures } from '../../src/engine/answer/features.ts';
import { route } from '../../src/engine/answer/route.ts';
import { chunkerVersion } from '../../src/engine/corpus/chunker.ts';
import { TextIndex } from '../../src/engine/retrieve/textIndex.ts';
import type { SheetFile } from '../../src/engine/sheet/sheetFile.ts';
import { lookupTask, SmallWorkspaces, type Opened } from '../engine/smallWorkspace.ts';

const small = new SmallWorkspaces();
afterAll(() => small.dispose());

let opened: Opened;
let index: TextIndex;
let whole: SheetFile;
let ships: SheetFile;
beforeAll(async () => {
  opened = await small.workspace(await small.decoder('qwen3-fp32', { answerTokens: 4 }));
  const { workspace, store } = opened;
  index = TextIndex.open(path.join(store, 'workspaces/one/index.sqlite'), { contentVersion: chunkerVersion });
  await workspace.compress({ task: lookupTask, ratio: 64 });
  whole = (await workspace.sheetFor('api-lookup'))!;
  await workspace.compress({ task: { ...lookupTask, id: 'ships' }, ratio: 64, scope: ['src/ships/**'] });
  ships = (await workspace.sheetFor('ships'))!;
});
afterAll(() => {
  index.close();
});

describe('the cache answers what its sheet covers, retrieval the rest', () => {
  test.each([
    ['Where is openHarbour defined?', 'cache'],
    ['What is in src/harbour.ts?', 'cache'],
    ['What does noSuchThing return?', 'cache'],
    ['Tell me about this code.', 'cache'],
    ['', 'cache'],
  ])('a whole sheet: %s', (question, mode) => {
    expect(route(question, index, whole).mode).toBe(mode);
  });

  test.each([
    ['Where is shipFlag defined?', 'cache', ''],
    ['Where is openHarbour defined?', 'rag', 'openHarbour (src/harbour.ts)'],
    ['What does Harbour.moor return?', 'rag', 'Harbour.moor (src/harbour.ts)'],
    ['What is in tools/tides.py?', 'rag', 'tools/tides.py'],
    ['What is in src/ships/util.ts?', 'cache', ''],
    ['What is in util.ts?', 'cache', ''],
    ['Does a ship enter the harbour at high tide?', 'rag', 'names nothing'],
    ['shipFlag or openHarbour?', 'rag', 'openHarbour'],
  ])('a sheet of one folder: %s', (question, mode, why) => {
    const taken = route(question, index, ships);
    expect(taken.mode).toBe(mode);
    expect(taken.reason).toContain(why);
  });

  test('no sheet at all', () => {
    expect(route('Where is openHarbour defined?', index, undefined)).toEqual({
      mode: 'rag',
      reason: 'there is no sheet for this task yet',
    });
  });

  test('a file that was left out, in whole or in part, is not covered', () => {
    const leftOut: SheetFile = { ...whole, leftOut: [{ path: 'src/harbour.ts', reason: 'sheet-full' }] };
    expect(route('Where is openHarbour defined?', index, leftOut).mode).toBe('rag');
    expect(route('Where is shipFlag defined?', index, leftOut).mode).toBe('cache');
  });

  test('a file that came after the sheet is not covered', () => {
    const older: SheetFile = { ...whole, paths: whole.paths.filter((p) => p !== 'src/harbour.ts') };
    expect(route('Where is openHarbour defined?', index, older).mode).toBe('rag');
  });
});

test('auto takes the mode that the route says, and tells why', async () => {
  const ask = (task: string) =>
    opened.workspace.ask({ id: '1', question: 'Where is openHarbour defined?', mode: 'auto', task });
  expect(await ask('api-lookup')).toMatchObject({ mode: 'cache', reason: expect.stringContaining('covers') });
  const other = await ask('ships');
  expect(other).toMatchObject({ mode: 'rag', reason: expect.stringContaining('openHarbour') });
  expect(other.chunks?.[0]?.path).toBe('src/harbour.ts');
  expect(await ask('no-such-task')).toMatchObject({ mode: 'rag', reason: expect.stringContaining('no sheet') });
});

describe('a router that was fitted', () => {
  const fitted = { version: 1 as const, weights: { hybrid: { bias: -1, where: 3 }, cache: { bias: -9 } } };

  test('decides by features of the question, and says by which', () => {
    const taken = route('Where is openHarbour defined?', index, whole, [], fitted);
    expect(taken).toEqual({
      mode: 'hybrid',
      reason: 'questions like this one are answered best from sheet and source together (88 %)',
      routing: { probabilities: expect.anything() as unknown, because: ['where'] },
    });
    const other = route('What does openHarbour return?', index, whole, [], fitted);
    expect(other).toMatchObject({ mode: 'rag', reason: expect.stringContaining('retrieval') as string });
    // What needs no router is as without one.
    expect(route('Where?', index, undefined, [], fitted).routing).toBe(undefined);
  });

  test('is in the details of the answer', async () => {
    const decoder = await small.decoder('qwen3-fp32', { answerTokens: 4, router: fitted });
    expect(decoder.router).toEqual(fitted);
    const own = await small.workspace(decoder);
    await own.workspace.compress({ task: lookupTask, ratio: 64 });
    const question = 'Where is openHarbour defined?';
    const answer = await own.workspace.ask({ id: '1', question, mode: 'auto', task: 'api-lookup' });
    expect(answer).toMatchObject({ mode: 'hybrid', routing: { because: ['where'] } });
    expect(answer.reason).toContain('together');
  });
});

test('features: what a question names, how, and what search finds', () => {
  const of = (question: string, sheet = whole) => questionFeatures(question, index, sheet);
  expect(of('Where is openHarbour defined?')).toMatchObject({ covered: 1, uncovered: 0, names: 1, where: 1, list: 0 });
  expect(of('List all callers of berthName and shipLength.', ships)).toMatchObject({
    covered: 0,
    uncovered: 1,
    whole: 0,
    names: Math.log2(3),
    callers: 1,
    list: 1,
  });
  const { score, margin, coverage, length, ratio } = of('What does openHarbour return?', ships);
  expect([score > 0, margin >= 0 && margin <= 1, coverage]).toEqual([true, true, 1]);
  expect([length, ratio]).toEqual([Math.log2(5), 6]);
  expect(of('').length).toBe(0);
});
