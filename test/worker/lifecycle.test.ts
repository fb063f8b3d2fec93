import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createMessageConnection, IPCMessageReader, IPCMessageWriter } from 'vscode-jsonrpc/node';
import { afterEach, expect, test } from 'vitest';
import { WorkerClient } from '../../src/common/workerClient.ts';
import { Bench, product, ProgressLog, sampleRatio, workerBundle } from './workerProcess.ts';

const bench = new Bench();
afterEach(() => bench.dispose());

test('shutdown cancels what runs, answers, and ends the process with code 0', async () => {
  const [root, store] = [await bench.workspace(), await bench.folder('store')];
  const worker = await bench.start({ store });
  const progress = new ProgressLog();
  const compress = worker.client.compress(
    { root, task: 'api-lookup', ratio: sampleRatio },
    { onProgress: progress.add },
  );
  const cancelled = expect(compress).rejects.toMatchObject({ code: 'cancelled' });
  await progress.reaches(1);
  await worker.client.shutdown();
  await cancelled;
  expect(await worker.exited).toEqual({ code: 0, signal: null });
  expect(worker.output()).toBe('');
  expect(worker.log.filter((entry) => entry.level !== 'info')).toEqual([]);
});

test('shutdown without anything started', async () => {
  const worker = bench.fork();
  await worker.client.shutdown();
  expect(await worker.exited).toEqual({ code: 0, signal: null });
});

test.skipIf(process.platform === 'win32').each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const)('%s ends it in order while it works', async (signal, code) => {
  const [root, store] = [await bench.workspace(), await bench.folder('store')];
  const worker = await bench.start({ store });
  const progress = new ProgressLog();
  const compress = worker.client.compress(
    { root, task: 'api-lookup', ratio: sampleRatio },
    { onProgress: progress.add },
  );
  const ended = expect(compress).rejects.toMatchObject({ name: 'CribsheetError' });
  await progress.reaches(2);
  worker.child.kill(signal);
  expect(await worker.exited).toEqual({ code, signal: null });
  await ended;
  // In order: the part that was finished has been written down as a sheet.
  const next = await bench.start({ store });
  expect(await next.client.sheets(root)).toMatchObject([{ complete: false }]);
});

test('a worker whose parent is killed ends by itself', async () => {
  const [root, store] = [await bench.workspace(), await bench.folder('store')];
  const launcher = fork(fileURLToPath(new URL('launcher.mjs', import.meta.url)), [workerBundle], {
    stdio: ['ignore', 'pipe', 'ignore', 'ipc'],
    execArgv: [],
  });
  const client = new WorkerClient(
    createMessageConnection(new IPCMessageReader(launcher), new IPCMessageWriter(launcher)),
  );
  const { pid } = await client.initialize({ product, store, threads: 1 });
  const progress = new ProgressLog();
  const lost = client.compress({ root, task: 'api-lookup', ratio: sampleRatio }, { onProgress: progress.add });
  const isLost = expect(lost).rejects.toMatchObject({ code: 'worker-dead' });
  await progress.reaches(1);
  try {
    // The worker has inherited the pipe: it closes when the last of the two has ended.
    const closed = once(launcher.stdout!.resume(), 'close');
    launcher.kill('SIGKILL');
    await isLost;
    await closed;
  } finally {
    killIfThere(pid);
  }
  // It has stopped in order, and not after all had been done for nobody.
  const next = await bench.start({ store });
  expect(await next.client.sheets(root)).toMatchObject([{ complete: false }]);
});

test('without an IPC channel it says how it is started', async () => {
  const { spawnSync } = await import('node:child_process');
  const run = spawnSync(process.execPath, [workerBundle], { encoding: 'utf8' });
  expect(run.status).toBe(2);
  expect(run.stderr).toContain('fork');
});

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
