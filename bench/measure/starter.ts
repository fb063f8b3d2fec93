import path from 'node:path';
import { Decoder } from '../../src/engine/model/decoder.ts';
import { priorities } from '../../src/engine/model/runQueue.ts';
import { AssembledSheet } from '../../src/engine/sheet/assemble.ts';
import { makeSegments, makeTask, segmentTokens } from '../corpus.ts';
import { compare, type Row } from '../report/results.ts';
import { interleave, type Arm } from '../sampling/rounds.ts';
import { buildSheet } from '../sheets.ts';
import { anyTokens, storeFolder, type BenchContext, type Measurement } from './context.ts';

const PROBE_TOKENS = 64;
const DECODED = 32;

export const starter: Measurement = {
  name: 'starter',
  title: 'the bundled starter model: prefill, decode, loading of a sheet',
  run: async (context) => {
    const folder = path.join(context.root, 'models', 'starter');
    const decoder = await Decoder.open({ folder, device: 'cpu', threads: context.threads });
    try {
      return { rows: [...(await speed(context, decoder)), ...(await sheetLoad(context, decoder))] };
    } finally {
      await decoder.dispose();
    }
  },
};

const roundsFor = ({ quick }: BenchContext) => ({ rounds: quick ? 3 : 9, budgetMs: quick ? 4_000 : 30_000 });

/** Nothing stands beside these; the arms take turns all the same. */
async function speed(context: BenchContext, decoder: Decoder): Promise<Row[]> {
  const [prompts, pasts] = context.quick
    ? [[384], [16]]
    : [
        [384, 2_048],
        [16, 2_048],
      ];
  const prefills = prompts.map((tokens): Arm & { tokens: number } => {
    const lane = decoder.lane(priorities.answer, tokens + 16);
    return {
      name: `prefill ${tokens}`,
      tokens,
      prepare: () => {
        lane.kv.truncate(0);
      },
      run: async () => {
        await lane.append(anyTokens(tokens));
        return undefined;
      },
    };
  });
  const decodes: (Arm & { tokens: number })[] = [];
  for (const past of pasts) {
    const lane = decoder.lane(priorities.answer, past + DECODED + 16);
    await lane.append(anyTokens(past));
    decodes.push({
      name: `decode at ${past}`,
      tokens: DECODED,
      prepare: () => {
        lane.kv.truncate(past);
      },
      run: async () => {
        for (const token of anyTokens(DECODED)) await lane.append([token]);
        return undefined;
      },
    });
  }
  const arms = [...prefills, ...decodes];
  for (const arm of arms) await arm.run();
  const rounds = await interleave(arms, roundsFor(context));
  return arms.map(({ name, tokens }) =>
    compare(rounds, { measurement: 'starter', name, a: { arm: name, label: 'starter' }, tokens }),
  );
}

async function sheetLoad(context: BenchContext, decoder: Decoder): Promise<Row[]> {
  const { profile } = decoder;
  const sourceTokens = context.quick ? 1_024 : profile.sheetTokens * profile.ratio;
  const segments = makeSegments(decoder, sourceTokens, profile.segmentTokens);
  const task = makeTask(decoder, PROBE_TOKENS);
  const { file, store } = await buildSheet(decoder, storeFolder(context), task, segments, profile.ratio);
  const positions = (await AssembledSheet.load(file, decoder, store)).length;
  const tokens = segmentTokens(decoder, segments).slice(0, positions);
  const lane = decoder.lane(priorities.answer, positions + 16);
  const arms: Arm[] = [
    {
      name: 'prefill',
      prepare: () => {
        lane.kv.truncate(0);
      },
      run: async () => {
        await lane.append(tokens);
        return undefined;
      },
    },
    {
      name: 'load',
      run: async () => {
        await AssembledSheet.load(file, decoder, store);
        return undefined;
      },
    },
  ];
  const rounds = await interleave(arms, roundsFor(context));
  return [
    compare(rounds, {
      measurement: 'starter',
      name: `sheet of ${positions} positions: prefill of as many raw tokens ÷ load from disk`,
      a: { arm: 'prefill', label: 'prefill' },
      b: { arm: 'load', label: `load ${file.segments.length} blocks` },
      note: 'Block files are in the page cache.',
    }),
  ];
}
