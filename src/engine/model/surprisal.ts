import type * as Ort from 'onnxruntime-node';
import { KvCache } from './kvCache.ts';
import { readModelFolder } from './layout.ts';
import { openGraph, openSession } from './openSession.ts';
import { StepRunner } from './stepRunner.ts';

/** Tokens of one run: the logits of all of them stand in memory at once, a vocabulary each. */
const STEP_TOKENS = 64;

/**
 * Says how unexpected each token of a text is to the model. A session of its own, since the model's usual one computes
 * the logits of the last token only: as much memory again for the weights, on the CPU.
 */
export class SurprisalReader {
  private readonly runner: StepRunner;
  private readonly emptyCache: (capacity: number) => KvCache;

  private constructor(runner: StepRunner, emptyCache: (capacity: number) => KvCache) {
    this.runner = runner;
    this.emptyCache = emptyCache;
  }

  /** @throws CribsheetError `model-missing`, `model-broken`, `model-unsupported` */
  static async open(folder: string, graphFile: string | undefined, threads: number): Promise<SurprisalReader> {
    const model = await readModelFolder(folder, graphFile);
    const { graph, bytes } = await openGraph(model, { tokenLogs: true });
    const ort: typeof Ort = await import('onnxruntime-node');
    const session = await openSession(ort, model, bytes(false), 'cpu', threads);
    const { attention, kvHeads, headSize, kvType } = graph;
    const shape = { layers: attention.length, kvHeads, headSize, type: kvType };
    return new SurprisalReader(
      new StepRunner(ort, session, graph, 'in-place'),
      (capacity) => new KvCache(shape, capacity),
    );
  }

  /**
   * Self-information -ln p(token | all before it) of `ids`, in nats, read after `before`: what Selective Context (arXiv
   * 2310.06201) and LLMLingua (arXiv 2310.05736, as perplexity) judge a prompt by.
   * @param step runs one run of the session when its turn has come
   * @returns [ids.length]; Infinity for a first token with nothing before it
   */
  async read(
    before: readonly number[],
    ids: readonly number[],
    step: <T>(run: () => Promise<T>) => Promise<T>,
  ): Promise<Float32Array> {
    const all = [...before, ...ids];
    const logs = new Float32Array(all.length).fill(Number.POSITIVE_INFINITY);
    const kv = this.emptyCache(all.length);
    // A run predicts the tokens within it: the last one is read again as the first of the next, which it predicts.
    for (let from = 0; from + 1 < all.length; from += STEP_TOKENS - 1) {
      const tokens = all.slice(from, from + STEP_TOKENS);
      const out = new Float32Array(tokens.length);
      await step(() => this.runner.run(kv, tokens, out));
      logs.set(out.subarray(0, tokens.length - 1), from + 1);
      kv.truncate(kv.length - 1);
    }
    return logs.subarray(before.length);
  }

  async release(): Promise<void> {
    await this.runner.release();
  }
}
