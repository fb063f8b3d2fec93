import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { ErrorCodes, ResponseError, type CancellationToken, type ProgressToken } from 'vscode-jsonrpc';
import type { Answer } from '../common/answers.ts';
import { cancelledError, CribsheetError } from '../common/errors.ts';
import { devices, modes, strategies } from '../common/names.ts';
import {
  answerText,
  jobProgress,
  PROTOCOL_VERSION,
  requests,
  type AskParams,
  type ChunkInfo,
  type CompareParams,
  type CompressParams,
  type CompressResult,
  type FileParams,
  type InitializeParams,
  type InitializeResult,
  type JobProgress,
  type RefreshSummary,
  type WorkerStatus,
} from '../common/protocol.ts';
import type { CompressPlan } from '../common/sheets.ts';
import { version } from '../common/version.ts';
import { Engine } from '../engine/engine.ts';
import type { BuildProgress } from '../engine/sheet/builder.ts';
import type { CompressRequest, Workspace } from '../engine/workspace.ts';
import { describeSheet } from '../engine/sheet/summary.ts';
import { describeModel, describeTasks } from './describe.ts';
import type { Endpoint } from './endpoint.ts';
import { Jobs, type Job } from './jobs.ts';
import { Refresher } from './refresher.ts';

/** Progress in files is sent at most this often, in milliseconds. */
const FILES_PROGRESS_MS = 100;

type WithProgress<T> = T & { progress?: ProgressToken };

/** The protocol served over one engine. Knows requests and jobs; how the process ends is up to lifecycle.ts. */
export class WorkerServer {
  private readonly endpoint: Endpoint;
  private readonly jobs = new Jobs();
  private readonly refresher = new Refresher();
  private engine: Engine | undefined;
  private closing: Promise<void> | undefined;

  /** @param onShutdown called once `shutdown` is done, before its response is sent */
  constructor(endpoint: Endpoint, onShutdown: () => void) {
    this.endpoint = endpoint;
    endpoint.handle(requests.initialize, (params) => this.initialize(params));
    endpoint.handle0(requests.status, () => this.status());
    endpoint.handle(requests.tasks, async ({ root }) => describeTasks(await this.ready().tasks(root)));
    endpoint.handle(requests.refresh, (params, token) => this.refresh(params, token));
    endpoint.handle(requests.plan, (params, token) => this.plan(params, token));
    endpoint.handle(requests.compress, (params, token) => this.compress(params, token));
    endpoint.handle(requests.ask, (params, token) => this.ask(params, token));
    endpoint.handle(requests.compare, (params, token) => this.compare(params, token));
    endpoint.handle(requests.sheets, async ({ root }) => {
      const workspace = await this.ready().workspace(root);
      return (await workspace.sheets.list()).map(describeSheet);
    });
    endpoint.handle(requests.deleteSheet, ({ root, id }) => this.deleteSheet(root, id));
    endpoint.handle(requests.chunks, (params, token) => this.chunks(params, token));
    endpoint.handle0(requests.shutdown, async () => {
      await this.close();
      onShutdown();
      return null;
    });
  }

  /** Cancels what runs, then closes indexes and model. Finished blocks are on disk already. */
  close(): Promise<void> {
    this.closing ??= this.jobs.cancelAll().then(() => this.engine?.close());
    return this.closing;
  }

  private initialize(params: InitializeParams): InitializeResult {
    if (this.engine) throw new ResponseError(ErrorCodes.InvalidRequest, 'initialize was sent twice');
    const engine = new Engine({
      ...params,
      onMessage: (message) => {
        this.endpoint.log('info', message);
      },
    });
    this.engine = engine;
    return {
      protocol: PROTOCOL_VERSION,
      version,
      pid: process.pid,
      store: engine.store.folder,
      capabilities: { modes: [...modes], strategies: [...strategies], devices: [...devices] },
    };
  }

  private status(): WorkerStatus {
    const { rss, heapUsed, external } = process.memoryUsage();
    return {
      version,
      pid: process.pid,
      uptimeMs: performance.now(),
      model: this.engine ? describeModel(this.engine.modelState()) : { state: 'unloaded' },
      memory: { rss, heapUsed, external },
      jobs: this.jobs.list(),
    };
  }

  private refresh(params: WithProgress<{ root: string }>, token: CancellationToken): Promise<RefreshSummary> {
    const root = path.resolve(params.root);
    return this.job({ kind: 'refresh', root }, token, async (job) => {
      const workspace = await this.ready().workspace(root);
      return this.refresher.refresh(workspace, job.signal, this.filesProgress(job, params.progress));
    });
  }

  private plan(params: WithProgress<CompressParams>, token: CancellationToken): Promise<CompressPlan> {
    const root = path.resolve(params.root);
    return this.job({ kind: 'plan', root, task: params.task }, token, async (job) => {
      const { workspace, request } = await this.prepare(params, job);
      return workspace.plan(request);
    });
  }

  private compress(params: WithProgress<CompressParams>, token: CancellationToken): Promise<CompressResult> {
    const engine = this.ready();
    const root = path.resolve(params.root);
    const key = `compress ${engine.store.workspace(root)}`;
    if (this.jobs.has(key)) {
      throw new CribsheetError(
        'busy',
        `${root} is being compressed already.`,
        'Wait until that has ended, or cancel it first.',
      );
    }
    return this.job({ kind: 'compress', root, key, task: params.task }, token, async (job) => {
      const { workspace, request } = await this.prepare(params, job);
      const { sheet, computed, reused } = await workspace.compress(request);
      await engine.enforceQuota(new Set([sheet.preamble.key, ...sheet.segments.map((s) => s.key)]));
      return { sheet: describeSheet(sheet), computed, reused };
    });
  }

  /** Reads folder and task as they are now. */
  private async prepare(
    params: WithProgress<CompressParams>,
    job: Job,
  ): Promise<{ workspace: Workspace; request: CompressRequest }> {
    const { root, progress: token, task, ...settings } = params;
    const engine = this.ready();
    const workspace = await engine.workspace(root);
    await this.refresher.refresh(workspace, job.signal, this.filesProgress(job, token));
    const request = {
      ...settings,
      task: await engine.task(task, path.resolve(root)),
      signal: job.signal,
      onProgress: (progress: BuildProgress) => {
        this.report(job, token, { phase: 'compress', ...progress });
      },
    };
    return { workspace, request };
  }

  private ask(params: WithProgress<AskParams>, token: CancellationToken): Promise<Answer> {
    const root = path.resolve(params.root);
    return this.job({ kind: 'ask', root, task: params.task }, token, (job) => this.answer(params, job));
  }

  private compare(params: WithProgress<CompareParams>, token: CancellationToken): Promise<Answer[]> {
    const root = path.resolve(params.root);
    return this.job({ kind: 'compare', root, task: params.task }, token, async (job) => {
      const answers: Answer[] = [];
      try {
        for (const mode of params.modes) answers.push(await this.answer({ ...params, mode }, job));
      } catch (error) {
        if (!CribsheetError.is(error, 'cancelled')) throw error;
      }
      return answers;
    });
  }

  private async answer(params: WithProgress<AskParams>, { signal }: Job): Promise<Answer> {
    const { question, mode, task, budget, progress } = params;
    const workspace = await this.opened(params.root, signal);
    const answer = await workspace.ask({
      id: params.id ?? randomUUID(),
      question,
      mode,
      task,
      ...(budget === undefined ? {} : { budget }),
      signal,
      onText: (text) => {
        this.endpoint.progress(answerText, progress, { mode, text });
      },
    });
    // Cancelled before a word was said: the same as if it had been cancelled while the folder was read.
    if (answer.error?.code === 'cancelled') throw cancelledError();
    return answer;
  }

  private async deleteSheet(root: string, id: string): Promise<null> {
    const { sheets } = await this.ready().workspace(root);
    if (!(await sheets.list()).some((sheet) => sheet.id === id)) {
      throw new CribsheetError('sheet-missing', `There is no sheet "${id}".`, 'List the sheets that there are.');
    }
    await sheets.delete(id);
    return null;
  }

  private chunks(params: FileParams, token: CancellationToken): Promise<ChunkInfo[]> {
    const root = path.resolve(params.root);
    return this.job({ kind: 'chunks', root }, token, async ({ signal }) => {
      const workspace = await this.opened(root, signal);
      return workspace.chunksOf(params.path);
    });
  }

  /** A workspace that has been read at least once by this process. */
  private async opened(root: string, signal: AbortSignal): Promise<Workspace> {
    const workspace = await this.ready().workspace(root);
    await this.refresher.ensure(workspace, signal);
    return workspace;
  }

  private job<T>(
    description: Parameters<Jobs['run']>[0],
    token: CancellationToken,
    work: (job: Job) => Promise<T>,
  ): Promise<T> {
    // Before the first await: a job that begins after `close` would run on a closed engine.
    this.ready();
    return this.jobs.run(description, token, work);
  }

  private filesProgress(job: Job, token: ProgressToken | undefined): (files: number, filesTotal: number) => void {
    let last = -Infinity;
    return (files, filesTotal) => {
      const now = performance.now();
      if (files < filesTotal && now - last < FILES_PROGRESS_MS) return;
      last = now;
      this.report(job, token, { phase: 'read', files, filesTotal });
    };
  }

  private report(job: Job, token: ProgressToken | undefined, progress: JobProgress): void {
    job.progress = progress;
    this.endpoint.progress(jobProgress, token, progress);
  }

  private ready(): Engine {
    if (!this.engine) throw new ResponseError(ErrorCodes.ServerNotInitialized, 'initialize has to be sent first');
    if (this.closing) {
      throw new CribsheetError('worker-dead', 'The worker is shutting down.', 'Try again with a new worker.');
    }
    return this.engine;
  }
}
