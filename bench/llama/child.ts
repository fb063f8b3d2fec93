import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { spreadOf } from '../sampling/stats.ts';
import type { LlamaReply, LlamaRequest } from './protocol.ts';

/** The part of node-llama-cpp's interface that is used here; the package itself is optional. */
interface LlamaModule {
  getLlama(options: { gpu: false; build: 'never'; logLevel: string; maxThreads: number }): Promise<{
    loadModel(options: { modelPath: string }): Promise<Model>;
  }>;
}
interface Model {
  createContext(options: {
    contextSize: number;
    batchSize: number;
    threads: number;
  }): Promise<{ getSequence(): Sequence }>;
  dispose(): Promise<void>;
}
interface Sequence {
  readonly nextTokenIndex: number;
  clearHistory(): Promise<void>;
  eraseContextTokenRanges(ranges: { start: number; end: number }[]): Promise<void>;
  evaluate(tokens: number[], options: { temperature: number; yieldEogToken: boolean }): AsyncGenerator<number>;
  evaluateWithoutGeneratingNewTokens(tokens: number[]): Promise<void>;
}

/** A process of its own: its threads rest while the other side is measured, and a crash in it is not ours. */
const [folder, maxThreads] = [process.argv[2]!, Number(process.argv[3])];
const entry = pathToFileURL(path.join(folder, 'dist', 'index.js')).href;
const { getLlama } = (await import(entry)) as LlamaModule;
const llama = await getLlama({ gpu: false, build: 'never', logLevel: 'error', maxThreads });
let model: Model | undefined;
/** By number of threads. */
const sequences = new Map<number, Sequence>();

async function handle(request: LlamaRequest): Promise<{ ms: number; token?: number }> {
  if (request.op === 'load') {
    await model?.dispose();
    sequences.clear();
    const started = performance.now();
    model = await llama.loadModel({ modelPath: request.file });
    for (const threads of request.threads) {
      const context = await model.createContext({ contextSize: request.context, batchSize: 2_048, threads });
      sequences.set(threads, context.getSequence());
    }
    return { ms: performance.now() - started };
  }
  const sequence = sequences.get(request.threads);
  if (!sequence) throw new Error(`no model is loaded for ${request.threads} threads`);
  if (request.op === 'prefill') {
    await sequence.clearHistory();
    const started = performance.now();
    await sequence.evaluateWithoutGeneratingNewTokens(request.tokens);
    return { ms: performance.now() - started };
  }
  return decode(sequence, request.tokens, request.count);
}

async function decode(sequence: Sequence, tokens: number[], count: number): Promise<{ ms: number; token: number }> {
  const before = tokens.slice(0, -1);
  await sequence.clearHistory();
  await sequence.evaluateWithoutGeneratingNewTokens(before);
  let token: number | undefined;
  let last = 0;
  const times: number[] = [];
  for await (const said of sequence.evaluate(tokens.slice(-1), { temperature: 0, yieldEogToken: true })) {
    // The clock starts with the first token: what comes before it is the end of the prompt.
    const now = performance.now();
    if (token === undefined) token = said;
    else times.push(now - last);
    last = now;
    if (times.length === count) break;
  }
  return { ms: spreadOf(times).median, token: token! };
}

process.on('message', (request: LlamaRequest) => {
  const before = process.cpuUsage();
  const reply = (result: Omit<LlamaReply, 'cpuMs'>): void => {
    const { user, system } = process.cpuUsage(before);
    process.send!({ ...result, cpuMs: (user + system) / 1000 } satisfies LlamaReply);
  };
  handle(request).then(reply, (error: unknown) => {
    reply({ ms: 0, error: error instanceof Error ? error.message : String(error) });
  });
});
process.on('disconnect', () => process.exit(0));
process.send!({ ms: 0, cpuMs: 0 } satisfies LlamaReply);
