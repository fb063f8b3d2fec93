import {
  CancellationToken,
  type Disposable,
  type Event,
  type MessageConnection,
  type ProgressToken,
  type ProgressType,
  type RequestParam,
  type RequestType,
} from 'vscode-jsonrpc';
import type { Answer } from './answers.ts';
import { cancelOnAbort } from './cancellation.ts';
import type { CribProblem } from './crib.ts';
import type { ErrorRecord } from './errors.ts';
import {
  answerText,
  jobProgress,
  logNotification,
  modelNotification,
  requests,
  type AnswerText,
  type AskParams,
  type ChunkInfo,
  type CompareParams,
  type CompressParams,
  type CompressResult,
  type ImportedModel,
  type ImportModelParams,
  type InitializeParams,
  type InitializeResult,
  type JobProgress,
  type KeptLines,
  type KeptParams,
  type LogParams,
  type ModelInfo,
  type ModelSpeed,
  type ModelStatus,
  type ModelTest,
  type RefreshResult,
  type SheetDetail,
  type TaskList,
  type WorkerStatus,
} from './protocol.ts';
import type { CompressPlan, SheetChanges, SheetSummary } from './sheets.ts';
import { fromResponseError } from './rpcErrors.ts';

interface Cancellable {
  signal?: AbortSignal | undefined;
}
interface JobOptions extends Cancellable {
  onProgress?: ((progress: JobProgress) => void) | undefined;
}
interface AskOptions extends Cancellable {
  onText?: ((text: AnswerText) => void) | undefined;
}

/**
 * The worker as its parent sees it. Who makes the connection forks the process and passes a connection that does not
 * listen yet. Methods reject with the CribsheetError that the worker threw, with `worker-dead` where the process is
 * gone, and with a plain Error for a bug.
 */
export class WorkerClient {
  /** The process is gone; requests under way have been rejected. */
  readonly onClose: Event<void>;
  private readonly connection: MessageConnection;
  private nextToken = 1;

  constructor(connection: MessageConnection) {
    this.connection = connection;
    this.onClose = connection.onClose;
    // Disposing is what rejects requests that will never be answered.
    connection.onClose(() => {
      connection.dispose();
    });
    // A failed write or read is followed by the end of the process; that is what the sender hears of.
    connection.onError(() => undefined);
    connection.listen();
  }

  onLog(handler: (entry: LogParams) => void): Disposable {
    return this.connection.onNotification(logNotification, handler);
  }

  onModel(handler: (model: ModelStatus) => void): Disposable {
    return this.connection.onNotification(modelNotification, handler);
  }

  initialize(params: InitializeParams): Promise<InitializeResult> {
    return this.send(requests.initialize, params);
  }

  status(): Promise<WorkerStatus> {
    return reject(() => this.connection.sendRequest(requests.status));
  }

  tasks(root?: string): Promise<TaskList> {
    return this.send(requests.tasks, root === undefined ? {} : { root });
  }

  /** What is wrong in the text of a `.crib` file. */
  checkTask(text: string): Promise<CribProblem[]> {
    return this.send(requests.checkTask, { text });
  }

  refresh(root: string, options: JobOptions = {}): Promise<RefreshResult> {
    return this.withProgress(jobProgress, options.onProgress, (progress) =>
      this.send(requests.refresh, { root, ...progress }, options.signal),
    );
  }

  plan(params: CompressParams, options: JobOptions = {}): Promise<CompressPlan> {
    return this.withProgress(jobProgress, options.onProgress, (progress) =>
      this.send(requests.plan, { ...params, ...progress }, options.signal),
    );
  }

  compress(params: CompressParams, options: JobOptions = {}): Promise<CompressResult> {
    return this.withProgress(jobProgress, options.onProgress, (progress) =>
      this.send(requests.compress, { ...params, ...progress }, options.signal),
    );
  }

  ask(params: AskParams, options: AskOptions = {}): Promise<Answer> {
    return this.withProgress(answerText, options.onText, (progress) =>
      this.send(requests.ask, { ...params, ...progress }, options.signal),
    );
  }

  compare(params: CompareParams, options: AskOptions = {}): Promise<Answer[]> {
    return this.withProgress(answerText, options.onText, (progress) =>
      this.send(requests.compare, { ...params, ...progress }, options.signal),
    );
  }

  sheets(root: string): Promise<SheetSummary[]> {
    return this.send(requests.sheets, { root });
  }

  sheet(root: string, id: string): Promise<SheetDetail> {
    return this.send(requests.sheet, { root, id });
  }

  staleness(root: string, id: string, options: Cancellable = {}): Promise<SheetChanges> {
    return this.send(requests.staleness, { root, id }, options.signal);
  }

  kept(params: KeptParams, options: Cancellable = {}): Promise<KeptLines> {
    return this.send(requests.kept, params, options.signal);
  }

  models(): Promise<ModelInfo[]> {
    return reject(() => this.connection.sendRequest(requests.models));
  }

  testModel(name: string, options: Cancellable = {}): Promise<ModelTest> {
    return this.send(requests.testModel, { name }, options.signal);
  }

  async speed(): Promise<ModelSpeed> {
    return reject(() => this.connection.sendRequest(requests.speed));
  }

  importModel(params: ImportModelParams, options: JobOptions = {}): Promise<ImportedModel> {
    return this.withProgress(jobProgress, options.onProgress, (progress) =>
      this.send(requests.importModel, { ...params, ...progress }, options.signal),
    );
  }

  async removeModel(name: string): Promise<void> {
    await this.send(requests.removeModel, { name });
  }

  async deleteSheet(root: string, id: string): Promise<void> {
    await this.send(requests.deleteSheet, { root, id });
  }

  chunks(root: string, path: string): Promise<ChunkInfo[]> {
    return this.send(requests.chunks, { root, path });
  }

  /** The process then ends by itself with exit code 0. */
  async shutdown(): Promise<void> {
    await reject(() => this.connection.sendRequest(requests.shutdown));
  }

  /** Lets go of the connection; requests under way are rejected with `worker-dead`. */
  dispose(): void {
    this.connection.dispose();
  }

  private async send<P, R>(type: RequestType<P, R, ErrorRecord>, params: P, signal?: AbortSignal): Promise<R> {
    const cancel = signal ? cancelOnAbort(signal) : undefined;
    try {
      return await reject(() =>
        this.connection.sendRequest(type, params as RequestParam<P>, cancel?.token ?? CancellationToken.None),
      );
    } finally {
      cancel?.release();
    }
  }

  private async withProgress<T, R>(
    type: ProgressType<T>,
    handler: ((value: T) => void) | undefined,
    send: (progress: { progress?: ProgressToken }) => Promise<R>,
  ): Promise<R> {
    if (!handler) return send({});
    const progress = this.nextToken++;
    const listener = this.connection.onProgress(type, progress, handler);
    try {
      return await send({ progress });
    } finally {
      listener.dispose();
    }
  }
}

/** Runs `work` and turns what it throws, at once or later, into what it means. */
async function reject<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw fromResponseError(error);
  }
}
