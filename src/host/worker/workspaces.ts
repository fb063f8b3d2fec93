import { CribsheetError, errorRecord, type ErrorRecord } from '../../common/errors.ts';
import type { JobProgress, RefreshSummary, TaskList } from '../../common/protocol.ts';
import type { SheetChanges, SheetSummary } from '../../common/sheets.ts';
import { Emitter, type Listen, type Subscription } from '../emitter.ts';
import { pathInRoot } from '../paths.ts';
import type { Translate } from '../translate.ts';
import { without } from '../without.ts';
import { isCounted } from './ignoredChanges.ts';
import { SharedRun } from './sharedRun.ts';
import type { SupervisorState, WorkerSupervisor } from './supervisor.ts';

export interface WorkspaceRoot {
  /** Absolute path. */
  root: string;
  name: string;
}

/** What is known of one workspace folder; asking for it makes nobody work. */
export interface WorkspaceState {
  /** `unread`: not read yet in this session. */
  kind: 'unread' | 'reading' | 'read' | 'failed';
  /** Files have changed since it was read. */
  dirty: boolean;
  /** With `reading`. */
  files?: { done: number; total: number };
  /** With `failed`. */
  error?: ErrorRecord;
  summary?: RefreshSummary;
  /** With `summary`: how many files were not read because there are too many. */
  overLimit?: number;
  /** Newest first; undefined until they were asked for. */
  sheets?: SheetSummary[];
  /** By sheet id: what has changed since it was made, once the folder was read. */
  stale: Readonly<Record<string, SheetChanges>>;
  tasks?: TaskList;
}

export interface WorkspacesOptions {
  supervisor: WorkerSupervisor;
  /** Calls back with every path that changes below `root`. */
  watch?: (root: string, onChange: (file: string) => void) => Subscription;
  /** Quiet time after the last change before the folder is read again, in milliseconds. */
  quietMs?: number;
  t: Translate;
  /** For the log: what failed in the background. */
  onMessage: (message: string) => void;
}

const QUIET_MS = 1_500;
/** A folder that takes long to read is read again less often: at most this share of the time goes into it. */
const SHARE_OF_TIME = 0.2;
const MAX_QUIET_MS = 120_000;
/** Where it is never quiet, a folder is read after so many of its quiet times. */
const LONGEST_WAIT = 4;
/** Only so many of the newest sheets of a folder are compared with its files. */
const MAX_COMPARED = 12;

interface Folder {
  state: WorkspaceState;
  watching: Subscription | undefined;
  /** Counts changes; what was read is what stood there at `readAt`. */
  changes: number;
  readAt: number;
  /** What ignore files kept out of it then. */
  ignored: ReadonlySet<string>;
  running: { at: number; run: SharedRun<RefreshSummary> } | undefined;
  timer: NodeJS.Timeout | undefined;
  /** When the first of the changes came that `timer` waits for, in milliseconds. */
  changedAt: number | undefined;
  /** How long the last reading took, in milliseconds. */
  tookMs: number;
}

/** The workspace folders of the window: when they are read, what sheets they have, and what of these is stale. */
export class Workspaces {
  /** The root that has changed; also one that was just added or removed. */
  readonly onDidChange: Listen<string>;
  private readonly changed = new Emitter<string>();
  private readonly options: WorkspacesOptions;
  private readonly folders = new Map<string, Folder>();
  private readonly worker: Subscription;
  private hasWorker = false;
  private all: WorkspaceRoot[] = [];

  constructor(options: WorkspacesOptions) {
    this.options = options;
    this.onDidChange = this.changed.event;
    this.worker = options.supervisor.onDidChange((state) => {
      this.workerChanged(state);
    });
  }

  get roots(): readonly WorkspaceRoot[] {
    return this.all;
  }

  /** At the start and when folders are added or removed. */
  setRoots(roots: readonly WorkspaceRoot[]): void {
    const before = this.all;
    this.all = [...roots];
    const gone = before.filter(({ root }) => !roots.some((r) => r.root === root));
    for (const { root } of gone) {
      this.forget(root);
      this.changed.fire(root);
    }
    for (const { root } of roots) if (!before.some((r) => r.root === root)) this.changed.fire(root);
  }

  state(root: string): WorkspaceState {
    return this.folders.get(root)?.state ?? { kind: 'unread', dirty: false, stale: {} };
  }

  /** Asks for sheets and tasks, and reads the folder where a sheet may have become stale. Never rejects: see `state`. */
  async open(root: string): Promise<void> {
    try {
      await this.tasks(root);
      const sheets = await this.sheets(root);
      if (sheets.length > 0 || this.state(root).kind === 'failed') await this.ensureFresh(root);
    } catch (error) {
      // That the worker has died is its own state, and ends when there is another.
      const isFailure = !CribsheetError.is(error, 'cancelled') && !CribsheetError.is(error, 'worker-dead');
      if (isFailure) this.update(root, { kind: 'failed', error: errorRecord(error) });
      this.background(root, error);
    }
  }

  /** Reads the folder now. @throws CribsheetError `workspace-missing` for one that is not open; what the worker throws */
  async refresh(root: string, options: { signal?: AbortSignal | undefined } = {}): Promise<RefreshSummary> {
    const folder = this.opened(root);
    const { running } = folder;
    // What has begun after the last change sees it; what was stopped ends in nothing, also for who comes now.
    if (running?.at === folder.changes && !running.run.isStopped) return running.run.wait(options.signal);
    const at = folder.changes;
    const isLatest = (): boolean => folder.running?.run === run;
    const run = new SharedRun((signal) => this.read(root, folder, { at, signal, isLatest }));
    folder.running = { at, run };
    return run.wait(options.signal);
  }

  /** Stops the reading that is under way, also for questions that wait for it; the next one begins it again. */
  stopReading(root: string): void {
    this.folders.get(root)?.running?.run.stop();
  }

  /** Reads the folder where it was not read yet or files have changed since. @throws as `refresh` */
  async ensureFresh(root: string, options: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    const folder = this.opened(root);
    if (folder.state.kind === 'read' && folder.readAt === folder.changes) return;
    await this.refresh(root, options);
  }

  /** Newest first. @throws CribsheetError */
  async sheets(root: string): Promise<SheetSummary[]> {
    const client = await this.options.supervisor.client();
    const sheets = await client.sheets(root);
    this.update(root, { sheets });
    return sheets;
  }

  /** @throws CribsheetError */
  async tasks(root: string): Promise<TaskList> {
    const client = await this.options.supervisor.client();
    const tasks = await client.tasks(root);
    this.update(root, { tasks });
    return tasks;
  }

  /** How the folder differs from what a sheet was made of, when it was read last. @throws CribsheetError */
  async staleness(root: string, sheetId: string): Promise<SheetChanges> {
    const client = await this.options.supervisor.client();
    const changes = await client.staleness(root, sheetId);
    const { stale } = this.state(root);
    this.update(root, { stale: { ...stale, [sheetId]: changes } });
    return changes;
  }

  /** @throws CribsheetError */
  async deleteSheet(root: string, sheetId: string): Promise<void> {
    const client = await this.options.supervisor.client();
    await client.deleteSheet(root, sheetId);
    await this.sheets(root);
  }

  /**
   * A sheet was made or has grown: asks for the sheets and what is stale of them. `isDone`: from here on it is to be
   * known when the files change, so the folder is read where that has not been done. Never rejects.
   */
  async sheetsChanged(root: string, { isDone = false }: { isDone?: boolean } = {}): Promise<void> {
    if (!this.isOpen(root)) return;
    try {
      await this.sheets(root);
      if (this.state(root).kind === 'read') await this.compareSheets(root);
      else if (isDone) await this.ensureFresh(root);
    } catch (error) {
      this.background(root, error);
    }
  }

  dispose(): void {
    this.worker.dispose();
    for (const root of [...this.folders.keys()]) this.forget(root);
    this.changed.dispose();
  }

  /** @param isLatest whether another reading has begun meanwhile: then the folder's state is that one's to tell */
  private async read(
    root: string,
    folder: Folder,
    { at, signal, isLatest }: { at: number; signal: AbortSignal; isLatest: () => boolean },
  ): Promise<RefreshSummary> {
    const before = folder.state;
    const started = performance.now();
    this.update(root, { kind: 'reading' });
    try {
      const client = await this.options.supervisor.client();
      const { ignored, ...summary } = await client.refresh(root, {
        signal,
        onProgress: (progress) => {
          this.progress(root, progress);
        },
      });
      folder.tookMs = performance.now() - started;
      folder.readAt = at;
      folder.ignored = new Set(ignored);
      const overLimit = summary.skipped.filter(({ reason }) => reason === 'too-many-files').length;
      this.update(root, { kind: 'read', summary, overLimit });
      await this.compareSheets(root);
      return summary;
    } catch (error) {
      if (!isLatest()) throw error;
      // Cancelled: it is as well known as before.
      if (CribsheetError.is(error, 'cancelled')) this.update(root, { kind: before.summary ? 'read' : 'unread' });
      else this.update(root, { kind: 'failed', error: errorRecord(error) });
      throw error;
    } finally {
      if (isLatest()) folder.running = undefined;
    }
  }

  private progress(root: string, progress: JobProgress): void {
    if (progress.phase !== 'read') return;
    // A folder that grows while it is read must not make the count fall.
    const done = Math.max(progress.files, this.state(root).files?.done ?? 0);
    this.update(root, { files: { done, total: Math.max(done, progress.filesTotal) } });
  }

  /** What is stale of the newest sheets. */
  private async compareSheets(root: string): Promise<void> {
    const sheets = this.state(root).sheets ?? (await this.sheets(root));
    const client = await this.options.supervisor.client();
    const stale: Record<string, SheetChanges> = {};
    for (const { id } of sheets.slice(0, MAX_COMPARED)) {
      try {
        stale[id] = await client.staleness(root, id);
      } catch (error) {
        // Deleted in the meantime, by another window or the command line.
        if (!CribsheetError.is(error, 'sheet-missing')) throw error;
      }
    }
    this.update(root, { stale });
  }

  private isOpen(root: string): boolean {
    return this.all.some((one) => one.root === root);
  }

  /** A chat remembers folders that are open no more: those are neither read nor watched. @throws CribsheetError */
  private opened(root: string): Folder {
    if (this.isOpen(root)) return this.folder(root);
    const { t } = this.options;
    const message = t('The folder {0} is not open in this window any more.', root);
    throw new CribsheetError('workspace-missing', message, t('Open it again, or ask about one that is.'));
  }

  private folder(root: string): Folder {
    let folder = this.folders.get(root);
    if (!folder) {
      folder = {
        state: { kind: 'unread', dirty: false, stale: {} },
        watching: undefined,
        changes: 0,
        readAt: -1,
        ignored: new Set(),
        running: undefined,
        timer: undefined,
        changedAt: undefined,
        tookMs: 0,
      };
      this.folders.set(root, folder);
      folder.watching = this.options.watch?.(root, (file) => {
        this.fileChanged(root, file);
      });
    }
    return folder;
  }

  private fileChanged(root: string, file: string): void {
    const folder = this.folders.get(root);
    // The path above the folder says nothing: the folder itself may lie in a node_modules.
    const path = pathInRoot(root, file);
    if (!folder || path === undefined || !isCounted(path, folder.ignored)) return;
    folder.changes++;
    if (!folder.state.dirty) this.update(root, {});
    this.readSoon(root, folder);
  }

  /** When it is quiet, or has not been for long: what writes all the time must not keep the folder from being read. */
  private readSoon(root: string, folder: Folder): void {
    const quiet = Math.min(Math.max(this.options.quietMs ?? QUIET_MS, folder.tookMs / SHARE_OF_TIME), MAX_QUIET_MS);
    const now = performance.now();
    folder.changedAt ??= now;
    const left = Math.max(0, folder.changedAt + LONGEST_WAIT * quiet - now);
    clearTimeout(folder.timer);
    folder.timer = setTimeout(
      () => {
        folder.changedAt = undefined;
        // A second reading beside the first would only wait for it, and a third one for both.
        if (folder.running) this.readSoon(root, folder);
        else void this.readAgain(root);
      },
      Math.min(quiet, left),
    );
    folder.timer.unref();
  }

  /** After changes: only what somebody has read before, and only while there is a worker anyway. */
  private async readAgain(root: string): Promise<void> {
    const { kind } = this.options.supervisor.state;
    if (kind !== 'ready' && kind !== 'no-model') return;
    try {
      await this.tasks(root);
      if (this.state(root).summary || this.state(root).kind === 'failed') await this.ensureFresh(root);
    } catch (error) {
      this.background(root, error);
    }
  }

  /** There is a worker again: what could not be read may be readable now, with another store or more room in it. */
  private workerChanged({ kind, deaths }: SupervisorState): void {
    const before = this.hasWorker;
    this.hasWorker = kind === 'ready' || kind === 'no-model';
    if (!this.hasWorker || before) return;
    for (const [root, { state }] of this.folders) {
      // A folder that a worker has died of is read again when somebody asks for it, or for a restart.
      const mayKill = state.error?.code === 'worker-dead' && deaths > 0;
      if (state.kind === 'failed' && !mayKill) void this.open(root);
    }
  }

  private update(root: string, change: Partial<WorkspaceState>): void {
    // Of a folder that was removed meanwhile nothing is to be known any more.
    const folder = this.folders.get(root) ?? (this.isOpen(root) ? this.folder(root) : undefined);
    if (!folder) return;
    const kind = change.kind ?? folder.state.kind;
    folder.state = {
      ...without(folder.state, 'files', 'error'),
      // Counts belong to the reading, errors to the failure.
      ...(kind === 'reading' && folder.state.kind === 'reading' && folder.state.files
        ? { files: folder.state.files }
        : {}),
      ...(kind === 'failed' && folder.state.error ? { error: folder.state.error } : {}),
      ...change,
      dirty: folder.readAt >= 0 && folder.readAt < folder.changes,
    };
    this.changed.fire(root);
  }

  private forget(root: string): void {
    const folder = this.folders.get(root);
    folder?.watching?.dispose();
    clearTimeout(folder?.timer);
    this.folders.delete(root);
  }

  /** Nobody waits for this: the state tells what a person has to know, the log the rest. */
  private background(root: string, error: unknown): void {
    if (CribsheetError.is(error, 'cancelled')) return;
    const { message, action } = errorRecord(error);
    this.options.onMessage(`${root}: ${message} ${action}`);
  }
}
