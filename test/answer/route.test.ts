import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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
