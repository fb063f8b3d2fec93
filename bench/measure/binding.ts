import * as ort from 'onnxruntime-node';
import { KvCache } from '../../src/engine/model/kvCache.ts';
import { Lane } from '../../src/engine/model/lane.ts';
import { readModelFolder } from '../../src/engine/model/layout.ts';
import { openGraph, openSession } from '../../src/engine/model/openSession.ts';
import { priorities, RunQueue } from '../../src/engine/model/runQueue.ts';
import { StepPlan } from '../../src/engine/model/stepPlan.ts';
import { StepRunner, type KvTransfer } from '../../src/engine/model/stepRunner.ts';
import { compare, type Row } from '../report/results.ts';
import { interleave } from '../sampling/rounds.ts';
import { anyTokens, type BenchContext, type Measurement } from './context.ts';

/** Tokens generated per sample. */
const DECODED = 16;

export const binding: Measurement = {
  name: 'binding',
  title: 'decode with the sequence guard against the stock binding and against copying',
  run: async (context) => {
    const { lane, release } = await openRunners(context);
    try {
      const rows: Row[] = [];
      for (const past of context.quick ? [256] : [2_048, 8_192]) rows.push(...(await measure(context, lane, past)));
      return { rows };
    } finally {
      await release();
    }
  },
};

type MakeLane = (transfer: KvTransfer, capacity: number) => Lane;

/** The same model in two sessions, with and without the guard; the three transfers run on those. */
async function openRunners({ models, shape, precision, threads }: BenchContext): Promise<{
  lane: MakeLane;
  release: () => Promise<void>;
}> {
  const folder = await readModelFolder(models.onnx(shape, precision));
  const opened = await openGraph(folder);
  const { attention, heads, kvHeads, headSize, kvType, vocabulary, maxPositions } = opened.graph;
  const guarded = await openSession(ort, folder, opened.bytes(true), 'cpu', threads);
  const plain = await openSession(ort, folder, opened.bytes(false), 'cpu', threads);
  const lane: MakeLane = (transfer, capacity) => {
    const session = transfer === 'in-place-guarded' ? guarded : plain;
    return new Lane({
      kv: new KvCache({ layers: attention.length, kvHeads, headSize, type: kvType }, capacity),
      vocabulary,
      runner: new StepRunner(ort, session, opened.graph, transfer),
      queue: new RunQueue(),
      plan: new StepPlan(),
      priority: priorities.answer,
      maxPositions,
      heads,
    });
  };
  const release = async (): Promise<void> => {
    await guarded.release();
    await plain.release();
  };
  return { lane, release };
}

async function measure(context: BenchContext, makeLane: MakeLane, past: number): Promise<Row[]> {
  const tokens = anyTokens(past);
  const transfers = ['in-place-guarded', 'in-place', 'copy'] as const;
  const first = makeLane('in-place-guarded', past + 256);
  await first.append(tokens);
  const arms = transfers.map((transfer) => {
    const lane = makeLane(transfer, past + 256);
    lane.kv.keys = first.kv.keys.map((a) => a.slice());
    lane.kv.values = first.kv.values.map((a) => a.slice());
    lane.kv.length = past;
    return {
      name: transfer,
      prepare: () => {
        lane.kv.truncate(past);
      },
      run: async () => {
        for (let i = 0; i < DECODED; i++) await lane.append([tokens[i]!]);
        return undefined;
      },
    };
  });
  for (const arm of arms) await arm.run();
  const rounds = await interleave(arms, {
    rounds: context.quick ? 3 : 7,
    budgetMs: context.quick ? 4_000 : 45_000,
    settleMs: 200,
  });
  const row = (other: KvTransfer, label: string): Row =>
    compare(rounds, {
      measurement: 'binding',
      name: `decode at ${past} positions: guard ÷ ${label}`,
      a: { arm: 'in-place-guarded', label: 'sequence guard' },
      b: { arm: other, label },
      tokens: DECODED,
    });
  return [row('in-place', 'stock binding, buffers shared'), row('copy', 'copies in and out')];
}
