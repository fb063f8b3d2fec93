import { NotificationType, ProgressType, RequestType, RequestType0, type ProgressToken } from 'vscode-jsonrpc';
import type { Answer, LineRange } from './answers.ts';
import type { CribProblem } from './crib.ts';
import type { ErrorRecord } from './errors.ts';
import type { Device, Mode, Storage, StrategyName } from './names.ts';
import type { CompressPlan, SheetChanges, SheetSummary } from './sheets.ts';

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
  /** The one that request, task, model or default asked for, in this order. */
  strategy: string;
  segments: number;
  segmentsTotal: number;
  tokens: number;
  tokensTotal: number;
  computed: number;
}

interface CopyProgress {
  phase: 'copy';
  bytes: number;
  bytesTotal: number;
}

export type JobProgress = FilesProgress | CompressProgress | CopyProgress;

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

export interface RefreshResult extends RefreshSummary {
  /**
   * What ignore files keep out, git's among them: paths, a whole folder once with a slash at its end. No file that was
   * read is among them or in them.
   */
  ignored: string[];
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
  /** How keys and values are written; absent: half precision. */
  storage?: Storage;
  /** Its segments share the positions by structural weight, too. */
  weighted?: boolean;
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
  /**
   * What the question is about: lines, whole files (0–0) or folders (a path that ends in `/`). RAG reads it before
   * anything else, `cache` beside the sheet, and `auto` then is RAG.
   */
  focus?: LineRange[];
  /** Where no model can be had, what search finds is the answer, in every mode; otherwise that is an error. */
  orSearch?: boolean;
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

/** A sheet with what its summary leaves out. */
export interface SheetDetail {
  summary: SheetSummary;
  /** The sheet's own file; its folder holds all sheets of the workspace folder. */
  file: string;
  /** Files that are wholly in it. */
  covered: string[];
}

export interface KeptParams extends SheetParams {
  /** Relative to the root. */
  path: string;
}

/** What a sheet kept of one file. */
export interface KeptLines {
  path: string;
  /** The file is not what the sheet was made of any more: the lines are those of then. */
  stale: boolean;
  /** In order; lines that are not in the sheet are missing. `weight`: share of the line's keys and values that was kept, 0–1. */
  lines: { line: number; tokens: number; weight: number }[];
}

export interface ModelInfo {
  name: string;
  folder: string;
  /** Comes with the product: cannot be removed. */
  bundled: boolean;
  /** The one that this worker answers with. */
  active: boolean;
  /** On disk. */
  bytes: number;
  needs?: ModelNeeds;
  /** Why it cannot be used. */
  error?: ErrorRecord;
}

/** What a model needs, read from its graph without loading it. */
export interface ModelNeeds {
  /** Positions of one context. */
  window: number;
  weightBytes: number;
  /** Memory of a process that answers from a full sheet, about, in bytes. */
  memoryBytes: number;
}

export interface TextParams {
  text: string;
}

export interface NameParams {
  name: string;
}

/** Measured on this machine, now. */
export interface ModelSpeed {
  prefillTokensPerSecond: number;
}

export interface SelfTest {
  passed: boolean;
  /** What is wrong, or what was found. */
  finding: string;
  prefillTokensPerSecond: number;
  decodeTokensPerSecond: number;
}

export interface ModelTest extends SelfTest {
  device: DeviceSummary;
  loadMs: number;
}

export interface ImportModelParams {
  /** Absolute path. */
  folder: string;
  /** Default: the folder's name. */
  name?: string;
}

export interface ImportedModel {
  name: string;
  folder: string;
  /** False: it was there already. */
  copied: boolean;
  bytes: number;
}

/** Where a model runs; `verified`: it agrees there with the CPU. */
export interface DeviceSummary {
  device: Exclude<Device, 'auto'>;
  verified: boolean;
  reason: string;
}

export interface ChunkInfo extends LineRange {
  /** Line that holds the defined name; `startLine` where nothing is defined. */
  nameLine: number;
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
      device: DeviceSummary;
      /** Positions of one context. */
      window: number;
      weightBytes: number;
      kvBytesPerPosition: number;
    };

export type JobKind =
  'refresh' | 'chunks' | 'plan' | 'compress' | 'ask' | 'compare' | 'staleness' | 'kept' | 'test-model' | 'import-model';

export interface JobStatus {
  id: number;
  kind: JobKind;
  /** Not with jobs that are about models. */
  root?: string;
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
  /** What is wrong in the text of a `.crib` file, in line order. */
  checkTask: new RequestType<TextParams, CribProblem[], ErrorRecord>('checkTask'),
  /** Brings the index up to date with the disk; opens the workspace where it is not open. */
  refresh: new RequestType<RootParams & WithProgress, RefreshResult, ErrorRecord>('refresh'),
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
  /** Newest first. */
  sheets: new RequestType<RootParams, SheetSummary[], ErrorRecord>('sheets'),
  sheet: new RequestType<SheetParams, SheetDetail, ErrorRecord>('sheet'),
  /** Reads the folder where this worker has not read it yet; send `refresh` when files have changed. */
  staleness: new RequestType<SheetParams, SheetChanges, ErrorRecord>('staleness'),
  kept: new RequestType<KeptParams, KeptLines, ErrorRecord>('kept'),
  deleteSheet: new RequestType<SheetParams, null, ErrorRecord>('deleteSheet'),
  chunks: new RequestType<FileParams, ChunkInfo[], ErrorRecord>('chunks'),
  models: new RequestType0<ModelInfo[], ErrorRecord>('models'),
  /** Loads the model where it is not the one in use, and lets it go afterwards. */
  testModel: new RequestType<NameParams, ModelTest, ErrorRecord>('testModel'),
  /** How fast the model in use reads; takes about a second. */
  speed: new RequestType0<ModelSpeed, ErrorRecord>('speed'),
  /** Copies a model's folder into the store. A second import of the same folder fails with `busy`. */
  importModel: new RequestType<ImportModelParams & WithProgress, ImportedModel, ErrorRecord>('importModel'),
  /** Only of the store's models, and not the one in use. */
  removeModel: new RequestType<NameParams, null, ErrorRecord>('removeModel'),
  /** Cancels what runs, closes everything, answers, and ends the process with exit code 0. */
  shutdown: new RequestType0<null, ErrorRecord>('shutdown'),
} as const;

/** From the worker: for the log, not for a person's attention. */
export const logNotification = new NotificationType<LogParams>('log');
/** From the worker, whenever it changes: loading, loaded, failed. */
export const modelNotification = new NotificationType<ModelStatus>('model');

/** Values of `$/progress`: of `refresh`, `plan`, `compress` and `importModel`, and of `ask` and `compare`. */
export const jobProgress = new ProgressType<JobProgress>();
export const answerText = new ProgressType<AnswerText>();
