import { unlessAborted } from '../../common/aborted.ts';
import { CribsheetError, errorRecord, type ErrorRecord } from '../../common/errors.ts';
import type { CompressParams, CompressProgress, CompressResult, JobProgress } from '../../common/protocol.ts';
import { strategies } from '../../common/names.ts';
import type { CompressPlan, SheetSummary } from '../../common/sheets.ts';
import type { WorkerClient } from '../../common/workerClient.ts';
import { Emitter, type Listen } from '../emitter.ts';
import { SavedFile } from '../savedFile.ts';
import type { Translate } from '../translate.ts';
import { without } from '../without.ts';
import { parseJobsFile, type JobsFile, type SavedJob } from './jobsFile.ts';
import { Pace, Rates } from './rates.ts';
import { shownCount } from './shownCount.ts';
import type { WorkerSupervisor } from './supervisor.ts';
import type { Workspaces } from './workspaces.ts';

/** What `compress` would do, and how long it would take here. */
export interface CompressEstimate extends CompressPlan {
  /** Milliseconds for what is not in the store yet, about. */
  ms: number;
  /** Whether the rate comes from earlier compressions on this machine, or from a short test of how fast the model reads. */
  rateFrom: 'compression' | 'test';
}

export interface CompressJob {
  root: string;
  request: CompressParams;
  /** `waiting`: the worker died, it goes on when there is a new one. */
  state: 'running' | 'waiting' | 'paused' | 'failed' | 'done' | 'cancelled';
  /** The user paused it: it does not go on by itself, not even after a restart. */
  pausedByUser: boolean;
  /** Started by itself, to rebuild what was stale. */
  automatic: boolean;
  /** Files are read before the first segment. */
  reading?: { files: number; filesTotal: number };
  /** Counts only grow, also over pauses and restarts. */
  segments: number;
  segmentsTotal: number;
  tokens: number;
  tokensTotal: number;
  /** 0–1; never falls. */
  progress: number;
  /** Segments a minute, moving average; undefined until something was measured. */
  perMinute?: number;
  msLeft?: number;
  /** With `waiting` and `failed`. */
  error?: ErrorRecord;
  /** With `done`. */
  result?: CompressResult;
}

export interface CompressJobsOptions {
  supervisor: WorkerSupervisor;
  workspaces: Workspaces;
  /** Where unfinished jobs and measured rates are kept. */
  stateFile: string;
  t: Translate;
  onMessage: (message: string) => void;
}

interface Entry {
  job: CompressJob;
  controller: AbortController;
  /** What the abort is for; `closed`: its folder is open no more. */
  wanted: 'paused' | 'cancelled' | 'closed' | undefined;
  ended: Promise<CompressJob>;
  pace: Pace;
  /** Tokens that were not in the store when it was planned; undefined where it was not planned. */
  missingTokens: number | undefined;
  computedTokens: number;
}

/** The state file is written at most this often for counts alone, in milliseconds. */
const SAVE_MS = 2_000;
/** The worker writes the finished part as a sheet every five seconds: so often it is worth asking. */
const SHEETS_MS = 5_000;

/** Compressions in the background: one a folder, and what is unfinished survives the window. */
export class CompressJobs {
  /** The root whose job has changed. */
  readonly onDidChange: Listen<string>;
  private readonly changed = new Emitter<string>();
  private readonly options: CompressJobsOptions;
  private readonly file: SavedFile<JobsFile>;
  private readonly entries = new Map<string, Entry>();
  /** Unfinished jobs of folders that are not open: kept until they are. */
  private away: SavedJob[] = [];
  private loaded: Promise<void> | undefined;
  private readonly plans = new Map<string, { request: string; plan: CompressPlan }>();
  private rates = new Rates();
  private savedAt = 0;
  private disposed = false;

  constructor(options: CompressJobsOptions) {
    this.options = options;
    this.onDidChange = this.changed.event;
    const { stateFile: file, t, onMessage } = options;
    this.file = new SavedFile({ file, parse: parseJobsFile, t, onMessage });
  }

  /**
   * Brings back the unfinished jobs of the folders that are open; to be awaited before anything is started, and to be
   * called again when folders were opened or closed. They are then there as `paused`, or as `failed`; those that neither
   * failed nor were paused by the user go on by themselves where `goOn` says so. Jobs of folders that were closed stop,
   * and come back with their folder, in another session too.
   */
  async restore({ goOn }: { goOn: boolean }): Promise<void> {
    this.loaded ??= this.load();
    await this.loaded;
    await Promise.all(this.jobs.filter(({ root }) => !this.isOpen(root)).map(({ root }) => this.close(root)));
    if (this.disposed) return;
    const back = this.away.filter(({ request }) => this.isOpen(request.root));
    this.away = this.away.filter((job) => !back.includes(job));
    for (const { request, ...job } of back) {
      const { root } = request;
      if (this.entries.has(root)) continue;
      this.entries.set(root, newEntry({ root, request, ...job, state: job.error ? 'failed' : 'paused' }));
      if (goOn && !job.pausedByUser && !job.error) void this.resume(root);
      else this.changed.fire(root);
    }
  }

  /** The unfinished job of a folder. */
  job(root: string): CompressJob | undefined {
    return this.entries.get(root)?.job;
  }

  get jobs(): CompressJob[] {
    return [...this.entries.values()].map((entry) => entry.job);
  }

  /** @throws CribsheetError */
  async plan(
    request: CompressParams,
    options: { signal?: AbortSignal | undefined; onProgress?: (progress: JobProgress) => void } = {},
  ): Promise<CompressEstimate> {
    const client = await this.options.supervisor.client();
    const plan = await client.plan(request, options);
    this.plans.set(request.root, { request: JSON.stringify(request), plan });
    const { tokens, segments } = plan.missing;
    const measured = this.rates.get(this.rateKey(plan.strategy));
    if (measured !== undefined) return { ...plan, ms: tokens / measured, rateFrom: 'compression' };
    if (tokens === 0) return { ...plan, ms: 0, rateFrom: 'test' };
    // Nothing was compressed here yet: what is run through the model at the speed at which it reads.
    const { prefillTokensPerSecond } = await client.speed();
    const ms = (1_000 * (tokens + segments * plan.probeTokens)) / Math.max(1e-3, prefillTokensPerSecond);
    return { ...plan, ms, rateFrom: 'test' };
  }

  /**
   * Starts in the background; settles when the job ends or pauses, with what came of it. One that was paused, failed or
   * started by itself gives way.
   * @throws CribsheetError `busy` where one runs that the user started
   */
  async start(request: CompressParams, { automatic = false }: { automatic?: boolean } = {}): Promise<CompressJob> {
    const { root } = request;
    const known = this.entries.get(root);
    if (known && isActive(known.job)) {
      if (!known.job.automatic || automatic) {
        throw new CribsheetError(
          'busy',
          this.options.t('This folder is being compressed already.'),
          this.options.t('Wait until that has ended, or cancel it first.'),
        );
      }
      await this.cancel(root);
    } else if (known && JSON.stringify(known.job.request) === JSON.stringify(request)) return this.resume(root);
    const counts = { segments: 0, segmentsTotal: 0, tokens: 0, tokensTotal: 0, progress: 0 };
    return this.begin(newEntry({ root, request, state: 'running', pausedByUser: false, automatic, ...counts }));
  }

  /** Makes a sheet anew as it was asked for; what has not changed is found in the store. @throws as `start` */
  rebuild(root: string, sheet: SheetSummary, options: { automatic?: boolean } = {}): Promise<CompressJob> {
    return this.start(rebuildRequest(root, sheet), options);
  }

  /** Stops it; finished blocks are kept. */
  async pause(root: string): Promise<void> {
    const entry = this.entries.get(root);
    if (!entry || !isActive(entry.job)) return;
    entry.wanted = 'paused';
    entry.controller.abort();
    await entry.ended;
  }

  /** Goes on where it stopped; settles as `start` does. */
  async resume(root: string): Promise<CompressJob> {
    const entry = this.entries.get(root);
    if (!entry) {
      throw new CribsheetError(
        'usage',
        this.options.t('There is nothing to go on with.'),
        this.options.t('Start a compression.'),
      );
    }
    if (isActive(entry.job)) return entry.ended;
    return this.begin(newEntry({ ...without(entry.job, 'error'), state: 'running', pausedByUser: false }));
  }

  /** Forgets the job; finished blocks stay, and the part of the sheet that is done answers. */
  async cancel(root: string): Promise<void> {
    const entry = this.entries.get(root);
    if (!entry) return;
    entry.wanted = 'cancelled';
    entry.controller.abort();
    if (isActive(entry.job)) await entry.ended;
    else this.end(entry, { state: 'cancelled' });
  }

  /** Stops what runs so that it can go on in another session. */
  async dispose(): Promise<void> {
    this.disposed = true;
    this.save();
    const running = [...this.entries.values()].filter((entry) => isActive(entry.job));
    for (const entry of running) entry.controller.abort();
    await Promise.all(running.map((entry) => entry.ended));
    await this.file.flush();
    this.changed.dispose();
  }

  private async load(): Promise<void> {
    const saved = await this.file.load();
    if (!saved) return;
    this.rates = new Rates(saved.rates);
    this.away = saved.jobs;
  }

  private isOpen(root: string): boolean {
    return this.options.workspaces.roots.some((one) => one.root === root);
  }

  /** Stops the job of a folder that is open no more, and keeps it. */
  private async close(root: string): Promise<void> {
    const entry = this.entries.get(root);
    if (!entry) return;
    if (isActive(entry.job)) {
      entry.wanted = 'closed';
      entry.controller.abort();
      await entry.ended;
    }
    // It has ended well, or is away already.
    if (this.entries.get(root) !== entry) return;
    this.entries.delete(root);
    this.away = [...this.away.filter(({ request }) => request.root !== root), savedJob(entry.job)];
    this.changed.fire(root);
    this.save();
  }

  private begin(entry: Entry): Promise<CompressJob> {
    const { root, request } = entry.job;
    this.entries.set(root, entry);
    const planned = this.plans.get(root);
    if (planned?.request === JSON.stringify(request)) entry.missingTokens = planned.plan.missing.tokens;
    this.plans.delete(root);
    this.changed.fire(root);
    this.save();
    entry.ended = this.run(entry);
    return entry.ended;
  }

  /** Never rejects. */
  private async run(entry: Entry): Promise<CompressJob> {
    const { supervisor } = this.options;
    const { signal } = entry.controller;
    for (;;) {
      try {
        const client = await unlessAborted(supervisor.client(), signal);
        if (supervisor.state.kind === 'no-model') throw withoutModel(supervisor.state.error);
        this.set(entry, { state: 'running' }, ['error']);
        const result = await this.compress(entry, client, signal);
        return this.end(entry, { state: 'done', progress: 1, result });
      } catch (error) {
        if (entry.wanted === 'cancelled') return this.end(entry, { state: 'cancelled' });
        if (entry.wanted === 'paused') return this.stop(entry, { state: 'paused', pausedByUser: true });
        if (entry.wanted === 'closed') return this.stop(entry, { state: 'paused' });
        // As it was: it goes on in another session.
        if (this.disposed) return entry.job;
        // The worker is gone, or was restarted by the user; then it is not the job that failed.
        const isGone = CribsheetError.is(error, 'worker-dead') || CribsheetError.is(error, 'cancelled');
        const record = errorRecord(error);
        if (!isGone || supervisor.state.kind === 'failed') return this.stop(entry, { state: 'failed', error: record });
        this.set(entry, { state: 'waiting', error: record });
      }
    }
  }

  private async compress(entry: Entry, client: WorkerClient, signal: AbortSignal): Promise<CompressResult> {
    const { root, request } = entry.job;
    let last: (CompressProgress & { at: number }) | undefined;
    let askedAt = performance.now();
    return client.compress(request, {
      signal,
      onProgress: (progress) => {
        if (progress.phase === 'read') {
          this.set(entry, { reading: { files: progress.files, filesTotal: progress.filesTotal } });
        }
        if (progress.phase !== 'compress') return;
        const at = performance.now();
        if (last) this.measure(entry, last, { ...progress, at });
        last = { ...progress, at };
        this.count(entry, progress);
        if (at - askedAt < SHEETS_MS) return;
        askedAt = at;
        void this.options.workspaces.sheetsChanged(root);
      },
    });
  }

  private measure(
    entry: Entry,
    before: CompressProgress & { at: number },
    now: CompressProgress & { at: number },
  ): void {
    const [segments, tokens, ms] = [now.segments - before.segments, now.tokens - before.tokens, now.at - before.at];
    entry.pace.add(segments, tokens, ms);
    // Only what was computed says something about the machine.
    if (segments <= 0 || now.computed - before.computed !== segments) return;
    entry.computedTokens += tokens;
    this.rates.add(this.rateKey(now.strategy), tokens, ms);
  }

  private count(entry: Entry, { strategy, segments, segmentsTotal, tokens, tokensTotal }: CompressProgress): void {
    const { job, pace } = entry;
    const fraction = tokensTotal > 0 ? tokens / tokensTotal : 0;
    const progress = Math.min(1, Math.max(job.progress, fraction));
    const left =
      entry.missingTokens === undefined
        ? tokensTotal - tokens
        : Math.min(tokensTotal - tokens, Math.max(0, entry.missingTokens - entry.computedTokens));
    const rate = entry.missingTokens === undefined ? pace.tokensPerMs : undefined;
    const perMs = rate ?? this.rates.get(this.rateKey(strategy));
    const perMinute = pace.segmentsPerMinute;
    this.set(
      entry,
      {
        segments: shownCount(segments, segmentsTotal, { count: job.segments, of: job.segmentsTotal }),
        segmentsTotal,
        tokens: shownCount(tokens, tokensTotal, { count: job.tokens, of: job.tokensTotal }),
        tokensTotal,
        progress,
        ...(perMs ? { msLeft: left / perMs } : {}),
        ...(perMinute === undefined ? {} : { perMinute }),
      },
      ['reading'],
    );
    if (performance.now() - this.savedAt >= SAVE_MS) this.save();
  }

  private rateKey(strategy: string): string {
    const { model } = this.options.supervisor;
    const name = model.state === 'ready' ? `${model.fingerprint.slice(0, 16)} ${model.device.device}` : '?';
    return `${name} ${strategy}`;
  }

  private set(entry: Entry, change: Partial<CompressJob>, dropped: readonly ('error' | 'reading')[] = []): void {
    entry.job = { ...without(entry.job, ...dropped), ...change };
    this.changed.fire(entry.job.root);
  }

  /** It may go on later. */
  private stop(entry: Entry, change: Partial<CompressJob>): CompressJob {
    entry.job = without(entry.job, 'perMinute', 'msLeft');
    // Why it waited is of no interest any more.
    this.set(entry, change, ['reading', 'error']);
    this.save();
    void this.options.workspaces.sheetsChanged(entry.job.root);
    return entry.job;
  }

  /** It is over. */
  private end(entry: Entry, change: Partial<CompressJob>): CompressJob {
    const { root } = entry.job;
    if (this.entries.get(root) === entry) this.entries.delete(root);
    this.set(entry, change, ['reading', 'error']);
    this.save();
    void this.options.workspaces.sheetsChanged(root, { isDone: true });
    return entry.job;
  }

  private save(): void {
    this.savedAt = performance.now();
    const jobs = [...this.away, ...this.jobs.map(savedJob)];
    this.file.save({ version: 1, jobs, rates: this.rates.toJSON() });
  }
}

/** The request that makes this sheet, and no other one beside it. */
function rebuildRequest(root: string, sheet: SheetSummary): CompressParams {
  const { task, strategy, storage, weighted, scope, ratio, tokens } = sheet;
  const known = strategies.find((name) => name === strategy);
  const size = tokens === undefined ? { ratio } : { tokens };
  return {
    root,
    task: task.id,
    scope,
    ...size,
    ...(known ? { strategy: known } : {}),
    ...(storage ? { storage } : {}),
    ...(weighted ? { weighted } : {}),
  };
}

function newEntry(job: CompressJob): Entry {
  return {
    job,
    controller: new AbortController(),
    wanted: undefined,
    ended: Promise.resolve(job),
    pace: new Pace(),
    missingTokens: undefined,
    computedTokens: 0,
  };
}

const isActive = ({ state }: CompressJob): boolean => state === 'running' || state === 'waiting';

function savedJob(job: CompressJob): SavedJob {
  const { request, pausedByUser, automatic, segments, segmentsTotal, tokens, tokensTotal, progress, error } = job;
  const counts = { segments, segmentsTotal, tokens, tokensTotal, progress };
  // One that waits for the engine goes on: with a session comes an engine.
  return { request, pausedByUser, automatic, ...counts, ...(job.state === 'failed' && error ? { error } : {}) };
}

function withoutModel(error: ErrorRecord | undefined): CribsheetError {
  const { message, action } = error ?? { message: 'There is no model.', action: 'Choose one.' };
  return new CribsheetError('model-missing', message, action);
}
