import os from 'node:os';
import type * as Ort from 'onnxruntime-node';
import { CribsheetError } from '../../common/errors.ts';
import type { Device } from '../../common/names.ts';
import { ChatForm } from './chat.ts';
import { chooseDevice, type DeviceReport } from './device.ts';
import type { DecoderGraph } from './graph/inspect.ts';
import { KvCache } from './kvCache.ts';
import { Lane } from './lane.ts';
import type { MeasuredBudgets } from './measured.ts';
import { readModelFolder } from './layout.ts';
import { outputGrams } from './outputGrams.ts';
import { openGraph, type GraphForm } from './openSession.ts';
import { parseProfile, type ModelProfile } from './profile.ts';
import { inverseFrequencies } from './rope.ts';
import type { Router } from './router.ts';
import { priorities, RunQueue, type Priority } from './runQueue.ts';
import { StepPlan } from './stepPlan.ts';
import type { StepRunner } from './stepRunner.ts';
import { SurprisalReader } from './surprisal.ts';
import { Tokenizer } from './tokenizer.ts';

export interface DecoderOptions {
  /** Folder of the model. */
  folder: string;
  /** Graph file inside it, where there are several. */
  graph?: string;
  device?: Device;
  /** Threads of one run; default: the physical share of the machine. */
  threads?: number;
  /** Fixed step size, for tests that compare bit for bit. */
  stepTokens?: number;
}

/** Long enough to prefill well, short enough for a slow model to yield to others about every second. */
const STEADY_STEP_TOKENS = 64;

/** A loaded model: session, tokenizer, chat form. Makes lanes; owns everything native. */
export class Decoder {
  readonly graph: DecoderGraph;
  readonly tokenizer: Tokenizer;
  readonly profile: ModelProfile;
  readonly chat: ChatForm;
  readonly fingerprint: string;
  readonly device: DeviceReport;
  /** Radians per position, [headSize / 2]. */
  readonly frequencies: Float64Array;
  /** Positions that a context may take: the smaller of rotary table and configured window. */
  readonly window: number;
  readonly endTokens: ReadonlySet<number>;
  readonly weightBytes: number;
  /** What was measured of this model (`cribsheet models measure`); whoever opens it sets it, from the store. */
  measured: MeasuredBudgets | undefined;
  /** How `auto` chooses with this model: what was fitted and stands in the store, else what its profile brings. */
  router: Router | undefined;
  private readonly options: DecoderOptions;
  private readonly forms = new Map<string, Promise<StepRunner>>();
  private surprisal: Promise<SurprisalReader> | undefined;
  private grams: Promise<Float32Array[] | undefined> | undefined;
  private readonly runner: StepRunner;
  private readonly queue = new RunQueue();
  private readonly plan: StepPlan;

  private constructor(
    parts: Omit<
      Decoder,
      | 'lane'
      | 'steadyLane'
      | 'dispose'
      | 'queue'
      | 'runner'
      | 'plan'
      | 'kvBytesPerPosition'
      | 'outputGrams'
      | 'surprisals'
      | 'laneOf'
      | 'measured'
      | 'router'
    >,
    runner: StepRunner,
    plan: StepPlan,
    options: DecoderOptions,
  ) {
    this.graph = parts.graph;
    this.tokenizer = parts.tokenizer;
    this.profile = parts.profile;
    this.router = parts.profile.router;
    this.chat = parts.chat;
    this.fingerprint = parts.fingerprint;
    this.device = parts.device;
    this.frequencies = parts.frequencies;
    this.window = parts.window;
    this.endTokens = parts.endTokens;
    this.weightBytes = parts.weightBytes;
    this.runner = runner;
    this.plan = plan;
    this.options = options;
  }

  /** @throws CribsheetError `model-missing`, `model-broken`, `model-unsupported`, `tokenizer-mismatch`, `device-unavailable` */
  static async open(options: DecoderOptions): Promise<Decoder> {
    const model = await readModelFolder(options.folder, options.graph);
    const profile = parseProfile(model.profile, model.folder.split(/[\\/]/).at(-1) ?? 'model');
    const tokenizer = new Tokenizer(model);
    const opened = await openGraph(model);
    const { graph } = opened;
    checkTokenizer(tokenizer, graph, model.endTokens);
    const chat = new ChatForm(model.chatTemplate, profile, tokenizer, model.tokenizerConfig);
    const frequencies = await inverseFrequencies(graph, model.graphFile.replace(/[^\\/]*$/, ''));
    // Loaded here and not above: a worker started without a model never touches the native library.
    const ort: typeof Ort = await import('onnxruntime-node');
    const threads = threadsOf(options);
    const { runner, report } = await chooseDevice(ort, model, opened, options.device ?? 'auto', threads);
    const plan = new StepPlan(options.stepTokens, report.maxStepTokens);
    const window = Math.min(graph.maxPositions, model.contextLength);
    const endTokens = new Set([...model.endTokens, ...stopTokens(tokenizer)]);
    const { fingerprint } = model;
    const { weightBytes } = opened;
    const parts = {
      graph,
      tokenizer,
      profile,
      chat,
      fingerprint,
      device: report,
      frequencies,
      window,
      endTokens,
      weightBytes,
    };
    return new Decoder(parts, runner, plan, options);
  }

  /**
   * A lane on another form of the graph: keys that carry a bias, KV heads with lengths of their own. It runs on a
   * further session of the model, opened here at its first use; with own heads its cache has layers × kvHeads layers of
   * one KV head (`splitHeads`).
   * @param capacity positions that there is room for to begin with, in every layer of the lane's cache or in each
   * @throws CribsheetError `device-unavailable` where the decoder runs on another device than the CPU
   */
  async laneOf(form: GraphForm, priority: Priority, capacity: number | readonly number[]): Promise<Lane> {
    if (!form.keyBias && !form.ownHeads) return this.lane(priority, capacity);
    if (this.device.device !== 'cpu') {
      const why = form.keyBias ? 'its keys carry a bias' : 'its heads differ in length';
      throw new CribsheetError(
        'device-unavailable',
        `This sheet cannot be read on ${this.device.device}: ${why}.`,
        'Use --device cpu, or compress with --strategy m1.',
      );
    }
    const name = JSON.stringify([form.keyBias, form.ownHeads]);
    let runner = this.forms.get(name);
    if (!runner) {
      this.forms.set(name, (runner = openForm(this.options, form)));
      runner.catch(() => this.forms.delete(name));
    }
    return this.lane(priority, capacity, await runner);
  }

  /** A lane with room for `capacity` positions to begin with; it grows as needed up to the window. */
  lane(
    priority: Priority,
    capacity: number | readonly number[],
    runner = this.runner,
    plan: StepPlan = this.plan,
  ): Lane {
    const { attention, heads, kvHeads, headSize, kvType, vocabulary } = runner.graph;
    const kv = new KvCache({ layers: attention.length, kvHeads, headSize, type: kvType }, capacity);
    const { queue, window } = this;
    return new Lane({ kv, vocabulary, runner, queue, plan, priority, maxPositions: window, heads });
  }

  /**
   * A lane whose steps are cut at the same places whatever else the machine does, so that what is computed is the same
   * to the last bit each time: for measurements that are named after their content.
   */
  steadyLane(priority: Priority, capacity: number): Lane {
    const steps = Math.min(STEADY_STEP_TOKENS, this.device.maxStepTokens ?? STEADY_STEP_TOKENS);
    return this.lane(priority, capacity, this.runner, new StepPlan(steps));
  }

  /** Bytes of keys and values of one position over all layers, as stored in half precision. */
  get kvBytesPerPosition(): number {
    const { attention, kvHeads, headSize } = this.graph;
    return attention.length * kvHeads * headSize * 2 * 2;
  }

  /**
   * How much each KV head's values write into the model's state, per layer [kvHeads, headSize, headSize]; read off the
   * weights once. Undefined where the model has no plain output projection.
   */
  outputGrams(): Promise<Float32Array[] | undefined> {
    this.grams ??= outputGrams(this.options.folder, this.options.graph);
    this.grams.catch(() => (this.grams = undefined));
    return this.grams;
  }

  /**
   * How unexpected each of `ids` is after `before` and what stands in front of it, in nats (`SurprisalReader.read`).
   * The first call opens a second session of the model.
   * @throws CribsheetError `cancelled`
   */
  async surprisals(before: readonly number[], ids: readonly number[], signal?: AbortSignal): Promise<Float32Array> {
    const { folder, graph } = this.options;
    this.surprisal ??= SurprisalReader.open(folder, graph, threadsOf(this.options));
    this.surprisal.catch(() => (this.surprisal = undefined));
    const reader = await this.surprisal;
    return reader.read(before, ids, (run) => this.queue.run(priorities.compress, run, signal));
  }

  async dispose(): Promise<void> {
    await this.runner.release();
    for (const form of this.forms.values()) await (await form).release();
    await (await this.surprisal)?.release();
  }
}

async function openForm(options: DecoderOptions, form: GraphForm): Promise<StepRunner> {
  const model = await readModelFolder(options.folder, options.graph);
  const opened = await openGraph(model, form);
  const ort: typeof Ort = await import('onnxruntime-node');
  return (await chooseDevice(ort, model, opened, 'cpu', threadsOf(options))).runner;
}

function threadsOf({ threads }: DecoderOptions): number {
  return threads ?? Math.max(1, Math.min(8, os.availableParallelism()));
}

/** Chat models end a turn with a token that the configuration does not always list. */
function stopTokens(tokenizer: Tokenizer): number[] {
  const names = ['<|im_end|>', '<|eot_id|>', '<|end_of_text|>', '<|endoftext|>', '<end>', '</s>'];
  return names.map((n) => tokenizer.tokenId(n)).filter((id) => id !== undefined);
}

function checkTokenizer(tokenizer: Tokenizer, graph: DecoderGraph, endTokens: readonly number[]): void {
  const mismatch = (why: string): CribsheetError =>
    new CribsheetError(
      'tokenizer-mismatch',
      `tokenizer.json does not belong to this model: ${why}.`,
      'Install graph, weights and tokenizer from one source.',
    );
  const [has, wants] = [tokenizer.vocabularySize, graph.vocabulary];
  if (has > wants) throw mismatch(`it has ${has} tokens, the model ${wants}`);
  // Embeddings are often padded, but never to twice the vocabulary.
  if (has * 2 < wants) throw mismatch(`it has only ${has} tokens for the model's ${wants}`);
  const missing = endTokens.find((id) => id >= has);
  if (missing !== undefined) throw mismatch(`the end token ${missing} is not in it`);
}
