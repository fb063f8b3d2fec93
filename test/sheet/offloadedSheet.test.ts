import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Answer } from '../../src/common/answers.ts';
import type { Mode, StrategyName } from '../../src/common/names.ts';
import type { Decoder } from '../../src/engine/model/decoder.ts';
import { Grammars } from '../../src/engine/corpus/grammars.ts';
import type { KeptPositions } from '../../src/engine/compress/strategy.ts';
import { decodeBlock } from '../../src/engine/sheet/block.ts';
import { originOf } from '../../src/engine/sheet/lineRuns.ts';
import { choosePositions } from '../../src/engine/sheet/offload/choosePositions.ts';
import { OffloadedSheet } from '../../src/engine/sheet/offload/offloadedSheet.ts';
import { readQueries } from '../../src/engine/sheet/offload/question.ts';
import { TwoBitIndex } from '../../src/engine/sheet/offload/twoBitIndex.ts';
import { BlockStore } from '../../src/engine/sheet/store.ts';
import { Workspace } from '../../src/engine/workspace.ts';
import { lookupTask, smallFiles, SmallWorkspaces } from '../engine/smallWorkspace.ts';

const small = new SmallWorkspaces();
afterAll(() => small.dispose());

const profile = { segmentTokens: 160, answerTokens: 24, ratio: 4 };
/** All of the small workspace, and less than its largest segment. */
const [ALL, FEW] = [4_096, 96];

/** Opens the small workspace for a model with sheets of so many positions, and makes one of each strategy. */
async function made(
  sheetTokens: number,
  ...strategies: StrategyName[]
): Promise<{ decoder: Decoder; workspace: Workspace; blocks: BlockStore }> {
  const decoder = await small.decoder('qwen3-fp32', { ...profile, sheetTokens });
  const { workspace, blocks } = await small.workspace(decoder);
  for (const strategy of strategies) await workspace.compress({ task: lookupTask, strategy, ratio: 1 });
  return { decoder, workspace, blocks };
}

const where = 'Where is openHarbour defined?';
const ask = (workspace: Workspace, question: string, mode: Mode = 'offload'): Promise<Answer> =>
  workspace.ask({ id: '1', question, mode, task: 'api-lookup' });
const said = ({ answer, stopped, citations, evidence, tokens, error }: Answer) => ({
  answer,
  stopped,
  citations,
  evidence,
  tokens,
  error,
});

describe('a sheet that stays on disk', () => {
  let workspace: Workspace;
  let decoder: Decoder;
  let blocks: BlockStore;
  beforeAll(async () => {
    ({ workspace, decoder, blocks } = await made(FEW, 'offload'));
  });

  test('covers everything, however few positions a question may fetch', async () => {
    const sheet = (await workspace.sheetFor('api-lookup', 'offload'))!;
    expect(sheet).toMatchObject({ complete: true, strategy: 'offload', ratio: 1, leftOut: [] });
    expect(sheet.coverage.tokens).toBe(sheet.coverage.tokensTotal);
    expect(sheet.coverage.tokens).toBeGreaterThan(4 * FEW);
    const preamble = decoder.chat.preamble().length;
    for (const question of [where, 'What does shipFlag return?']) {
      const answer = await ask(workspace, question);
      expect(answer.error).toBe(undefined);
      expect(answer).toMatchObject({ mode: 'offload', coverage: sheet.coverage });
      expect(answer.tokens.sheet).toBe(preamble + FEW);
      expect(answer.tokens.skipped).toBe(sheet.coverage.tokens - preamble - FEW);
      expect(answer.tokens.answer).toBeGreaterThan(0);
      expect(answer.evidence.length).toBeGreaterThan(0);
      for (const { path: file, startLine, endLine } of answer.evidence) {
        const lines = smallFiles[file]!.split('\n').length;
        expect([startLine >= 1, endLine >= startLine, endLine <= lines]).toEqual([true, true, true]);
      }
    }
  });

  test('what one question fetched does not change the next one', async () => {
    const first = await ask(workspace, where);
    await ask(workspace, 'What does shipFlag return?');
    expect(said(await ask(workspace, where))).toEqual(said(first));
  });

  test('is read by its own mode alone', async () => {
    for (const mode of ['cache', 'hybrid'] as const) {
      const answer = await ask(workspace, where, mode);
      expect(answer.error).toMatchObject({ code: 'sheet-missing' });
      expect(answer.error?.message).not.toContain('on disk');
    }
    expect((await ask(workspace, where, 'auto')).mode).toBe('rag');
  });

  test('two questions fetch different positions, those that they look at most, and know their lines', async () => {
    const file = (await workspace.sheetFor('api-lookup', 'offload'))!;
    const sheet = await OffloadedSheet.load(file, decoder, blocks);
    const { attention, heads, kvHeads, headSize, attentionScale: scale } = decoder.graph;
    const { frequencies } = decoder;
    const index = new TwoBitIndex({ layers: attention.length, kvHeads, headSize, frequencies });
    const segments: number[] = [];
    const lineOf: number[] = [];
    for (const { key } of file.segments) {
      const block = decodeBlock((await blocks.read(key))!, 'float32')!;
      index.add(block.keys as Float32Array[], block.tokens);
      lineOf.push(...block.lineOf);
      segments.push(block.tokens);
    }
    const ends = segments.map((_, i) => segments.slice(0, i + 1).reduce((sum, t) => sum + t, 0));
    const preamble = decoder.chat.preamble().length;
    const kept: KeptPositions[] = [];
    for (const question of [where, 'What does shipFlag return?']) {
      const ids = decoder.chat.question(question);
      sheet.rewind();
      const queries = await readQueries(sheet.lane, ids);
      const shape = { layers: attention.length, heads, kvHeads, headSize, frequencies, scale, segments };
      const chosen = await choosePositions(index, queries, shape, FEW);
      await sheet.begin(ids);
      expect(sheet.length).toBe(preamble + FEW);
      chosen.forEach((own, layer) => {
        own.forEach((positions, head) => {
          positions.forEach((at, rank) => {
            const segment = ends.findIndex((end) => at < end);
            const { path, line } = originOf(file.segments[segment]!.lines, lineOf[at]!);
            const place = { path: file.paths[path], startLine: line, endLine: line };
            expect(sheet.origin(layer, head, preamble + rank)).toEqual(place);
          });
          expect(sheet.origin(layer, head, preamble - 1)).toBe(undefined);
          expect(sheet.origin(layer, head, preamble + FEW)).toBe(undefined);
        });
      });
      kept.push(chosen);
    }
    expect(kept[0]).not.toEqual(kept[1]);
  });

  test('a question that is cancelled while its positions are fetched leaves nothing behind', async () => {
    const before = said(await ask(workspace, where));
    const gone = new AbortController();
    const read = blocks.readParts.bind(blocks);
    let fetched = 0;
    blocks.readParts = (...parts) => {
      fetched++;
      gone.abort();
      return read(...parts);
    };
    const { signal } = gone;
    const answer = await workspace.ask({ id: '1', question: where, mode: 'offload', task: 'api-lookup', signal });
    blocks.readParts = read;
    expect(fetched).toBeGreaterThan(0);
    expect([answer.stopped, answer.answer]).toEqual(['cancel', '']);
    expect(said(await ask(workspace, where))).toEqual(before);
  });
});

test('with room for all of it, it answers as a sheet in memory that dropped nothing', async () => {
  const { workspace, decoder } = await made(ALL, 'm0-zs', 'offload');
  for (const question of [where, 'What does shipFlag return?']) {
    const [cache, offload] = [await ask(workspace, question, 'cache'), await ask(workspace, question)];
    expect(offload.answer).toBe(cache.answer);
    // It is read once more, to find what it looks at.
    const asked = decoder.chat.question(question).length;
    expect(offload.tokens).toEqual({ ...cache.tokens, prompt: cache.tokens.prompt + asked });
    const places = ({ evidence }: Answer): string[] => evidence.map((e) => `${e.path}:${String(e.startLine)}`);
    expect(places(offload)).toEqual(places(cache));
  }
});

test('without one, the answer says how to make one', async () => {
  const { workspace } = await made(ALL, 'm0-zs');
  const { error } = await ask(workspace, where);
  expect(error?.code).toBe('sheet-missing');
  expect(error?.action).toContain('--strategy offload');
});

test('after an edit only what changed is computed, and answers name the lines that are there now', async () => {
  const { workspace } = await made(ALL, 'offload');
  const before = await ask(workspace, where);
  const name = 'src/harbour.ts';
  const file = path.join(workspace.root, name);
  await writeFile(file, `// Rebuilt after the storm.\n\n${await readFile(file, 'utf8')}`);
  await workspace.refresh();
  const { computed, reused } = await workspace.compress({ task: lookupTask, strategy: 'offload' });
  expect(computed).toBeGreaterThan(0);
  expect(reused).toBeGreaterThan(computed);
  const after = await ask(workspace, where);
  const cited = ({ citations }: Answer) => citations.find((c) => c.path === name && c.verified);
  expect(cited(before)?.startLine).toBeGreaterThan(1);
  expect(cited(after)).toMatchObject({ startLine: cited(before)!.startLine + 2, stale: false });
});

test.each([false, true])(
  'a block that is gone is told, and compressing again mends it (asked before: %s)',
  async (before) => {
    const { decoder } = await made(ALL);
    const opened = await small.workspace(decoder);
    const compress = () => opened.workspace.compress({ task: lookupTask, strategy: 'offload' });
    const { sheet } = await compress();
    if (before) expect((await ask(opened.workspace, where)).error).toBe(undefined);
    await opened.blocks.delete(sheet.segments[1]!.key);
    const { error } = await ask(opened.workspace, where);
    expect(error).toMatchObject({ code: 'sheet-missing' });
    expect(error?.action).toContain('--strategy offload');
    expect((await compress()).computed).toBe(1);
    expect((await ask(opened.workspace, where)).error).toBe(undefined);
  },
);

test('a second task costs nothing', async () => {
  const { workspace } = await made(FEW, 'offload');
  const other = { ...lookupTask, id: 'bug-hunt', instruction: 'Find the cause of a failure.' };
  const { computed, reused } = await workspace.compress({ task: other, strategy: 'offload' });
  expect([computed, reused > 0]).toEqual([0, true]);
});

test('a folder that would take more than the store holds is refused before any work', async () => {
  const decoder = await small.decoder('qwen3-fp32', { ...profile, sheetTokens: FEW });
  const grammars = await Grammars.open(await small.grammarFolder());
  const folder = await small.folder('store');
  const root = await small.folder('workspace');
  await small.write(root, smallFiles);
  const blocks = new BlockStore({ folder, quotaBytes: 100_000 });
  const parts = { root, folder: path.join(folder, 'own'), grammars, blocks };
  const workspace = await Workspace.open({ ...parts, decoder: () => Promise.resolve(decoder) });
  await workspace.refresh();
  await expect(workspace.compress({ task: lookupTask, strategy: 'offload' })).rejects.toMatchObject({
    code: 'store-full',
  });
  expect(await blocks.list()).toEqual([]);
  await workspace.compress({ task: lookupTask, strategy: 'm0-zs' });
  workspace.close();
});

test('sizes, storage and weights of a task mean nothing to it', async () => {
  const decoder = await small.decoder('qwen3-fp32', { ...profile, sheetTokens: FEW });
  const { workspace } = await small.workspace(decoder);
  const task = { ...lookupTask, ratio: 8, strategy: 'offload' };
  const plan = await workspace.plan({ task, storage: 'int4', weighted: true, tokens: 32 });
  expect(plan).toMatchObject({ strategy: 'offload', ratio: 1, positions: plan.tokensTotal, room: plan.tokensTotal });
  const { sheet } = await workspace.compress({ task, storage: 'int4', weighted: true, tokens: 32 });
  expect(sheet).toMatchObject({ strategy: 'offload', ratio: 1, leftOut: [] });
  expect([sheet.storage, sheet.weighted, sheet.tokens]).toEqual([undefined, undefined, undefined]);
  expect((await ask(workspace, where)).error).toBe(undefined);
});
