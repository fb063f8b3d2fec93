import { access } from 'node:fs/promises';
import { CribsheetError, errorRecord, type ErrorRecord } from '../../common/errors.ts';
import type { InitializeParams, InitializeResult, LogParams, ModelStatus } from '../../common/protocol.ts';
import type { WorkerClient } from '../../common/workerClient.ts';
import { Emitter, type Listen } from '../emitter.ts';
import type { Translate } from '../translate.ts';
import { Deaths } from './deaths.ts';
import type { RunningWorker, WorkerEnd } from './launch.ts';

export interface SupervisorState {
  /**
   * `stopped`: nothing has asked for it yet. `waiting`: it died and starts again in a moment. `no-model`: it runs, but
   * without a model, because with one it died again and again (or a setting says so): search works. `failed`: it cannot
   * be started; `restart` tries again.
   */
  kind: 'stopped' | 'starting' | 'ready' | 'waiting' | 'no-model' | 'failed';
  /** Why it is not `ready`, and what can be done. */
  error?: ErrorRecord;
  /** Deaths within the last five minutes. */
  deaths: number;
}

export interface SupervisorOptions {
  /** The worker's bundle. */
  file: string;
  /** Asked at every start: settings may have changed. */
  initialize: () => InitializeParams;
  onLog: (entry: LogParams) => void;
  t: Translate;
  /** Waits before a restart, in milliseconds, by the number of deaths within five minutes; the last one repeats. */
  delaysMs?: readonly number[];
}

const DELAYS_MS = [500, 2_000, 8_000] as const;
/** Within five minutes: so many deaths with a model, then it is left out; so many in all, then it is given up. */
const DEATHS_WITH_MODEL = 3;
const DEATHS_AT_ALL = 6;
/** Longest wait for an orderly end, in milliseconds. VS Code waits five seconds for an extension. */
const GRACE_MS = 3_000;

/**
 * Forks the worker on first use, starts it again with growing pauses when it dies, and knows how it stands. Requests
 * under way fail with `worker-dead`; finished work is on disk.
 */
export class WorkerSupervisor {
  readonly onDidChange: Listen<SupervisorState>;
  private readonly changed = new Emitter<SupervisorState>();
  private readonly options: SupervisorOptions;
  private readonly t: Translate;
  private readonly deaths = new Deaths();
  private current: SupervisorState = { kind: 'stopped', deaths: 0 };
  private modelStatus: ModelStatus = { state: 'unloaded' };
  private initialized: InitializeResult | undefined;
  private running: RunningWorker | undefined;
  /** The worker that is there or will be. */
  private ready: Promise<WorkerClient> | undefined;
  /** Changes with every wanted end: what an earlier life still has to say counts no more. */
  private life = 0;
  private wake: (() => void) | undefined;
  /** Workers that are being ended are gone. */
  private ending: Promise<void> = Promise.resolve();
  private disposed = false;

  constructor(options: SupervisorOptions) {
    this.options = options;
    this.t = options.t;
    this.onDidChange = this.changed.event;
  }

  get state(): SupervisorState {
    return this.current;
  }

  /** What the worker has said of its model last. */
  get model(): ModelStatus {
    return this.modelStatus;
  }

  /** What the worker said of itself when it started. */
  get info(): InitializeResult | undefined {
    return this.initialized;
  }

  /** The running worker; starts it, or waits for the restart that is under way. @throws CribsheetError `worker-dead` */
  client(): Promise<WorkerClient> {
    if (this.disposed) {
      const message = this.t('Cribsheet is shutting down.');
      return Promise.reject(new CribsheetError('worker-dead', message, this.t('Reload the window.')));
    }
    this.ready ??= this.begin();
    return this.ready;
  }

  /** Ends the worker in order and starts a new one; earlier deaths are forgotten. Never rejects: see `state`. */
  async restart(): Promise<void> {
    if (this.disposed) return;
    const ended = this.end();
    this.deaths.clear();
    // At once: whoever asks while the old one ends gets the new one, and not one of their own.
    this.ready = this.begin(ended);
    this.set({ kind: 'starting', deaths: 0 });
    await this.ready.catch(() => undefined);
  }

  /** Ends the worker in order, or by force when it takes too long. */
  async dispose(): Promise<void> {
    this.disposed = true;
    await this.end();
    this.set({ kind: 'stopped', deaths: 0 });
    this.changed.dispose();
  }

  private begin(after: Promise<void> = this.ending): Promise<WorkerClient> {
    const { life } = this;
    const ready = after.then(() => this.start(life));
    // Whoever asks for the client hears of it, and the state tells the others.
    ready.catch(() => undefined);
    return ready;
  }

  /** Tries until there is a worker, or until too many have died. */
  private async start(life: number): Promise<WorkerClient> {
    for (;;) {
      const withModel = this.deaths.count < DEATHS_WITH_MODEL;
      await this.pause(life, withModel);
      this.set({ kind: 'starting', deaths: this.deaths.count });
      await access(this.options.file).catch((cause: unknown) => {
        throw this.fail(this.missing(cause));
      });
      // Loaded here and not at the start: activation has other things to do.
      const { launchWorker } = await import('./launch.ts');
      this.checkLife(life);
      const worker = launchWorker(this.options.file);
      this.running = worker;
      try {
        await this.initialize(worker, withModel);
      } catch (error) {
        this.checkLife(life);
        if (!CribsheetError.is(error, 'worker-dead')) {
          worker.kill();
          throw this.fail(error);
        }
        this.died(await worker.ended);
        if (this.deaths.count >= DEATHS_AT_ALL) throw this.fail(this.givenUp());
        continue;
      }
      this.checkLife(life);
      void worker.ended.then((end) => {
        if (life === this.life) this.lost(end);
      });
      return worker.client;
    }
  }

  private async initialize(worker: RunningWorker, withModel: boolean): Promise<void> {
    const { client } = worker;
    client.onLog(this.options.onLog);
    this.modelStatus = { state: 'unloaded' };
    client.onModel((model) => {
      if (worker !== this.running) return;
      this.modelStatus = model;
      this.changed.fire(this.current);
    });
    const params = this.options.initialize();
    const wantsModel = !params.noModel;
    const info = await client.initialize({ ...params, noModel: !withModel || !wantsModel });
    this.initialized = info;
    this.log('info', `Worker ${info.pid} started${withModel ? '' : ' without a model'}.`);
    const deaths = this.deaths.count;
    if (withModel && wantsModel) this.set({ kind: 'ready', deaths });
    else {
      this.modelStatus = { state: 'off' };
      this.set({ kind: 'no-model', deaths, error: wantsModel ? this.withoutModel() : this.switchedOff() });
    }
  }

  /** The worker that was ready is gone. */
  private lost(end: WorkerEnd): void {
    this.running = undefined;
    this.died(end);
    if (this.deaths.count < DEATHS_AT_ALL) this.ready = this.begin();
    else {
      const failed = this.fail(this.givenUp());
      this.ready = Promise.reject(failed);
      this.ready.catch(() => undefined);
    }
  }

  private died({ code, signal, said }: WorkerEnd): void {
    this.deaths.add();
    const how = signal ? `signal ${signal}` : `code ${code ?? '?'}`;
    this.log('error', `The worker has ended with ${how}.${said ? `\n${said}` : ''}`);
  }

  /** After a death: waits, and says so. */
  private async pause(life: number, withModel: boolean): Promise<void> {
    const { count } = this.deaths;
    this.checkLife(life);
    if (count === 0) return;
    const delays = this.options.delaysMs ?? DELAYS_MS;
    const delay = delays[Math.min(count, delays.length) - 1] ?? 0;
    this.set({ kind: 'waiting', deaths: count, error: this.starting(delay, withModel) });
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, delay);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wake = undefined;
    this.checkLife(life);
  }

  private end(): Promise<void> {
    this.life++;
    this.ready = undefined;
    this.wake?.();
    const worker = this.running;
    this.running = undefined;
    this.modelStatus = { state: 'unloaded' };
    if (worker) this.ending = Promise.all([this.ending, endOf(worker)]).then(() => undefined);
    return this.ending;
  }

  private checkLife(life: number): void {
    if (life === this.life) return;
    throw new CribsheetError(
      'worker-dead',
      this.t('The engine was restarted.'),
      this.t('Try again: finished work is on disk and is not done twice.'),
    );
  }

  private fail(error: unknown): Error {
    const record = errorRecord(error);
    this.running = undefined;
    this.log('error', record.message);
    this.set({ kind: 'failed', deaths: this.deaths.count, error: record });
    return error instanceof Error ? error : new Error(record.message);
  }

  private starting(delayMs: number, withModel: boolean): ErrorRecord {
    const seconds = delayMs / 1_000;
    return {
      code: 'worker-dead',
      message: withModel
        ? this.t('The engine ended unexpectedly and starts again in {0} s.', seconds)
        : this.t('The engine ended again and starts without a model in {0} s.', seconds),
      action: this.t('Ask again in a moment: chats are kept, and finished work is on disk.'),
    };
  }

  private withoutModel(): ErrorRecord {
    return {
      code: 'worker-dead',
      message: this.t('The engine ended several times within five minutes, so it now runs without a model.'),
      action: this.t('Search works. Restart the engine to try the model again, or choose another model.'),
    };
  }

  private switchedOff(): ErrorRecord {
    return {
      code: 'model-missing',
      message: this.t('The settings say that no model is loaded.'),
      action: this.t('Search works. Change the setting to get answers.'),
    };
  }

  private missing(cause: unknown): CribsheetError {
    return new CribsheetError(
      'worker-dead',
      this.t('A part of Cribsheet is missing: {0}.', this.options.file),
      this.t('Install the extension again.'),
      { cause },
    );
  }

  private givenUp(): CribsheetError {
    return new CribsheetError(
      'worker-dead',
      this.t('The engine ended again and again, even without a model, and is not started any more.'),
      this.t('Look into the log for the reason, then restart the engine.'),
    );
  }

  private set(state: SupervisorState): void {
    this.current = state;
    this.changed.fire(state);
  }

  private log(level: LogParams['level'], message: string): void {
    this.options.onLog({ level, message });
  }
}

async function endOf(worker: RunningWorker): Promise<void> {
  const timer = setTimeout(worker.kill, GRACE_MS);
  // It may be gone already; that it is gone is what counts.
  await worker.client.shutdown().catch(() => undefined);
  await worker.ended;
  clearTimeout(timer);
}
