import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createMessageConnection, IPCMessageReader, IPCMessageWriter } from 'vscode-jsonrpc/node';
import type { CompressProgress, InitializeParams, JobProgress, LogParams } from '../../src/common/protocol.ts';
import { workerExecArgv } from '../../src/common/workerLaunch.ts';
import { WorkerClient } from '../../src/common/workerClient.ts';

const repository = fileURLToPath(new URL('../../', import.meta.url));
/** The build to test: what `npm run build` writes, or another one (an unpacked package). */
const dist = path.resolve(repository, process.env['CRIBSHEET_DIST'] ?? 'dist');
export const workerBundle = path.join(dist, 'worker.js');

/** Eleven files of plain JavaScript, about fifty segments: several seconds of work for the starter model. */
const sampleSources = path.join(repository, 'node_modules', 'yaml', 'browser', 'dist');
const samples = ['nodes', 'public-api.js'];
/** With this ratio all of them fit into one sheet of the starter model. */
export const sampleRatio = 16;

export const product: InitializeParams['product'] = {
  grammars: path.join(dist, 'grammars'),
  tasks: path.join(repository, 'media', 'tasks'),
  models: path.join(repository, 'models'),
};

export interface WorkerProcess {
  client: WorkerClient;
  child: ChildProcess;
  log: LogParams[];
  /** What the process wrote to standard output. */
  output: () => string;
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

/** Processes and temporary folders of one test file; `dispose` belongs into `afterEach` or `afterAll`. */
export class Bench {
  private readonly children: ChildProcess[] = [];
  private readonly folders: string[] = [];

  /** Forks the built bundle; not initialized yet. */
  fork(): WorkerProcess {
    if (!existsSync(workerBundle)) throw new Error(`${workerBundle} is missing: run "npm run build" first.`);
    const child = fork(workerBundle, [], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], execArgv: [...workerExecArgv] });
    this.children.push(child);
    const exited = once(child, 'exit').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
    }));
    let written = '';
    child.stdout?.on('data', (data) => (written += String(data)));
    // Read, or a full pipe would stop the process.
    child.stderr?.resume();
    const client = new WorkerClient(createMessageConnection(new IPCMessageReader(child), new IPCMessageWriter(child)));
    const log: LogParams[] = [];
    client.onLog((entry) => log.push(entry));
    return { client, child, log, output: () => written, exited };
  }

  async start(params: Partial<InitializeParams> & { store: string }): Promise<WorkerProcess> {
    const worker = this.fork();
    // One thread: test files run side by side, and threads that wait for each other make steps long.
    await worker.client.initialize({ product, threads: 1, ...params });
    return worker;
  }

  async folder(name: string): Promise<string> {
    const folder = await mkdtemp(path.join(os.tmpdir(), `cribsheet-${name}-`));
    this.folders.push(folder);
    return folder;
  }

  /** A workspace that takes several seconds to compress. */
  async workspace(): Promise<string> {
    const root = await this.folder('workspace');
    for (const sample of samples) {
      await cp(path.join(sampleSources, sample), path.join(root, 'src', sample), { recursive: true });
    }
    return root;
  }

  async dispose(): Promise<void> {
    const running = this.children.filter((child) => child.exitCode === null && child.signalCode === null);
    await Promise.all(
      running.map((child) => {
        const exited = once(child, 'exit');
        child.kill('SIGKILL');
        return exited;
      }),
    );
    for (const folder of this.folders) await rm(folder, { recursive: true, force: true });
  }
}

/** Collects progress and lets a test wait for it. */
export class ProgressLog {
  readonly all: JobProgress[] = [];
  private readonly waiting: { wanted: (p: CompressProgress) => boolean; found: (p: CompressProgress) => void }[] = [];

  readonly add = (progress: JobProgress): void => {
    this.all.push(progress);
    if (progress.phase !== 'compress') return;
    for (const { wanted, found } of this.waiting) if (wanted(progress)) found(progress);
  };

  /** The first later report of compression with `segments` or more done. */
  reaches(segments: number): Promise<CompressProgress> {
    return new Promise((found) => this.waiting.push({ wanted: (p) => p.segments >= segments, found }));
  }

  get last(): CompressProgress | undefined {
    return this.all.findLast((p) => p.phase === 'compress');
  }
}

/** What happens first, second, …: tests compare order, not times. */
export function recordOrder(): { order: string[]; mark: <T>(name: string, work: Promise<T>) => Promise<T> } {
  const order: string[] = [];
  return {
    order,
    mark: (name, work) =>
      work.finally(() => {
        order.push(name);
      }),
  };
}
