import type * as Ort from 'onnxruntime-node';
import { biasName } from './graph/keyBias.ts';
import { SHORT } from './graph/layerLengths.ts';
import { GUARD } from './graph/rewrite.ts';
import type { DecoderGraph } from './graph/inspect.ts';
import { SCORE_END, SCORE_KIND, SCORE_ON, SCORE_START, scoreKinds, scoreName } from './graph/scorer.ts';
import { halvesToFloats } from './half.ts';
import type { KvArray, KvCache } from './kvCache.ts';
import { reportBuffers, type LayerSums, type Scoring } from './observation.ts';

/** How keys and values reach the session. */
export type KvTransfer =
  /** Our buffers are past and present at once; the guard stops the binding's copies. */
  | 'in-place-guarded'
  /** The same without the guard: right, but the binding copies every buffer after each run. */
  | 'in-place'
  /** Exact-length copies in and out: for providers that keep their own memory. Slow, and right everywhere. */
  | 'copy';

/** One run of the session over new tokens. Knows tensors; knows nothing of prompts. */
export class StepRunner {
  private readonly ort: typeof Ort;
  private readonly session: Ort.InferenceSession;
  readonly graph: DecoderGraph;
  readonly transfer: KvTransfer;
  private readonly off: Ort.Tensor[];

  constructor(ort: typeof Ort, session: Ort.InferenceSession, graph: DecoderGraph, transfer: KvTransfer) {
    this.ort = ort;
    this.session = session;
    this.graph = graph;
    this.transfer = transfer;
    this.off = graph.attention.map(() => new ort.Tensor('float32', new Float32Array(1), [1]));
  }

  /**
   * Runs `tokens` at positions `kv.length`… and appends them to `kv`.
   * @param logits receives the logits of the last token, [vocabulary]
   * @param scoring what to report of the queries' attention
   * @returns per layer, in the layout of the kind (`scoreKinds`), where asked for
   */
  async run(
    kv: KvCache,
    tokens: readonly number[],
    logits: Float32Array,
    scoring?: Scoring,
  ): Promise<Float32Array[] | undefined> {
    const { ort, graph } = this;
    const rows = tokens.length;
    const total = kv.length + rows;
    if (total > graph.maxPositions)
      throw new RangeError(`position ${total} is beyond the ${graph.maxPositions} of the model`);
    kv.reserve(total);

    const feeds: Record<string, Ort.Tensor> = {
      input_ids: new ort.Tensor('int64', BigInt64Array.from(tokens, BigInt), [1, rows]),
      attention_mask: new ort.Tensor('int64', new BigInt64Array(total).fill(1n), [1, total]),
      [SCORE_ON]: new ort.Tensor('bool', Uint8Array.of(scoring ? 1 : 0), []),
      [SCORE_KIND]: new ort.Tensor('int64', int64(scoring ? scoreKinds.indexOf(scoring.kind) : 0), []),
      [SCORE_START]: new ort.Tensor('int64', int64(scoring?.start ?? 0), [1]),
      [SCORE_END]: new ort.Tensor('int64', int64(scoring?.end ?? 0), [1]),
    };
    feeds[SHORT] = new ort.Tensor('int32', kv.short, [kv.short.length]);
    if (graph.keyBias) this.feedBias(feeds, kv, rows);
    else if (kv.bias) throw new Error('keys with a bias on a graph without it');
    if (graph.hasPositionIds) {
      const positions = BigInt64Array.from({ length: rows }, (_, i) => BigInt(kv.length + i));
      feeds['position_ids'] = new ort.Tensor('int64', positions, [1, rows]);
    }
    const rawLogits = graph.logitsType === 'float32' ? logits : new Uint16Array(logits.length);
    const fetches: Record<string, Ort.Tensor | null> = {};
    if (this.transfer === 'in-place-guarded') fetches[GUARD] = null;
    fetches['logits'] = this.tensor(rawLogits, [1, 1, logits.length]);
    const report = scoring && reportBuffers(graph, scoring, rows, kv.short);
    const off = new Float32Array(1);
    const scores = graph.attention.map((_, layer) => {
      const score = report?.[layer];
      fetches[scoreName(layer)] = score ? new ort.Tensor('float32', score, [score.length]) : this.off[layer]!;
      return score ?? off;
    });

    if (this.transfer === 'copy') await this.runCopying(kv, feeds, rows, rawLogits, scores);
    else await this.runInPlace(kv, feeds, fetches, rawLogits, scores);
    if (rawLogits instanceof Uint16Array) halvesToFloats(rawLogits, logits);
    kv.length = total;
    return report;
  }

  async release(): Promise<void> {
    await this.session.release();
  }

  /** Biases of the cached keys; those of this run's own are zero. */
  private feedBias(feeds: Record<string, Ort.Tensor>, kv: KvCache, rows: number): void {
    const { kvHeads, attention } = this.graph;
    attention.forEach((_, layer) => {
      const [length, capacity] = [kv.lengthOf(layer), kv.capacityOf(layer)];
      const data = new Float32Array(kvHeads * (length + rows));
      const bias = kv.bias?.[layer];
      for (let h = 0; bias && h < kvHeads; h++)
        data.set(bias.subarray(h * capacity, h * capacity + length), h * (length + rows));
      feeds[biasName(layer)] = new this.ort.Tensor('float32', data, [kvHeads, length + rows]);
    });
  }

  private async runInPlace(
    kv: KvCache,
    feeds: Record<string, Ort.Tensor>,
    fetches: Record<string, Ort.Tensor | null>,
    logits: KvArray,
    sums: LayerSums,
  ): Promise<void> {
    const { kvHeads, headSize, attention } = this.graph;
    attention.forEach((layer, i) => {
      const shape = [1, kvHeads, kv.capacityOf(i), headSize];
      const key = this.tensor(kv.keys[i]!, shape);
      const value = this.tensor(kv.values[i]!, shape);
      feeds[layer.pastKey] = fetches[layer.presentKey] = key;
      feeds[layer.pastValue] = fetches[layer.presentValue] = value;
    });
    try {
      const results = await this.session.run(feeds, fetches);
      // Without the guard the binding hands out copies: take logits and sums from them, and let go of the rest.
      copyInto(results['logits']!.data, logits);
      sums.forEach((sum, i) => {
        copyInto(results[scoreName(i)]!.data, sum);
      });
      for (const tensor of Object.values(results)) tensor.dispose();
    } catch (error) {
      if (!isGuardError(error)) throw error;
    }
  }

  private async runCopying(
    kv: KvCache,
    feeds: Record<string, Ort.Tensor>,
    rows: number,
    logits: KvArray,
    sums: LayerSums,
  ): Promise<void> {
    const { kvHeads, headSize, attention } = this.graph;
    const past = (source: KvArray, layer: number): Ort.Tensor => {
      const length = kv.lengthOf(layer);
      const exact = source.slice(0, kvHeads * length * headSize);
      for (let h = 0; h < kvHeads; h++) {
        const from = kv.offset(layer, h, 0);
        exact.set(source.subarray(from, from + length * headSize), h * length * headSize);
      }
      return this.tensor(exact, [1, kvHeads, length, headSize]);
    };
    attention.forEach((layer, i) => {
      feeds[layer.pastKey] = past(kv.keys[i]!, i);
      feeds[layer.pastValue] = past(kv.values[i]!, i);
    });
    const results = await this.session.run(feeds);
    const store = (name: string, target: KvArray, layer: number): void => {
      const length = kv.lengthOf(layer);
      const data = halfBits(results[name]!.data);
      for (let h = 0; h < kvHeads; h++) {
        const from = (h * (length + rows) + length) * headSize;
        target.set(data.subarray(from, from + rows * headSize) as KvArray, kv.offset(layer, h, length));
      }
    };
    attention.forEach((layer, i) => {
      store(layer.presentKey, kv.keys[i]!, i);
      store(layer.presentValue, kv.values[i]!, i);
    });
    copyInto(results['logits']!.data, logits);
    sums.forEach((sum, i) => {
      copyInto(results[scoreName(i)]!.data, sum);
    });
    for (const tensor of Object.values(results)) tensor.dispose();
  }

  /**
   * onnxruntime-common wraps half-precision bits in a Float16Array where the platform has one, which the binding's
   * N-API version does not know (it sees zero bytes): hand the bits over as they are.
   */
  private tensor(data: KvArray, dims: readonly number[]): Ort.Tensor {
    if (data instanceof Float32Array) return new this.ort.Tensor('float32', data, dims);
    const tensor = new this.ort.Tensor('float16', data, dims);
    return Object.defineProperty(tensor, 'data', { value: data });
  }
}

/** Exactly the error that the sequence guard provokes; everything else is a real failure. */
export function isGuardError(error: unknown): boolean {
  return error instanceof Error && error.message.includes('Non tensor type is temporarily not supported');
}

const int64 = (value: number): BigInt64Array => BigInt64Array.of(BigInt(value));

function halfBits(data: Ort.Tensor.DataType): KvArray {
  if (data instanceof Float32Array || data instanceof Uint16Array) return data;
  const view = data as unknown as ArrayBufferView;
  return new Uint16Array(view.buffer, view.byteOffset, view.byteLength / 2);
}

function copyInto(source: Ort.Tensor.DataType, target: KvArray): void {
  const data = halfBits(source);
  if (data.length === target.length) target.set(data);
}
