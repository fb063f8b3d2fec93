import { fork } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Mode } from '../../src/common/names.ts';
import { workerExecArgv } from '../../src/common/workerLaunch.ts';
import { seededRandom } from '../../src/engine/compress/random.ts';
import type { Bar, Row } from '../report/results.ts';
import { spreadOf } from '../sampling/stats.ts';
import { makeFunction } from '../source.ts';
import { storeFolder, type BenchContext, type Measurement } from './context.ts';

/** What the child process is told, as JSON in its only argument. */
export interface MemoryJob {
  root: string;
  store: string;
  workspace: string;
  model: string;
  threads: number;
  mode: Mode;
  questions: number;
  /** Questions between two readings. */
  every: number;
}

/** Bytes after each `every` questions, garbage collected. */
export interface MemoryReport {
  /** Resident memory of the process. */
  rss: number[];
  /** What JavaScript objects and buffers hold of it. V8 also keeps room for new ones, and may take that late. */
  used: number[];
}

/** Functions of about 85 tokens: 8,000 tokens of source in all. */
const FILES = 12;
const FUNCTIONS_PER_FILE = 8;
const TOLERANCE = 0.05;

export const memory: Measurement = {
  name: 'memory',
  title: 'resident memory over 100 questions in one process, through the whole engine',
  run: async (context) => {
    const workspace = writeWorkspace(context);
    const rows: Row[] = [];
    for (const mode of ['cache', 'rag'] as const) {
      context.say(`  questions in mode ${mode}`);
      const counts = context.quick ? { questions: 10, every: 5 } : { questions: 100, every: 10 };
      const { root, models, shape, precision, threads } = context;
      const model = models.onnx(shape, precision);
      const job = { root, store: storeFolder(context), workspace, model, threads, mode, ...counts };
      rows.push(rowOf(job, await runChild(job)));
    }
    return { rows };
  },
};

/** A small workspace of made-up TypeScript, made anew. */
function writeWorkspace({ work }: BenchContext): string {
  const folder = path.join(work, 'workspace');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (let f = 0; f < FILES; f++) {
    const random = seededRandom(`file ${f}`);
    const functions = Array.from({ length: FUNCTIONS_PER_FILE }, (_, i) => makeFunction(random, i).lines.join(''));
    writeFileSync(path.join(folder, `module${f}.ts`), functions.join(''));
  }
  return folder;
}

/** A process of its own, so that no other measurement is in its memory. */
function runChild(job: MemoryJob): Promise<MemoryReport> {
  const child = fork(fileURLToPath(new URL('memoryChild.ts', import.meta.url)), [JSON.stringify(job)], {
    // The flags of the product's own long-running process.
    execArgv: [...workerExecArgv, '--expose-gc'],
  });
  return new Promise((resolve, reject) => {
    let report: MemoryReport | undefined;
    child.on('message', (message: MemoryReport) => (report = message));
    child.on('exit', (code) => {
      if (code === 0 && report) resolve(report);
      else reject(new Error(`The process that asks questions ended with code ${code ?? 'none'}.`));
    });
  });
}

function rowOf({ mode, questions, every }: MemoryJob, { rss, used }: MemoryReport): Row {
  const mebibytes = rss.map((bytes) => bytes / 2 ** 20);
  const series = (values: number[]): string => values.map((bytes) => (bytes / 2 ** 20).toFixed(0)).join(', ');
  const ratio = spreadOf(mebibytes.slice(1).map((m) => m / mebibytes[0]!));
  const last = mebibytes.at(-1)! / mebibytes[0]!;
  const bar: Bar = { text: `1 ± ${TOLERANCE}`, met: Math.abs(last - 1) <= TOLERANCE };
  return {
    measurement: 'memory',
    name: `mode ${mode}: after question ${questions} ÷ after question ${every}`,
    unit: 'MiB',
    a: { label: `after ${questions}`, ...spreadOf(mebibytes.slice(-1)) },
    b: { label: `after ${every}`, ...spreadOf(mebibytes.slice(0, 1)) },
    ratio: { ...ratio, median: last },
    bar,
    rejected: 0,
    noisy: false,
    note: `every ${every} questions: ${series(rss)}; of that in use by JavaScript objects and buffers: ${series(used)}`,
  };
}
