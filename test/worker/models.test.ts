import { cp, mkdir, readdir, truncate, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { JobProgress, ModelStatus } from '../../src/common/protocol.ts';
import { modelFolder } from '../model/fixtures.ts';
import { Bench } from './workerProcess.ts';

const bench = new Bench();
afterEach(() => bench.dispose());

test('models are listed with what they need, imported, tested and removed', async () => {
  const store = await bench.folder('store');
  const { client } = await bench.start({ store });
  const statuses: ModelStatus['state'][] = [];
  client.onModel(({ state }) => statuses.push(state));
  expect(await client.models()).toMatchObject([
    { name: 'starter', bundled: true, active: true, needs: { window: expect.any(Number) } },
  ]);
  expect(statuses).toEqual([]);

  const progress: JobProgress[] = [];
  const imported = await client.importModel(
    { folder: modelFolder('qwen3-int4'), name: 'tiny' },
    { onProgress: (step) => progress.push(step) },
  );
  expect(imported).toMatchObject({ copied: true, name: expect.stringMatching(/^tiny\//u) });
  expect(progress.at(-1)).toEqual({ phase: 'copy', bytes: imported.bytes, bytesTotal: imported.bytes });
  expect(await client.importModel({ folder: modelFolder('qwen3-int4'), name: 'tiny' })).toMatchObject({
    copied: false,
  });
  const all = await client.models();
  expect(all.map(({ name, active }) => [name, active])).toEqual([
    ['starter', true],
    [imported.name, false],
  ]);
  expect(all[1]!.needs!.memoryBytes).toBeGreaterThan(all[1]!.needs!.weightBytes);

  expect(await client.testModel(imported.name)).toMatchObject({ passed: true, device: { device: 'cpu' } });
  // It was let go; the model in use has not been touched.
  expect(statuses).toEqual([]);
  expect(await client.testModel('starter')).toMatchObject({ passed: true });
  expect(statuses).toEqual(['loading', 'ready']);

  await expect(client.removeModel('starter')).rejects.toMatchObject({ code: 'usage' });
  await expect(client.removeModel('nothing')).rejects.toMatchObject({
    code: 'model-missing',
    action: expect.stringContaining('starter'),
  });
  await client.removeModel(imported.name);
  expect((await client.models()).map(({ name }) => name)).toEqual(['starter']);
  expect(await readdir(path.join(store, 'models'))).toEqual([]);
});

test('the model in use stays, and one that is broken says why', async () => {
  const folder = path.join(await bench.folder('models'), 'mine');
  await cp(modelFolder('qwen3-int4'), folder, { recursive: true });
  const store = await bench.folder('store');
  const { client } = await bench.start({ store, model: folder });
  expect(await client.models()).toMatchObject([
    { name: 'starter', active: false },
    { folder, active: true },
  ]);
  await expect(client.removeModel(folder)).rejects.toMatchObject({ code: 'usage' });
  await truncate(path.join(folder, 'model.onnx.data'), 10);
  const broken = (await client.models()).find((model) => model.active);
  expect(broken).toMatchObject({ error: { code: 'model-broken' } });
  expect(broken!.needs).toBeUndefined();
  await expect(client.importModel({ folder })).rejects.toMatchObject({ code: 'model-broken' });
  await expect(client.importModel({ folder, name: '../x' })).rejects.toMatchObject({ code: 'usage' });
  await expect(client.testModel(folder)).rejects.toMatchObject({ code: 'model-broken' });
});

test('a broken setting is listed without a model in use', async () => {
  const { client } = await bench.start({ store: await bench.folder('store'), model: 'no-such-model' });
  expect(await client.models()).toMatchObject([{ name: 'starter', active: false }]);
});

test('imports beside each other do not meet, and of one folder there is one at a time', async () => {
  const store = await bench.folder('store');
  const { client } = await bench.start({ store });
  const [one, other] = ['qwen3-int4', 'qwen3-fp32'].map(modelFolder) as [string, string];
  const first = client.importModel({ folder: one, name: 'one' });
  const beside = client.importModel({ folder: other, name: 'other' });
  await expect(client.importModel({ folder: one, name: 'again' })).rejects.toMatchObject({ code: 'busy' });
  for (const imported of await Promise.all([first, beside])) {
    expect(imported.copied).toBe(true);
    expect(await client.testModel(imported.name)).toMatchObject({ passed: true });
  }
  expect((await readdir(store)).filter((name) => name.startsWith('.import-'))).toEqual([]);
});

test('what a killed import has left is swept, and what is being written is not', async () => {
  const store = await bench.folder('store');
  const old = new Date(Date.now() - 7_200_000);
  for (const [name, written] of [
    ['.import-1', old],
    ['.import-2-x', new Date()],
  ] as const) {
    const file = path.join(store, name, 'onnx', 'model.onnx');
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, 'half');
    await utimes(file, written, written);
    for (const folder of [path.dirname(file), path.join(store, name)]) await utimes(folder, old, old);
  }
  const { client } = await bench.start({ store });
  await client.models();
  expect((await readdir(store)).filter((name) => name.startsWith('.import-'))).toEqual(['.import-2-x']);
});
