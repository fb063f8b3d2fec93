import { NotificationType, ProgressType, RequestType, RequestType0, type ProgressToken } from 'vscode-jsonrpc';
import type { Answer, LineRange } from './answers.ts';
import type { ErrorRecord } from './errors.ts';
import type { Device, Mode, StrategyName } from './names.ts';
import type { CompressPlan, SheetSummary } from './sheets.ts';

/**
 * What host and worker say to each other (JSON-RPC over the IPC channel of a forked process). Roots are absolute
 * paths of workspace folders, other paths are relative to them. Every request can be cancelled; a request that names
 * a `progress` token gets `$/progress` notifications for it, all of them before its response. An expected failure is
 * a response error whose data is an `ErrorRecord`; a response error without one is a bug.
 */

/** Raised by a change that an older counterpart would misread. */
export const PROTOCOL_VERSION = 1;

export interface InitializeParams {
  /** Folders that come with the product. */
  product: { grammars: string; tasks: string; models: string };
  /** Folder of the store; default: the platform's. */
  store?: string;
  /** Name or folder of a model; default: the bundled one. */
  model?: string;
  /** Never load a model nor its native library: chunks and search only. */
  noModel?: boolean;
  device?: Device;
  threads?: number;
}

export interface InitializeResult {
  protocol: number;
  /** Version of the product. */
  version: string;
  pid: number;
  /** Folder of the store. */
  store: string;
  capabilities: { modes: Mode[]; strategies: StrategyName[]; devices: Device[] };
}

export interface RootParams {
  root: string;
}

interface WithProgress {
  progress?: ProgressToken;
}

interface FilesProgress {
  phase: 'read';
  files: number;
  filesTotal: number;
}

/** Counts only grow. Tokens are source tokens; `computed` segments were not in the store. */
export interface CompressProgress {
  phase: 'compress';
  segments: number;
  segmentsTotal: number;
  tokens: number;
  tokensTotal: number;
  computed: number;
}

export type JobProgress = FilesProgress | CompressProgress;

export interface RefreshSummary {
  files: number;
  added: number;
  changed: number;
  removed: number;
  unchanged: number;
  skipped: { path: string; reason: string }[];
  /** In a repository: why git did not say which files belong to it. */
  gitProblem?: string;
}

interface TaskSummary {
  id: string;
  title: string;
  description: string;
  origin: 'workspace' | 'built-in';
  file: string;
}

export interface TaskList {
  tasks: TaskSummary[];
  broken: { id: string; file: string; error: ErrorRecord }[];
}

export interface CompressParams extends RootParams {
  /** Id of a task, or absolute path of a `.crib` file. */
  task: string;
  ratio?: number;
  /** Sheet size in positions; overrides `ratio`. */
  tokens?: number;
  strategy?: StrategyName;
  scope?: string[];
}

export interface CompressResult {
  sheet: SheetSummary;
  /** Segments computed now, and segments found in the store. */
  computed: number;
  reused: number;
}

export interface AskParams extends RootParams {
  question: string;
  mode: Mode;
  task: string;
  /** Comes back in the answer; default: a new one. */
  id?: string;
  /** Most tokens of source for RAG. */
  budget?: number;
}

/** The same question through several modes, one after the other. */
export interface CompareParams extends Omit<AskParams, 'mode'> {
  modes: Mode[];
}

/** Text as it becomes final. `mode` is the mode asked for. */
export interface AnswerText {
  mode: Mode;
  text: string;
}

export interface SheetParams extends RootParams {
  id: string;
}

export interface FileParams extends RootParams {
  path: string;
}

export interface ChunkInfo extends LineRange {
  kind: string;
  name: string;
  qualifiedName: string;
  parameters?: string;
  returns?: string;
  doc?: string;
  language: string;
  text: string;
}

/** `off`: started with `noModel`. `failed`: the next request that needs it tries again. */
export type ModelStatus =
  | { state: 'off' | 'unloaded' | 'loading' }
  | { state: 'failed'; error: ErrorRecord }
  | {
      state: 'ready';
      name: string;
      fingerprint: string;
      device: { device: Exclude<Device, 'auto'>; verified: boolean; reason: string };
      /** Positions of one context. */
      window: number;
      weightBytes: number;
      kvBytesPerPosition: number;
    };

export type JobKind = 'refresh' | 'chunks' | 'plan' | 'compress' | 'ask' | 'compare';

export interface JobStatus {
  id: number;
  kind: JobKind;
  root: string;
  task?: string;
  /** Milliseconds since it was asked for. */
  ageMs: number;
  /** Asked to stop; ends within a moment. */
  cancelling: boolean;
  progress?: JobProgress;
}

export interface WorkerStatus {
  version: string;
  pid: number;
  uptimeMs: number;
  model: ModelStatus;
  /** Bytes. */
  memory: { rss: number; heapUsed: number; external: number };
  /** Everything under way, in order of arrival. */
  jobs: JobStatus[];
}

export interface LogParams {
  level: 'info' | 'warn' | 'error';
  message: string;
}

export const requests = {
  /** First request; any other one before it is a bug of the sender. */
  initialize: new RequestType<InitializeParams, InitializeResult, ErrorRecord>('initialize'),
  status: new RequestType0<WorkerStatus, ErrorRecord>('status'),
  tasks: new RequestType<Partial<RootParams>, TaskList, ErrorRecord>('tasks'),
  /** Brings the index up to date with the disk; opens the workspace where it is not open. */
  refresh: new RequestType<RootParams & WithProgress, RefreshSummary, ErrorRecord>('refresh'),
  /** Refreshes, then tells what `compress` would do; computes nothing. */
  plan: new RequestType<CompressParams & WithProgress, CompressPlan, ErrorRecord>('plan'),
  /** Refreshes, then compresses what is missing. One at a time a workspace: a second one fails with `busy`. */
  compress: new RequestType<CompressParams & WithProgress, CompressResult, ErrorRecord>('compress'),
  /**
   * The folder is read before the first question only: send `refresh` when files have changed. Expected failures of
   * the answer itself (a missing sheet) are in its `error`. Cancelled before the first word it fails with `cancelled`;
   * later what has been said comes back with `stopped: 'cancel'`.
   */
  ask: new RequestType<AskParams & WithProgress, Answer, ErrorRecord>('ask'),
  /** Answers in the order of `modes`; after a cancel the later ones are missing. */
  compare: new RequestType<CompareParams & WithProgress, Answer[], ErrorRecord>('compare'),
  sheets: new RequestType<RootParams, SheetSummary[], ErrorRecord>('sheets'),
  deleteSheet: new RequestType<SheetParams, null, ErrorRecord>('deleteSheet'),
  chunks: new RequestType<FileParams, ChunkInfo[], ErrorRecord>('chunks'),
  /** Cancels what runs, closes everything, answers, and ends the process with exit code 0. */
  shutdown: new RequestType0<null, ErrorRecord>('shutdown'),
} as const;

/** From the worker: for the log, not for a person's attention. */
export const logNotification = new NotificationType<LogParams>('log');

/** Values of `$/progress`: of `refresh`, `plan` and `compress`, and of `ask` and `compare`. */
export const jobProgress = new ProgressType<JobProgress>();
export const answerText = new ProgressType<AnswerText>();
