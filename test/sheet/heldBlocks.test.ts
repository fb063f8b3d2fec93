import { rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { goneBlocks } from '../../src/engine/sheet/remaining.ts';
import type { CompressRequest, Workspace } from '../../src/engine/workspace.ts';
import { lookupTask, smallFiles, SmallWorkspaces, type Opened } from '../engine/smallWorkspace.ts';

const small = new SmallWorkspaces();
afterAll(() => small.dispose());
afterEach(() => vi.useRealTimers());
const tiny = small.decoder('qwen3-fp32', { segmentTokens: 160, answerTokens: 8, ratio: 4 });

const request: CompressRequest = { task: lookupTask };
const blockKeys = async ({ blocks }: Opened): Promise<string[]> => (await blocks.list()).map((b) => b.key).sort();
const fileOf = (store: string, key: string): string =>
  path.join(store, 'blocks', key.slice(0, 2), `${key}.safetensors`);
const ask = (workspace: Workspace) =>
  workspace.ask({ id: '1', question: 'Where is openHarbour defined?', mode: 'cache', task: 'api-lookup' });

describe('blocks that are needed', () => {
  const small0 = async () => small.workspace(await tiny, smallFiles, { quotaBytes: 0 });

  test('by a build stay while it runs, also those that are only to be reused', async () => {
    const opened = await small0();
    const { workspace, blocks } = opened;
    await workspace.compress(request);
    const before = await blockKeys(opened);
    // It ended while its blocks were held; now nobody needs them.
    expect(before.length).toBe((await workspace.segments()).length + 1);
    let freed = 0;
    await workspace.compress({
      ...request,
      onProgress: () => void blocks.enforceQuota().then(({ deleted }) => (freed += deleted)),
    });
    expect([freed, await blockKeys(opened)]).toEqual([0, before]);
    expect((await blocks.enforceQuota()).deleted).toBe(before.length);
  });

  test('by a sheet that was asked stay, until it is deleted', async () => {
    const opened = await small0();
    const { workspace, blocks } = opened;
    const { sheet } = await workspace.compress(request);
    await ask(workspace);
    expect((await blocks.enforceQuota()).deleted).toBe(0);
    await workspace.deleteSheet((await workspace.sheets.read(sheet.id))!);
    expect(await blockKeys(opened)).toEqual([]);
  });

  test('by another sheet, too, stay when one is deleted', async () => {
    const opened = await small.workspace(await tiny);
    const { workspace } = opened;
    await workspace.compress(request);
    const before = await blockKeys(opened);
    const { sheet } = await workspace.compress({ task: { ...lookupTask, id: 'other' } });
    await workspace.deleteSheet((await workspace.sheets.read(sheet.id))!);
    expect(await blockKeys(opened)).toEqual(before);
  });

  test('by a sheet that is asked count as used, though they are read only once', async () => {
    const { workspace, blocks } = await small.workspace(await tiny);
    await workspace.compress(request);
    await ask(workspace);
    const later = Date.now() + 2 * 3_600_000;
    vi.useFakeTimers({ toFake: ['Date'], now: later });
    await ask(workspace);
    for (const { usedAt } of await blocks.list()) expect(usedAt).toBeGreaterThan(later - 1_000);
  });
});

describe.each(['m0-zs', 'offload'] as const)('another process deletes blocks of a %s build', (strategy) => {
  const build = async (until: number) => {
    const { workspace, blocks, store } = await small.workspace(await tiny);
    const first = await workspace.compress({ ...request, strategy });
    const [lost] = first.sheet.segments;
    const again = await workspace.compress({
      ...request,
      strategy,
      onProgress: ({ segments, computed }) => {
        if (segments > 0 && computed < until) rmSync(fileOf(store, lost!.key), { force: true });
      },
    });
    const gone = await goneBlocks(again.sheet, blocks);
    return { first: first.sheet, sheet: again.sheet, lost: lost!, gone: [...gone] };
  };

  test('it makes them anew before it says that it is complete', async () => {
    const { sheet, first, gone } = await build(1);
    expect([sheet.complete, gone]).toEqual([true, []]);
    expect(sheet.segments).toEqual(first.segments);
  });

  test('again and again: what is there is a sheet that is not complete', async () => {
    const { sheet, lost, first, gone } = await build(Infinity);
    expect([sheet.complete, gone]).toEqual([false, []]);
    expect(sheet.segments).toEqual(first.segments.filter(({ key }) => key !== lost.key));
  });
});
