import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compression } from '../../bench/measure/compression.ts';
import { llamaCpp } from '../../bench/measure/llamaCpp.ts';
import type { Measurement } from '../../bench/measure/context.ts';
import { BenchModels } from '../../bench/models/models.ts';
import { runBench, writeReport } from '../../bench/runBench.ts';
import type { Report } from '../../bench/report/markdown.ts';

const root = path.resolve(import.meta.dirname, '../..');
let work: string;

beforeAll(async () => {
  work = await mkdtemp(path.join(os.tmpdir(), 'cribsheet-bench-'));
});
afterAll(() => rm(work, { recursive: true, force: true }));

const run = (measurements: Measurement[]): Promise<Report> =>
  runBench({ root, work, measurements, shape: 'tiny', threads: 1, quick: true, name: 'test', say: () => undefined });

test('a measurement runs end to end on a generated model and is reported', async () => {
  const report = await run([compression]);
  expect(report.missing).toEqual({});
  const [whole, ...parts] = report.rows;
  expect(whole!.ratio!.n).toBe(whole!.a.n);
  expect(whole!.ratio!.min).toBeGreaterThan(0);
  expect(parts.map((p) => p.a.label)).toEqual(['tokenise', 'prefill', 'probe', 'select', 'gather', 'encode', 'write']);

  const [json, page] = writeReport(path.join(work, 'results'), report);
  expect(JSON.parse(await readFile(json!, 'utf8'))).toEqual(report);
  const text = await readFile(page!, 'utf8');
  expect(text).toContain(report.machine.cpu);
  expect(text).toContain(report.machine.node);
  expect(text).toContain(`| ${whole!.name}`);
});

test('without node-llama-cpp its rows are missing, and the report says what to do', async () => {
  const models = new BenchModels(path.join(work, 'models'), path.join(root, 'models', 'starter'));
  const shared = { root, work, models, threads: 1, quick: true, say: () => undefined };
  const { rows, missing } = await llamaCpp.run({ ...shared, shape: 'tiny', precision: 'int4', llamaCpp: undefined });
  expect(rows).toEqual([]);
  expect(missing).toContain('--install-llama-cpp');
});

test('a measurement that fails is named, and the rest still runs', async () => {
  const broken: Measurement = { name: 'broken', title: 'always fails', run: () => Promise.reject(new Error('why')) };
  const report = await run([broken, compression]);
  expect(report.missing['broken']).toBe('failed: why');
  expect(report.rows.map((r) => r.measurement)).toContain('compression');
  const [, page] = writeReport(path.join(work, 'more-results'), report);
  expect(await readFile(page!, 'utf8')).toContain('Missing: failed: why');
});
