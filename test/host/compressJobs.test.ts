import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { parseJobsFile } from '../../src/host/worker/jobsFile.ts';
import { Pace, Rates } from '../../src/host/worker/rates.ts';
import type { CompressJob, CompressJobs } from '../../src/host/worker/compressJobs.ts';
import { Bench, sampleRatio } from '../worker/workerProcess.ts';
import { HostBench, until } from './hostParts.ts';

const bench = new HostBench();
const workers = new Bench();
afterEach(async () => {
  await bench.dispose();
  await workers.dispose();
});

/** Several runs over the workspace one after the other: a slow machine may take its time. */
const TIMEOUT_MS = 180_000;

async function open(given: { root?: string; store?: string; storage?: string } = {}) {
  const root = given.root ?? (await workers.workspace());
  const parts = await bench.start({}, { ...given, root });
  const request = { root, task: 'api-lookup', ratio: sampleRatio };
  const seen: CompressJob[] = [];
  parts.jobs.onDidChange(() => {
    const job = parts.jobs.job(root);
    if (job) seen.push(job);
  });
  return { ...parts, request, seen };
}

const reaches = (jobs: CompressJobs, root: string, segments: number): Promise<void> =>
  until(jobs.onDidChange, () => {
    const job = jobs.job(root);
    return job?.state === 'running' && job.perMinute !== undefined && job.segments >= segments;
  });

/** Counts and progress never fall, whatever happened in between. */
function expectGrowing(seen: readonly CompressJob[]): void {
  for (const key of ['progress', 'segments', 'tokens'] as const) {
    const values = seen.map((job) => job[key]);
    expect(values).toEqual(values.toSorted((a, b) => a - b));
  }
}

test(
  'a job is estimated, runs, pauses, survives the window, and goes on where it stopped',
  { timeout: TIMEOUT_MS },
  async () => {
    const first = await open();
    const { root, store, storage, request } = first;
    const before = await first.jobs.plan(request);
    expect(before.rateFrom).toBe('test');
    expect(before.missing).toEqual({ segments: before.segments, tokens: before.tokens });
    expect(before.ms).toBeGreaterThan(0);

    const paused = first.jobs.start(request);
    await expect(first.jobs.start({ ...request, ratio: 2 })).rejects.toMatchObject({ code: 'busy' });
    await reaches(first.jobs, root, 6);
    expect(first.jobs.job(root)!.msLeft).toBeGreaterThan(0);
    await first.jobs.pause(root);
    const stopped = await paused;
    expect(stopped).toMatchObject({ state: 'paused', pausedByUser: true, segmentsTotal: before.segments });
    expect(stopped.segments).toBeLessThan(stopped.segmentsTotal);
    expect(stopped.msLeft).toBeUndefined();
    // What is done answers already, and says what it covers.
    const [partial] = await first.workspaces.sheets(root);
    expect(partial).toMatchObject({ complete: false });
    expect(partial!.coverage.tokens).toBeLessThan(partial!.coverage.tokensTotal);
    await first.session.dispose();
    await first.jobs.dispose();
    await first.supervisor.dispose();

    const second = await open({ root, store, storage });
    await second.jobs.restore({ goOn: true });
    // The user has paused it: it waits for the user.
    expect(second.jobs.job(root)).toMatchObject({ state: 'paused', segments: stopped.segments, request });
    const done = await second.jobs.resume(root);
    expect(done).toMatchObject({ state: 'done', progress: 1, segments: before.segments });
    expect(done.result!.reused).toBeGreaterThanOrEqual(stopped.segments);
    expect(done.result!.computed).toBe(before.segments - done.result!.reused);
    expect(second.jobs.job(root)).toBeUndefined();
    expectGrowing([...first.seen, ...second.seen]);

    const after = await second.jobs.plan(request);
    expect(after).toMatchObject({ missing: { segments: 0, tokens: 0 }, ms: 0, rateFrom: 'compression' });
    // Nothing is left of it for the next session.
    await second.jobs.dispose();
    expect(parseJobsFile(JSON.parse(await readFile(path.join(storage, 'jobs.json'), 'utf8')))!.jobs).toEqual([]);
  },
);

test('a job that ran when the window was closed goes on by itself', { timeout: TIMEOUT_MS }, async () => {
  const first = await open();
  const { root, store, storage, request } = first;
  void first.jobs.start(request);
  await reaches(first.jobs, root, 3);
  await first.jobs.dispose();
  await first.supervisor.dispose();

  // Unless the setting says otherwise.
  const shy = await open({ root, store, storage });
  await shy.jobs.restore({ goOn: false });
  expect(shy.jobs.job(root)).toMatchObject({ state: 'paused', pausedByUser: false });
  await shy.jobs.dispose();

  const second = await open({ root, store, storage });
  await second.jobs.restore({ goOn: true });
  expect(second.jobs.job(root)).toMatchObject({ state: 'running' });
  await reaches(second.jobs, root, 1);
  await second.jobs.cancel(root);
  expect(second.jobs.job(root)).toBeUndefined();
  expectGrowing([...first.seen, ...second.seen]);
  // The part that is done answers.
  expect(await second.workspaces.sheets(root)).toMatchObject([{ complete: false }]);
});

test('a worker that dies in the middle is waited for', { timeout: TIMEOUT_MS }, async () => {
  const { jobs, supervisor, root, request, seen } = await open();
  const done = jobs.start(request);
  await reaches(jobs, root, 4);
  process.kill(supervisor.info!.pid, 'SIGKILL');
  expect(await done).toMatchObject({ state: 'done' });
  expect((await done).result!.reused).toBeGreaterThanOrEqual(4);
  const states = seen.map(({ state }) => state);
  expect(states).toContain('waiting');
  expect(seen.find(({ state }) => state === 'waiting')!.error).toMatchObject({ code: 'worker-dead' });
  expectGrowing(seen);
});

test('a worker that dies again and again leaves a job that says why', { timeout: TIMEOUT_MS }, async () => {
  const { jobs, supervisor, root, store, storage, request } = await open();
  const ended = jobs.start(request);
  for (let death = 1; death <= 3; death++) {
    await until(jobs.onDidChange, () => jobs.job(root)?.state === 'running' && supervisor.state.kind === 'ready');
    const dead = until(supervisor.onDidChange, () => supervisor.state.deaths === death);
    process.kill(supervisor.info!.pid, 'SIGKILL');
    await dead;
  }
  expect(await ended).toMatchObject({ state: 'failed', error: { code: 'model-missing' } });
  await jobs.dispose();

  // It would kill the next session's workers, too.
  const second = await open({ root, store, storage });
  await second.jobs.restore({ goOn: true });
  expect(second.jobs.job(root)).toMatchObject({ state: 'failed', error: { code: 'model-missing' }, request });
  expect(second.supervisor.state.kind).toBe('stopped');
  void second.jobs.resume(root);
  await reaches(second.jobs, root, 1);
  expect(second.jobs.job(root)!.error).toBeUndefined();
});

test('a job stops with its folder, and comes back with it', { timeout: TIMEOUT_MS }, async () => {
  const first = await open();
  const { root, store, storage, request, workspaces } = first;
  const ended = first.jobs.start(request);
  await reaches(first.jobs, root, 2);
  workspaces.setRoots([]);
  await first.jobs.restore({ goOn: true });
  expect(await ended).toMatchObject({ state: 'paused', pausedByUser: false });
  expect(first.jobs.jobs).toEqual([]);
  workspaces.setRoots([{ root, name: 'root' }]);
  await first.jobs.restore({ goOn: true });
  await reaches(first.jobs, root, 1);
  workspaces.setRoots([]);
  await first.jobs.restore({ goOn: true });
  await first.jobs.dispose();
  await first.supervisor.dispose();

  const second = await open({ root, store, storage });
  second.workspaces.setRoots([]);
  await second.jobs.restore({ goOn: true });
  expect(second.jobs.jobs).toEqual([]);
  expect(second.supervisor.state.kind).toBe('stopped');
  second.workspaces.setRoots([{ root, name: 'root' }]);
  await second.jobs.restore({ goOn: true });
  expect(second.jobs.job(root)).toMatchObject({ state: 'running', request });
  await second.jobs.cancel(root);
  expectGrowing([...first.seen, ...second.seen]);
});

test('a restart of the engine does not end it', { timeout: TIMEOUT_MS }, async () => {
  const { jobs, supervisor, root, request } = await open();
  const ended = jobs.start(request);
  await reaches(jobs, root, 3);
  const { pid } = supervisor.info!;
  await supervisor.restart();
  await until(jobs.onDidChange, () => jobs.job(root)?.state === 'running' && supervisor.info!.pid !== pid);
  await reaches(jobs, root, 4);
  await jobs.pause(root);
  expect(await ended).toMatchObject({ state: 'paused', pausedByUser: true });
});

describe('a job that fails', () => {
  test('says why, and is there to be tried again or given up', async () => {
    const { jobs, root, request } = await open();
    const ended = await jobs.start({ ...request, task: 'no-such-task' });
    expect(ended).toMatchObject({ state: 'failed', error: { code: 'task-missing' } });
    expect(jobs.job(root)).toBe(ended);
    await jobs.cancel(root);
    expect(jobs.job(root)).toBeUndefined();
    await expect(jobs.resume(root)).rejects.toMatchObject({ code: 'usage' });
  });

  test('gives way to another one', async () => {
    const { jobs, request } = await bench.start().then((parts) => ({
      ...parts,
      request: { root: parts.root, task: 'api-lookup' },
    }));
    await jobs.start({ ...request, task: 'no-such-task' });
    expect(await jobs.start(request)).toMatchObject({ state: 'done' });
  });
});

test('a job that was started by itself gives way to the user', { timeout: TIMEOUT_MS }, async () => {
  const { jobs, root, request } = await open();
  const automatic = jobs.start({ ...request, ratio: 2 }, { automatic: true });
  await reaches(jobs, root, 1);
  const wanted = jobs.start(request);
  expect(await automatic).toMatchObject({ state: 'cancelled', automatic: true });
  await reaches(jobs, root, 1);
  await jobs.cancel(root);
  expect(await wanted).toMatchObject({ state: 'cancelled', automatic: false });
});

test('a damaged state file is set aside', async () => {
  const { jobs, storage } = await bench.start({ noModel: true });
  const file = path.join(storage, 'jobs.json');
  await writeFile(file, '{"version":1,"jobs":[');
  await jobs.restore({ goOn: true });
  expect(jobs.jobs).toEqual([]);
  expect(await readFile(`${file}.damaged`, 'utf8')).toBe('{"version":1,"jobs":[');
  expect(bench.told.join('\n')).toContain('jobs.json');
});

describe('rates', () => {
  const sample = fc.record({ tokens: fc.integer({ min: 1, max: 2_000 }), ms: fc.integer({ min: 1, max: 60_000 }) });

  test('lie between the slowest and the fastest that was measured', () => {
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1 }), (samples) => {
        const rates = new Rates();
        const pace = new Pace();
        for (const { tokens, ms } of samples) {
          rates.add('a', tokens, ms);
          pace.add(1, tokens, ms);
        }
        const all = samples.map(({ tokens, ms }) => tokens / ms);
        for (const rate of [rates.get('a')!, pace.tokensPerMs!]) {
          expect(rate).toBeGreaterThanOrEqual(Math.min(...all) * (1 - 1e-9));
          expect(rate).toBeLessThanOrEqual(Math.max(...all) * (1 + 1e-9));
        }
      }),
    );
  });

  test('come back as they were kept, and only so many are', () => {
    const rates = new Rates();
    for (let i = 0; i < 50; i++) rates.add(`model ${i}`, 100 + i, 10);
    const kept = JSON.parse(JSON.stringify({ version: 1, jobs: [], rates })) as unknown;
    const again = new Rates(parseJobsFile(kept)!.rates);
    expect(again.get('model 49')).toBe(14.9);
    expect(again.get('model 0')).toBeUndefined();
    expect(Object.keys(again.toJSON())).toHaveLength(32);
  });

  test('of nothing, or in no time, say nothing', () => {
    const rates = new Rates();
    rates.add('a', 0, 5);
    rates.add('a', 5, 0);
    rates.add('a', Number.NaN, 5);
    expect(rates.get('a')).toBeUndefined();
    const pace = new Pace();
    pace.add(0, 0, 10);
    expect([pace.segmentsPerMinute, pace.tokensPerMs]).toEqual([undefined, undefined]);
  });
});
