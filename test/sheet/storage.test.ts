import { afterAll, expect, test } from 'vitest';
import { storages } from '../../src/common/names.ts';
import { AssembledSheet } from '../../src/engine/sheet/assemble.ts';
import { describeSheet, sheetSize } from '../../src/engine/sheet/summary.ts';
import { lookupTask, SmallWorkspaces } from '../engine/smallWorkspace.ts';
import { starterFolder } from '../model/fixtures.ts';

const small = new SmallWorkspaces();
afterAll(() => small.dispose());

test('fewer bits make a smaller sheet, whose keys and values are nearer the more bits they have', async () => {
  const decoder = await small.open(starterFolder);
  const { workspace, blocks } = await small.workspace(decoder);
  const scope = ['src/ships/**', 'src/berths/**'];
  const sizes: number[] = [];
  const cached: Float32Array[] = [];
  const length: number[] = [];
  for (const storage of storages) {
    const request = { task: lookupTask, storage, scope };
    const { sheet, computed } = await workspace.compress(request);
    expect(computed).toBe(sheet.segments.length);
    expect(describeSheet(sheet).storage).toBe(storage === 'f16' ? undefined : storage);
    // The plan knows the blocks of this storage, and a second build finds them.
    expect((await workspace.plan(request)).missing.segments).toBe(0);
    expect((await workspace.compress(request)).computed).toBe(0);
    const { bytes, missingBlocks } = await sheetSize(sheet, blocks);
    expect(missingBlocks).toBe(0);
    sizes.push(bytes);
    const { lane } = await AssembledSheet.load((await workspace.sheets.read(sheet.id))!, decoder, blocks);
    length.push(lane.kv.length);
    cached.push(Float32Array.from(lane.kv.values.at(-1)!));
    const answer = await workspace.ask({
      id: '1',
      question: 'Where is openHarbour?',
      mode: 'cache',
      task: lookupTask.id,
    });
    expect(answer.error).toBe(undefined);
  }
  expect(new Set(length).size).toBe(1);
  expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
  const off = cached.slice(1).map((values) => values.reduce((sum, x, i) => sum + (x - cached[0]![i]!) ** 2, 0));
  expect(off).toEqual([...off].sort((a, b) => a - b));
  expect(off[0]).toBeGreaterThan(0);
});
