import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { HostBench, until } from './hostParts.ts';

const bench = new HostBench();
afterEach(() => bench.dispose());

const kill = (pid: number | undefined): void => {
  process.kill(pid!, 'SIGKILL');
};

describe('the worker', () => {
  test('starts with the first request, once for all that ask', async () => {
    const supervisor = bench.supervisor({ store: await bench.folder('store') });
    expect(supervisor.state).toEqual({ kind: 'stopped', deaths: 0 });
    const [a, b] = await Promise.all([supervisor.client(), supervisor.client()]);
    expect(a).toBe(b);
    expect(supervisor.state).toEqual({ kind: 'ready', deaths: 0 });
    expect((await a.status()).pid).toBe(supervisor.info!.pid);
    expect(supervisor.info!.pid).not.toBe(process.pid);
  });

  test('tells how its model stands', async () => {
    const supervisor = bench.supervisor({ store: await bench.folder('store') });
    const seen = new Set<string>();
    supervisor.onDidChange(() => seen.add(supervisor.model.state));
    const client = await supervisor.client();
    await client.ask({
      root: await bench.workspace(),
      question: 'Where is openLedger?',
      mode: 'rag',
      task: 'api-lookup',
    });
    expect([...seen]).toEqual(['unloaded', 'loading', 'ready']);
    expect(supervisor.model).toMatchObject({ state: 'ready', name: 'starter' });
  });

  test('killed: requests fail, it says why and what to do, and is there again', async () => {
    const supervisor = bench.supervisor({ store: await bench.folder('store') });
    const client = await supervisor.client();
    const { pid } = supervisor.info!;
    const waiting = until(supervisor.onDidChange, () => supervisor.state.kind === 'waiting');
    const lost = client.refresh(await bench.workspace());
    const isLost = expect(lost).rejects.toMatchObject({ code: 'worker-dead' });
    kill(pid);
    await isLost;
    await waiting;
    expect(supervisor.state).toMatchObject({ deaths: 1, error: { code: 'worker-dead' } });
    expect(supervisor.state.error!.message).toContain('starts again');
    expect(supervisor.state.error!.action).not.toBe('');
    const next = await supervisor.client();
    expect(supervisor.state).toEqual({ kind: 'ready', deaths: 1 });
    expect((await next.status()).pid).not.toBe(pid);
    expect(bench.log.some(({ level, message }) => level === 'error' && message.includes('SIGKILL'))).toBe(true);
  });

  test('three deaths: without a model, and search works; a restart tries it again', async () => {
    const supervisor = bench.supervisor({ store: await bench.folder('store') });
    for (let death = 1; death <= 3; death++) {
      await supervisor.client();
      const waiting = until(supervisor.onDidChange, () => supervisor.state.deaths === death);
      kill(supervisor.info!.pid);
      await waiting;
    }
    const client = await supervisor.client();
    expect(supervisor.state).toMatchObject({ kind: 'no-model', deaths: 3, error: { code: 'worker-dead' } });
    expect(supervisor.model).toEqual({ state: 'off' });
    const root = await bench.workspace();
    const answer = await client.ask({ root, question: 'Where is openLedger?', mode: 'rag', task: 'api-lookup' });
    expect(answer.chunks?.[0]).toMatchObject({ path: 'src/ledger.ts' });
    await supervisor.restart();
    expect(supervisor.state).toEqual({ kind: 'ready', deaths: 0 });
  });

  test('that dies at every start is given up, with a reason', async () => {
    const file = path.join(await bench.folder('broken'), 'worker.mjs');
    await writeFile(file, 'process.stderr.write("cannot go on"); process.exit(7);\n');
    const supervisor = bench.supervisor({ store: await bench.folder('store') }, { file });
    await expect(supervisor.client()).rejects.toMatchObject({ code: 'worker-dead' });
    expect(supervisor.state).toMatchObject({ kind: 'failed', deaths: 6, error: { code: 'worker-dead' } });
    expect(bench.log.filter(({ message }) => message.includes('cannot go on'))).toHaveLength(6);
    await expect(supervisor.client()).rejects.toMatchObject({ code: 'worker-dead' });
  });

  test('that is not there is said at once', async () => {
    const file = path.join(await bench.folder('nothing'), 'worker.js');
    const supervisor = bench.supervisor({ store: await bench.folder('store') }, { file });
    await expect(supervisor.client()).rejects.toMatchObject({ code: 'worker-dead' });
    expect(supervisor.state).toMatchObject({ kind: 'failed', deaths: 0 });
    expect(supervisor.state.error!.message).toContain(file);
  });

  test('a setting leaves the model out', async () => {
    const supervisor = bench.supervisor({ store: await bench.folder('store'), noModel: true });
    await supervisor.client();
    expect(supervisor.state).toMatchObject({ kind: 'no-model', deaths: 0, error: { code: 'model-missing' } });
  });
});

describe('a restart', () => {
  test('asked for several times at once leaves one process, and who asks meanwhile gets it', async () => {
    const supervisor = bench.supervisor({ store: await bench.folder('store') });
    await supervisor.client();
    const old = supervisor.info!.pid;
    const restarts = [supervisor.restart(), supervisor.restart()];
    const meanwhile = supervisor.client();
    await Promise.all(restarts);
    expect(await meanwhile).toBe(await supervisor.client());
    expect(supervisor.state).toEqual({ kind: 'ready', deaths: 0 });
    expect(() => process.kill(old, 0)).toThrow('ESRCH');
    const started = bench.log.filter(({ message }) => message.endsWith('started.')).map(({ message }) => message);
    expect(started).toHaveLength(2);
  });
});

describe('an end', () => {
  test('in order leaves no process, and nothing starts afterwards', async () => {
    const supervisor = bench.supervisor({ store: await bench.folder('store') });
    await supervisor.client();
    const { pid } = supervisor.info!;
    await supervisor.dispose();
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    await expect(supervisor.client()).rejects.toMatchObject({ code: 'worker-dead' });
    expect(bench.log.filter(({ level }) => level !== 'info')).toEqual([]);
  });

  test('while it waits for a restart', async () => {
    const supervisor = bench.supervisor({ store: await bench.folder('store') }, { delaysMs: [3_600_000] });
    await supervisor.client();
    const waiting = until(supervisor.onDidChange, () => supervisor.state.kind === 'waiting');
    kill(supervisor.info!.pid);
    await waiting;
    const next = expect(supervisor.client()).rejects.toMatchObject({ code: 'worker-dead' });
    await supervisor.dispose();
    await next;
  });

  test('a restart does not wait for the pause after a death', async () => {
    const supervisor = bench.supervisor({ store: await bench.folder('store') }, { delaysMs: [3_600_000] });
    await supervisor.client();
    const waiting = until(supervisor.onDidChange, () => supervisor.state.kind === 'waiting');
    kill(supervisor.info!.pid);
    await waiting;
    await supervisor.restart();
    expect(supervisor.state.kind).toBe('ready');
  });
});
