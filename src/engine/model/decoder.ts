import os from 'node:os';
import type * as Ort from 'onnxruntime-node';
import { CribsheetError } from '../../common/errors.ts';
import type { Device } from '../../common/names.ts';
import { ChatForm } from './chat.ts';
import { chooseDevice, type DeviceReport } from './device.ts';
import type { DecoderGraph } from './graph/inspect.ts';
import { KvCache } from './kvCache.ts';
import { Lane } from './lane.ts';
import { readModelFolder } from './layout.ts';
import { outputGrams } from './outputGrams.ts';
import { openGraph } from './openSession.ts';
import { parseProfile, type ModelProfile } from './profile.ts';
import { inverseFrequencies } from './rope.ts';
import { RunQueue, type Priority } from './runQueue.ts';
import { StepPlan } from './stepPlan.ts';
import type { StepRunner } from './stepRunner.ts';
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
  private readonly options: DecoderOptions;
  private biased: Promise<StepRunner> | undefined;
  private grams: Promise<Float32Array[] | undefined> | undefined;
  private readonly runner: StepRunner;
  private readonly queue = new RunQueue();
  private readonly plan: StepPlan;

  private constructor(
    parts: Omit<
      Decoder,
      'lane' | 'dispose' | 'queue' | 'runner' | 'plan' | 'kvBytesPerPosition' | 'outputGrams' | 'biasedLane'
    >,
    runner: StepRunner,
    plan: StepPlan,
    options: DecoderOptions,
  ) {
    this.graph = parts.graph;
    this.tokenizer = parts.tokenizer;
    this.profile = parts.profile;
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
   * A lane whose keys may carry a bias: it runs on a second session of the model, opened here at its first use.
   * @throws CribsheetError `device-unavailable` where the decoder runs on another device than the CPU
   */
  async biasedLane(priority: Priority, capacity: number): Promise<Lane> {
    if (this.device.device !== 'cpu') {
      throw new CribsheetError(
        'device-unavailable',
        `A sheet of the strategy m4 cannot be read on ${this.device.device}: its keys carry a bias.`,
        'Use --device cpu, or compress with --strategy m3.',
      );
    }
    this.biased ??= openBiased(this.options);
    this.biased.catch(() => (this.biased = undefined));
    return this.lane(priority, capacity, await this.biased);
  }

  /** A lane with room for `capacity` positions to begin with; it grows as needed up to the window. */
  lane(priority: Priority, capacity: number, runner = this.runner): Lane {
    const { attention, heads, kvHeads, headSize, kvType, vocabulary } = this.graph;
    const kv = new KvCache({ layers: attention.length, kvHeads, headSize, type: kvType }, capacity);
    const { queue, plan, window } = this;
    return new Lane({ kv, vocabulary, runner, queue, plan, priority, maxPositions: window, heads });
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

  async dispose(): Promise<void> {
    await this.runner.release();
    await (await this.biased)?.release();
  }
}

async function openBiased(options: DecoderOptions): Promise<StepRunner> {
  const model = await readModelFolder(options.folder, options.graph);
  const opened = await openGraph(model, { keyBias: true });
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
