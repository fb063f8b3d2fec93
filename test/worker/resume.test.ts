import { appendFile, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { CompressResult } from '../../src/common/protocol.ts';
import { Bench, ProgressLog, sampleRatio, type WorkerProcess } from './workerProcess.ts';

/** Several runs over the workspace one after the other: a slow machine may take its time. */
const TIMEOUT_MS = 180_000;

const bench = new Bench();
afterEach(() => bench.dispose());

const request = (root: string) => ({ root, task: 'api-lookup', ratio: sampleRatio });

async function compress(worker: WorkerProcess, root: string): Promise<CompressResult & { progress: ProgressLog }> {
  const progress = new ProgressLog();
  const result = await worker.client.compress(request(root), { onProgress: progress.add });
  return { ...result, progress };
}

test(
  'a worker killed in the middle loses no finished block, and an edit costs only its own segments',
  { timeout: TIMEOUT_MS },
  async () => {
    const root = await bench.workspace();
    const store = await bench.folder('store');

    const killed = await bench.start({ store });
    const progress = new ProgressLog();
    const lost = killed.client.compress(request(root), { onProgress: progress.add });
    const isLost = expect(lost).rejects.toMatchObject({ name: 'CribsheetError', code: 'worker-dead' });
    await progress.reaches(4);
    killed.child.kill('SIGKILL');
    await isLost;
    await expect(killed.client.status()).rejects.toMatchObject({ code: 'worker-dead' });
    expect(await killed.exited).toEqual({ code: null, signal: 'SIGKILL' });
    const finished = progress.last!;
    expect(finished.segments).toBeLessThan(finished.segmentsTotal);

    const worker = await bench.start({ store });
    const resumed = await compress(worker, root);
    expect(resumed.sheet.complete).toBe(true);
    expect(resumed.sheet.segments).toBe(finished.segmentsTotal);
    expect(resumed.reused).toBeGreaterThanOrEqual(finished.segments);
    expect(resumed.computed).toBe(resumed.sheet.segments - resumed.reused);
    expect(resumed.computed).toBeGreaterThan(0);

    // The same again: everything is there.
    const again = await compress(worker, root);
    expect(again).toMatchObject({ computed: 0, reused: resumed.sheet.segments });
    expect(again.sheet.id).toBe(resumed.sheet.id);

    // A comment at the end of a file changes the segments that hold this end.
    const file = 'src/nodes/Scalar.js';
    const before = await readFile(path.join(root, file), 'utf8');
    await appendFile(path.join(root, file), '\n// One more line.\n');
    const edited = await compress(worker, root);
    expect(edited.computed).toBeGreaterThan(0);
    expect(edited.computed).toBeLessThanOrEqual(2);
    expect(edited.reused).toBe(edited.sheet.segments - edited.computed);

    // Undone: the old blocks are found again by content.
    await writeFile(path.join(root, file), before);
    expect(await compress(worker, root)).toMatchObject({ computed: 0 });

    // Another worker on the same store finds them as well, and its answers stand on the same sheet.
    await worker.client.shutdown();
    const other = await bench.start({ store });
    const answer = await other.client.ask({
      root,
      question: 'Where is isScalar defined?',
      mode: 'cache',
      task: 'api-lookup',
    });
    expect(answer.error).toBeUndefined();
    expect(answer.tokens.sheet).toBe(again.sheet.positions);
    expect(answer.coverage.files).toBe(again.sheet.coverage.files);
  },
);
