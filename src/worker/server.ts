import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { ErrorCodes, ResponseError, type CancellationToken, type ProgressToken } from 'vscode-jsonrpc';
import type { Answer } from '../common/answers.ts';
import { validateCrib } from '../common/crib.ts';
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
  type ImportedModel,
  type ImportModelParams,
  type InitializeParams,
  type InitializeResult,
  type JobProgress,
  type KeptLines,
  type KeptParams,
  type RefreshResult,
  type SheetDetail,
  type SheetParams,
  type WorkerStatus,
} from '../common/protocol.ts';
import type { CompressPlan, SheetChanges } from '../common/sheets.ts';
import { version } from '../common/version.ts';
import { ignoredByGit } from '../engine/corpus/ignoredPaths.ts';
import { Engine } from '../engine/engine.ts';
import { prefillSpeed } from '../engine/model/speed.ts';
import type { BuildProgress } from '../engine/sheet/builder.ts';
import type { SheetFile } from '../engine/sheet/sheetFile.ts';
import type { CompressRequest, Workspace } from '../engine/workspace.ts';
import { describeModel, describeTasks } from './describe.ts';
import type { Endpoint } from './endpoint.ts';
import { Jobs, type Job } from './jobs.ts';
import { Models } from './models.ts';
import { Refresher } from './refresher.ts';

/** Progress in files or bytes is sent at most this often, in milliseconds. */
const COUNT_PROGRESS_MS = 100;
/** So often a compression writes the part that is done as a sheet, in milliseconds: it answers meanwhile. */
const CHECKPOINT_MS = 5_000;

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
    endpoint.handle(requests.checkTask, ({ text }) => validateCrib(text));
    endpoint.handle(requests.refresh, (params, token) => this.refresh(params, token));
    endpoint.handle(requests.plan, (params, token) => this.plan(params, token));
    endpoint.handle(requests.compress, (params, token) => this.compress(params, token));
    endpoint.handle(requests.ask, (params, token) => this.ask(params, token));
    endpoint.handle(requests.compare, (params, token) => this.compare(params, token));
    endpoint.handle(requests.sheets, async ({ root }) => {
      const workspace = await this.ready().workspace(root);
      return Promise.all((await workspace.sheets.list()).map((sheet) => this.ready().describeSheet(sheet)));
    });
    endpoint.handle(requests.sheet, (params) => this.sheet(params));
    endpoint.handle(requests.staleness, (params, token) => this.staleness(params, token));
    endpoint.handle(requests.kept, (params, token) => this.kept(params, token));
    endpoint.handle(requests.deleteSheet, ({ root, id }) => this.deleteSheet(root, id));
    endpoint.handle(requests.chunks, (params, token) => this.chunks(params, token));
    endpoint.handle0(requests.models, () => this.models().list());
    endpoint.handle(requests.testModel, ({ name }, token) =>
      this.job({ kind: 'test-model' }, token, ({ signal }) => this.models().test(name, signal)),
    );
    endpoint.handle0(requests.speed, async () => ({
      prefillTokensPerSecond: await prefillSpeed(await this.ready().decoder()),
    }));
    endpoint.handle(requests.importModel, (params, token) => this.importModel(params, token));
    endpoint.handle(requests.removeModel, async ({ name }) => {
      await this.models().remove(name);
      return null;
    });
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
      onModel: (model) => {
        this.endpoint.model(describeModel(model));
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

  private refresh(params: WithProgress<{ root: string }>, token: CancellationToken): Promise<RefreshResult> {
    const root = path.resolve(params.root);
    return this.job({ kind: 'refresh', root }, token, async (job) => {
      const { signal } = job;
      const workspace = await this.ready().workspace(root);
      const [summary, byGit] = await Promise.all([
        this.refresher.refresh(workspace, signal, this.filesProgress(job, params.progress)),
        ignoredByGit(root, { signal }),
      ]);
      return { ...summary, ignored: workspace.ignored(byGit) };
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
    this.requireAlone(key, `${root} is being compressed already.`);
    return this.job({ kind: 'compress', root, key, task: params.task }, token, async (job) => {
      const { workspace, request } = await this.prepare(params, job);
      const { sheet, computed, reused } = await workspace.compress(request);
      return { sheet: await engine.describeSheet(sheet), computed, reused };
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
      checkpointMs: CHECKPOINT_MS,
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
    const { question, mode, task, budget, focus, orSearch, progress } = params;
    const workspace = await this.opened(params.root, signal);
    const answer = await workspace.ask({
      id: params.id ?? randomUUID(),
      question,
      mode,
      task,
      ...(budget === undefined ? {} : { budget }),
      ...(focus === undefined ? {} : { focus }),
      ...(orSearch === undefined ? {} : { orSearch }),
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
    const workspace = await this.ready().workspace(root);
    await workspace.deleteSheet(await findSheet(workspace, id));
    return null;
  }

  private async sheet({ root, id }: SheetParams): Promise<SheetDetail> {
    const engine = this.ready();
    const workspace = await engine.workspace(root);
    const sheet = await engine.remaining(await findSheet(workspace, id));
    const leftOut = new Set(sheet.leftOut.map((file) => file.path));
    const covered = sheet.paths.filter((file) => !leftOut.has(file));
    return { summary: await engine.describeSheet(sheet), file: workspace.sheets.fileOf(id), covered };
  }

  private staleness({ root, id }: SheetParams, token: CancellationToken): Promise<SheetChanges> {
    return this.job({ kind: 'staleness', root: path.resolve(root) }, token, async ({ signal }) => {
      const workspace = await this.opened(root, signal);
      return workspace.changesSince(await findSheet(workspace, id));
    });
  }

  private kept({ root, id, path: file }: KeptParams, token: CancellationToken): Promise<KeptLines> {
    return this.job({ kind: 'kept', root: path.resolve(root) }, token, async ({ signal }) => {
      const workspace = await this.opened(root, signal);
      return { path: file, ...(await workspace.kept(await findSheet(workspace, id), file)) };
    });
  }

  private importModel(
    { progress, ...params }: WithProgress<ImportModelParams>,
    token: CancellationToken,
  ): Promise<ImportedModel> {
    const folder = path.resolve(params.folder);
    const key = `import-model ${folder}`;
    this.requireAlone(key, `${folder} is being imported already.`);
    return this.job({ kind: 'import-model', key }, token, (job) => {
      const report = this.paced((bytes: number, bytesTotal: number) => {
        this.report(job, progress, { phase: 'copy', bytes, bytesTotal });
      });
      return this.models().import(params, job.signal, report);
    });
  }

  /** @throws CribsheetError `busy` */
  private requireAlone(key: string, message: string): void {
    if (!this.jobs.has(key)) return;
    throw new CribsheetError('busy', message, 'Wait until that has ended, or cancel it first.');
  }

  private models(): Models {
    return new Models(this.ready());
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
    return this.paced((files, filesTotal) => {
      this.report(job, token, { phase: 'read', files, filesTotal });
    });
  }

  /** Passes on counts now and then, and the last one. */
  private paced(report: (done: number, total: number) => void): (done: number, total: number) => void {
    let last = -Infinity;
    return (done, total) => {
      const now = performance.now();
      if (done < total && now - last < COUNT_PROGRESS_MS) return;
      last = now;
      report(done, total);
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

/** @throws CribsheetError `sheet-missing`; any string may be asked for */
async function findSheet(workspace: Workspace, id: string): Promise<SheetFile> {
  const found = (await workspace.sheets.list()).find((sheet) => sheet.id === id);
  if (found) return found;
  throw new CribsheetError('sheet-missing', `There is no sheet "${id}".`, 'List the sheets that there are.');
}
