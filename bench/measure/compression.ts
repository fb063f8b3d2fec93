import { encodeSegment } from '../../src/engine/compress/encode.ts';
import { gatherKept } from '../../src/engine/compress/gather.ts';
import { Compressor } from '../../src/engine/compress/compressor.ts';
import { keptCount } from '../../src/engine/compress/select.ts';
import { strategyByName } from '../../src/engine/compress/strategies/byName.ts';
import type { Segment } from '../../src/engine/corpus/types.ts';
import type { Decoder } from '../../src/engine/model/decoder.ts';
import { priorities } from '../../src/engine/model/runQueue.ts';
import { blockKey, encodeBlock, type BlockInputs } from '../../src/engine/sheet/block.ts';
import { BlockStore } from '../../src/engine/sheet/store.ts';
import { limits } from '../../src/common/limits.ts';
import type { Task } from '../../src/common/task.ts';
import { makeSegments, makeTask } from '../corpus.ts';
import { atMost, compare, type Row } from '../report/results.ts';
import { interleave, type Arm } from '../sampling/rounds.ts';
import { spreadOf } from '../sampling/stats.ts';
import { storeFolder, withDecoder, type BenchContext, type Measurement } from './context.ts';

const RATIO = 16;
const PROBE_TOKENS = 128;
const parts = ['tokenise', 'prefill', 'probe', 'select', 'gather', 'encode', 'write'] as const;
type Part = (typeof parts)[number];

export const compression: Measurement = {
  name: 'compression',
  title: 'compressing a segment (tokenise, prefill, probe, select, gather, encode, write) ÷ prefilling it',
  run: (context) =>
    withDecoder(context, async (decoder) => {
      const rows: Row[] = [];
      for (const tokens of context.quick ? [256] : [832, 1_024])
        rows.push(...(await measure(context, decoder, tokens)));
      return { rows };
    }),
};

async function measure(context: BenchContext, decoder: Decoder, tokens: number): Promise<Row[]> {
  const rounds = context.quick ? 3 : 9;
  const segments = makeSegments(decoder, tokens * 4, tokens).slice(0, 3);
  const steps = new CompressionSteps(decoder, makeTask(decoder, PROBE_TOKENS), storeFolder(context));
  const lane = decoder.lane(priorities.compress, 2_048);
  const preamble = decoder.chat.preamble();
  await lane.append(preamble);
  let next = 0;
  const segment = (): Segment => segments[next++ % segments.length]!;
  let current = segment();
  const arms: Arm[] = [
    {
      name: 'prefill',
      prepare: () => {
        current = segment();
        lane.kv.truncate(preamble.length);
      },
      run: async () => {
        await lane.append(encodeSegment(decoder.tokenizer, current, decoder.profile.fileMark).ids);
        return undefined;
      },
    },
    // The same segment as the prefill of its round.
    {
      name: 'compress',
      run: async () => {
        await steps.whole(current);
        return undefined;
      },
    },
    {
      name: 'parts',
      run: async () => {
        await steps.apart(current);
        return undefined;
      },
    },
  ];
  for (const arm of arms) {
    await arm.prepare?.();
    await arm.run();
  }
  steps.times = [];
  const taken = await interleave(arms, { rounds, budgetMs: context.quick ? 5_000 : 60_000 });
  const size = segments[0]!.tokens;
  const probe = steps.probeTokens;
  const measurement = 'compression';
  const whole = compare(taken, {
    measurement,
    name: `segment of ${size} tokens, probe of ${probe}: compress ÷ prefill`,
    a: { arm: 'compress', label: 'compress and store' },
    b: { arm: 'prefill', label: 'prefill alone' },
    // At toy sizes the fixed length of the probe decides alone.
    ...(context.quick ? {} : { bar: atMost(1.3) }),
  });
  return [whole, ...steps.rows(`segment of ${size} tokens`)];
}

/** One segment to a stored block: as the product does it, and again with a clock between the steps. */
class CompressionSteps {
  times: Record<Part, number>[] = [];
  readonly probeTokens: number;
  private readonly decoder: Decoder;
  private readonly task: Task;
  private readonly store: BlockStore;
  private readonly strategy = strategyByName('m0-zs');
  private readonly compressor: Compressor;
  private readonly lane;
  private readonly probe: number[];
  private readonly preamble: number[];

  constructor(decoder: Decoder, task: Task, folder: string) {
    this.decoder = decoder;
    this.task = task;
    this.store = new BlockStore({ folder, quotaBytes: limits.storeBytes });
    this.preamble = decoder.chat.preamble();
    this.probe = decoder.chat.probe(task.instruction);
    this.probeTokens = this.probe.length;
    this.compressor = new Compressor(decoder, decoder.lane(priorities.compress, 2_048));
    this.lane = decoder.lane(priorities.compress, 2_048);
  }

  async whole(segment: Segment): Promise<void> {
    const { decoder } = this;
    const block = await this.compressor.compress(segment, this.task, this.strategy, RATIO);
    const { encoded } = block;
    const inputs = this.inputs(segment);
    const stored = { ...block, tokens: encoded.ids.length, lineOf: encoded.lineOf };
    await this.store.write(blockKey(inputs), encodeBlock(stored, decoder.graph.headSize, inputs));
  }

  /** The steps of `Compressor.compress` and of `SheetBuilder`, each timed. */
  async apart(segment: Segment): Promise<void> {
    const { decoder, lane, strategy, preamble } = this;
    const times = Object.fromEntries(parts.map((p) => [p, 0])) as Record<Part, number>;
    const time = async <T>(part: Part, work: () => T | Promise<T>): Promise<T> => {
      const started = performance.now();
      const result = await work();
      times[part] = performance.now() - started;
      return result;
    };
    if (lane.kv.length < preamble.length) await lane.append(preamble);
    lane.kv.truncate(preamble.length);
    const encoded = await time('tokenise', () => encodeSegment(decoder.tokenizer, segment, decoder.profile.fileMark));
    await time('prefill', () => lane.append(encoded.ids));
    const context = lane.kv.length;
    const tokens = encoded.ids.length;
    const sums = await time('probe', () => lane.append(this.probe, { scoreContext: context }));
    lane.kv.truncate(context);
    const { layers, kvHeads } = lane.kv.shape;
    const offset = preamble.length;
    const positions = await time('select', () => {
      const own = sums!.map((layer) => {
        const out = new Float32Array(kvHeads * tokens);
        for (let h = 0; h < kvHeads; h++) out.set(layer.subarray(h * context + offset, (h + 1) * context), h * tokens);
        return out;
      });
      const view = { layers, kvHeads, heads: decoder.graph.heads, tokens, sums: own, random: Math.random };
      return strategy.select(view, keptCount(tokens, RATIO));
    });
    const kept = await time('gather', () => gatherKept(lane.kv, offset, positions, decoder.frequencies));
    const inputs = this.inputs(segment);
    const bytes = await time('encode', () =>
      encodeBlock({ ...kept, positions, tokens, lineOf: encoded.lineOf }, decoder.graph.headSize, inputs),
    );
    await time('write', () => this.store.write(blockKey(inputs), bytes));
    this.times.push(times);
  }

  rows(name: string): Row[] {
    return parts.map((part) => ({
      measurement: 'compression',
      name: `${name}: ${part}`,
      unit: 'ms',
      a: { label: part, ...spreadOf(this.times.map((t) => t[part])) },
      rejected: 0,
      noisy: false,
    }));
  }

  private inputs(segment: Segment): BlockInputs {
    const { decoder, strategy, preamble, probe } = this;
    return {
      model: decoder.fingerprint,
      preamble,
      probe,
      strategy: strategy.name,
      ratio: RATIO,
      segment: segment.id,
    };
  }
}
