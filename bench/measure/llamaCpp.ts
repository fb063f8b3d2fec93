import { argmax } from '../../src/engine/model/sampling.ts';
import { priorities } from '../../src/engine/model/runQueue.ts';
import type { Decoder } from '../../src/engine/model/decoder.ts';
import { LlamaClient } from '../llama/client.ts';
import { LLAMA_CPP_VERSION } from '../llama/install.ts';
import { ggufTypes, precisions, type Precision } from '../models/shapes.ts';
import { compare, type Row } from '../report/results.ts';
import { interleave, type Arm, type Rounds } from '../sampling/rounds.ts';
import { spreadOf } from '../sampling/stats.ts';
import { anyTokens, withDecoder, type BenchContext, type Measurement } from './context.ts';

/**
 * llama.cpp's threads wait for each other by spinning: on a machine with as many processors as threads, one
 * interruption costs them many, and one thread is often faster than two. So it is measured with one as well, and the
 * better of the two stands in the report.
 */
const threadChoices = ({ threads }: BenchContext): number[] => [...new Set([threads, 1])];

/** Tokens generated per sample, which is the median of their times. */
const DECODED = 32;
const CHECKED_PROMPTS = 8;
/** Stricter than elsewhere, for the same reason. */
const MAX_OTHER = 0.05;

export const llamaCpp: Measurement = {
  name: 'llama-cpp',
  title: `prefill and decode against node-llama-cpp ${LLAMA_CPP_VERSION} on the same weights`,
  run: async (context) => {
    if (context.llamaCpp === undefined) {
      const missing = 'node-llama-cpp is not installed; `npm run bench -- --install-llama-cpp` installs it first';
      return { rows: [], missing };
    }
    const client = await LlamaClient.start(context.llamaCpp, context.threads);
    try {
      const rows: Row[] = [];
      for (const precision of context.quick ? [context.precision] : precisions) {
        const file = context.models.gguf(context.shape, precision);
        await client.ask({ op: 'load', file, context: 4_096, threads: threadChoices(context) });
        rows.push(...(await withDecoder(context, (d) => measure(context, d, client, precision), precision)));
      }
      return { rows };
    } finally {
      client.stop();
    }
  },
};

type Side = 'prefill' | 'decode';

async function measure(
  context: BenchContext,
  decoder: Decoder,
  client: LlamaClient,
  precision: Precision,
): Promise<Row[]> {
  const same = await agreement(context, decoder, client);
  const note = `first greedy token equal in ${same} of ${CHECKED_PROMPTS} prompts`;
  const [prompts, pasts] = context.quick
    ? [[256], [16]]
    : [
        [512, 2_048],
        [16, 2_048],
      ];
  const cases = [...prompts.map((n) => ['prefill', n] as const), ...pasts.map((n) => ['decode', n] as const)];
  const rows: Row[] = [];
  for (const [side, count] of cases) {
    const rounds = await sideBySide(context, decoder, client, side, count);
    const best = faster(rounds, threadChoices(context));
    rows.push(
      compare(rounds, {
        measurement: 'llama-cpp',
        name: `${precision}: ${side === 'prefill' ? 'prefill' : 'decode at'} ${count}`,
        a: { arm: OURS, label: `Cribsheet ${precision}` },
        b: {
          arm: armOf(best),
          label: `llama.cpp ${ggufTypes[precision]}, ${best} ${best === 1 ? 'thread' : 'threads'}`,
        },
        // A sample of decoding is the time of one token.
        tokens: side === 'prefill' ? count : 1,
        note,
      }),
    );
  }
  return rows;
}

const OURS = 'ours';
const armOf = (threads: number): string => `llama.cpp with ${threads}`;

function faster({ samples }: Rounds, choices: readonly number[]): number {
  const median = (threads: number): number => spreadOf(samples[armOf(threads)]!).median;
  return choices.reduce((best, threads) => (median(threads) < median(best) ? threads : best));
}

async function sideBySide(
  context: BenchContext,
  decoder: Decoder,
  client: LlamaClient,
  side: Side,
  count: number,
): Promise<Rounds> {
  const tokens = anyTokens(count);
  const ours = side === 'prefill' ? prefill(decoder, tokens) : await decode(decoder, tokens);
  const theirs = threadChoices(context).map((threads): Arm => {
    const request = side === 'prefill' ? { op: side, tokens, threads } : { op: side, tokens, threads, count: DECODED };
    return { name: armOf(threads), run: () => client.ask(request) };
  });
  const arms = [ours, ...theirs];
  for (const arm of arms) {
    await arm.prepare?.();
    await arm.run();
  }
  const { quick } = context;
  return interleave(arms, {
    rounds: quick ? 3 : 7,
    budgetMs: quick ? 4_000 : 14_000,
    maxOther: MAX_OTHER,
    settleMs: 200,
  });
}

function prefill(decoder: Decoder, tokens: readonly number[]): Arm {
  const lane = decoder.lane(priorities.answer, tokens.length + 16);
  return {
    name: OURS,
    prepare: () => {
      lane.kv.truncate(0);
    },
    run: async () => {
      await lane.append(tokens);
      return undefined;
    },
  };
}

async function decode(decoder: Decoder, tokens: readonly number[]): Promise<Arm> {
  const lane = decoder.lane(priorities.answer, tokens.length + DECODED + 16);
  await lane.append(tokens);
  return {
    name: OURS,
    prepare: () => {
      lane.kv.truncate(tokens.length);
    },
    run: async () => {
      let token = argmax(lane.logits);
      const times: number[] = [];
      for (let i = 0; i < DECODED; i++) {
        const started = performance.now();
        await lane.append([token]);
        token = argmax(lane.logits);
        times.push(performance.now() - started);
      }
      return { ms: spreadOf(times).median };
    },
  };
}

/** Prompts after which both say the same token: proof that both run the same model. */
async function agreement({ threads }: BenchContext, decoder: Decoder, client: LlamaClient): Promise<number> {
  const lane = decoder.lane(priorities.answer, 128);
  let same = 0;
  for (let i = 0; i < CHECKED_PROMPTS; i++) {
    const tokens = anyTokens(64).map((t) => 6 + ((t * (i + 3)) % 6_000));
    lane.kv.truncate(0);
    await lane.append(tokens);
    const { token } = await client.ask({ op: 'decode', tokens, count: 1, threads });
    if (token === argmax(lane.logits)) same++;
  }
  return same;
}
