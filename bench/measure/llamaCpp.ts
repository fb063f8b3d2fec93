import { argmax } from '../../src/engine/model/sampling.ts';
import { priorities } from '../../src/engine/model/runQueue.ts';
import type { Decoder } from '../../src/engine/model/decoder.ts';
import { LlamaClient } from '../llama/client.ts';
import { LLAMA_CPP_VERSION } from '../llama/install.ts';
import { ggufTypes, precisions, type Precision } from '../models/shapes.ts';
import { compare, type Row } from '../report/results.ts';
import { interleave, type Rounds } from '../sampling/rounds.ts';
import { spreadOf } from '../sampling/stats.ts';
import { anyTokens, withDecoder, type BenchContext, type Measurement } from './context.ts';

/** Tokens generated per sample, which is the median of their times: llama.cpp's threads wait for each other by spinning, so a single interruption costs it many. */
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
        await client.ask({ op: 'load', file, context: 4_096 });
        rows.push(...(await withDecoder(context, (d) => measure(context, d, client, precision), precision)));
      }
      return { rows };
    } finally {
      client.stop();
    }
  },
};

async function measure(
  context: BenchContext,
  decoder: Decoder,
  client: LlamaClient,
  precision: Precision,
): Promise<Row[]> {
  const same = await agreement(decoder, client);
  const [prompts, pasts] = context.quick
    ? [[256], [16]]
    : [
        [512, 2_048],
        [16, 2_048],
      ];
  const [ours, theirs] = [`Cribsheet ${precision}`, `llama.cpp ${ggufTypes[precision]}`];
  const note = `first greedy token equal in ${same} of ${CHECKED_PROMPTS} prompts`;
  const row = (rounds: Rounds, name: string, tokens: number): Row =>
    compare(rounds, {
      measurement: 'llama-cpp',
      name: `${precision}: ${name}`,
      a: { arm: 'ours', label: ours },
      b: { arm: 'theirs', label: theirs },
      tokens,
      note,
    });
  const rows: Row[] = [];
  for (const tokens of prompts)
    rows.push(row(await prefill(context, decoder, client, tokens), `prefill ${tokens}`, tokens));
  for (const past of pasts) rows.push(row(await decode(context, decoder, client, past), `decode at ${past}`, 1));
  return rows;
}

const roundsFor = ({ quick }: BenchContext) => ({
  rounds: quick ? 3 : 7,
  budgetMs: quick ? 4_000 : 20_000,
  maxOther: MAX_OTHER,
  settleMs: 200,
});

async function prefill(context: BenchContext, decoder: Decoder, client: LlamaClient, count: number): Promise<Rounds> {
  const tokens = anyTokens(count);
  const lane = decoder.lane(priorities.answer, count + 16);
  const arms = [
    {
      name: 'ours',
      prepare: () => {
        lane.kv.truncate(0);
      },
      run: async () => {
        await lane.append(tokens);
        return undefined;
      },
    },
    { name: 'theirs', run: () => client.ask({ op: 'prefill', tokens }) },
  ];
  for (const arm of arms) await arm.run();
  return interleave(arms, roundsFor(context));
}

async function decode(context: BenchContext, decoder: Decoder, client: LlamaClient, past: number): Promise<Rounds> {
  const tokens = anyTokens(past);
  const lane = decoder.lane(priorities.answer, past + DECODED + 16);
  await lane.append(tokens);
  const arms = [
    {
      name: 'ours',
      prepare: () => {
        lane.kv.truncate(past);
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
    },
    { name: 'theirs', run: () => client.ask({ op: 'decode', tokens, count: DECODED }) },
  ];
  for (const arm of arms) await arm.run();
  return interleave(arms, roundsFor(context));
}

/** Prompts after which both say the same token: proof that both run the same model. */
async function agreement(decoder: Decoder, client: LlamaClient): Promise<number> {
  const lane = decoder.lane(priorities.answer, 128);
  let same = 0;
  for (let i = 0; i < CHECKED_PROMPTS; i++) {
    const tokens = anyTokens(64).map((t) => 6 + ((t * (i + 3)) % 6_000));
    lane.kv.truncate(0);
    await lane.append(tokens);
    const { token } = await client.ask({ op: 'decode', tokens, count: 1 });
    if (token === argmax(lane.logits)) same++;
  }
  return same;
}
