import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { compressCarried } from '../../src/engine/compress/carried.ts';
import { appendKept } from '../../src/engine/compress/gather.ts';
import { TaskAttention } from '../../src/engine/compress/strategies/m0.ts';
import { retrievalHeads } from '../../src/engine/compress/retrievalHeads.ts';
import { Grammars } from '../../src/engine/corpus/grammars.ts';
import { measuredBudgets, retrievalKinds, type MeasuredBudgets } from '../../src/engine/model/measured.ts';
import { priorities } from '../../src/engine/model/runQueue.ts';
import { arms } from '../../src/eval/arms/arms.ts';
import { variants } from '../../src/eval/arms/variants.ts';
import { dataSets } from '../../src/eval/data/sets.ts';
import { evaluate } from '../../src/eval/evaluate.ts';
import { totalBytes } from '../../src/eval/run/bytes.ts';
import { readAnswers } from '../../src/eval/run/journal.ts';
import { planOfSweep, sweeps } from '../../src/eval/run/sweeps.ts';
import { lookupTask, SmallWorkspaces } from '../engine/smallWorkspace.ts';
import { maxDifference } from '../model/fixtures.ts';
import { request } from './made.ts';

const small = new SmallWorkspaces();
afterAll(() => small.dispose());

describe.each(sweeps)('the sweep $name', (sweep) => {
  test('names arms and data that there are, and is in the documentation', () => {
    const plan = planOfSweep(sweep, undefined);
    expect(plan.arms.map((a) => a.name)).toEqual(sweep.arms);
    expect(plan.data.every((d) => dataSets.some((known) => known.name === d.name.split('@')[0]))).toBe(true);
    const text = readFileSync(new URL('../../docs/evaluation.md', import.meta.url), 'utf8');
    expect(text).toContain(`--sweep ${sweep.name} `);
  });
});

test('names of arms are one arm each', () => {
  const names = [...arms, ...variants].map((a) => a.name);
  expect(new Set(names).size).toBe(names.length);
});

test('a growing corpus grows', () => {
  const growth = sweeps.find((s) => s.sizes)!;
  const made = planOfSweep(growth, 1_000).data.filter((d) => d.name.startsWith('twin@'));
  expect(made.map((d) => d.name)).toEqual(growth.sizes!.map((f) => `twin@${1_000 * f}`));
  const lengths = made.map((set) => {
    const [corpus] = set.make({ ...request({ seed: 'growth', breadth: 'few', questions: 2 }), tokens: 99 });
    return [...corpus!.files.values()].join('').length;
  });
  lengths.slice(1).forEach((length, i) => expect(length / lengths[i]!).toBeGreaterThan(1.4));
});

describe.each(['llama-fp32', 'qwen3-fp32'])('a carried cache behind a preamble, %s', (model) => {
  test('keeps the preamble; with everything kept it is no compression, in one slice or several', async () => {
    const decoder = await small.decoder(model);
    const corpus = Array.from({ length: 40 }, (_, i) => (i * 31 + 5) % 400);
    const [preamble, probe, question] = [decoder.chat.preamble(), [7, 9, 11], [17, 230, 101]];
    expect(preamble.length).toBeGreaterThan(0);
    const plain = decoder.lane(priorities.answer, 64);
    await plain.append([...preamble, ...corpus, ...question]);
    for (const slices of [1, 2, 5]) {
      const work = decoder.lane(priorities.compress, 64);
      const options = { slices, ratio: 1, preamble };
      const steps = await compressCarried(decoder, work, corpus, probe, new TaskAttention('m0-zs'), options);
      expect(steps.length).toBe(slices);
      for (const head of steps.at(-1)!.origins.flat()) expect([...head]).toEqual(corpus.map((_, i) => i));
      const lane = decoder.lane(priorities.answer, 64);
      await lane.append(preamble);
      appendKept(lane.kv, steps.at(-1)!.kv, decoder.frequencies);
      await lane.append(question);
      expect(maxDifference(lane.logits, plain.logits)).toBeLessThan(1e-4);
    }
  });
});

test('variants answer in the bytes of the sheet', async () => {
  const decoder = await small.decoder('qwen3-fp32', { segmentTokens: 256, answerTokens: 4, ratio: 4 });
  const { attention, kvHeads } = decoder.graph;
  const retrieval: Partial<MeasuredBudgets['retrieval']> = {};
  for (const kind of retrievalKinds) retrieval[kind] = await retrievalHeads(decoder, undefined, kind);
  decoder.measured = measuredBudgets({
    model: decoder.fingerprint,
    samples: 1,
    ratios: [4, 8],
    errors: attention.map((_, l) => Array.from({ length: kvHeads }, (_, h) => [(l + 1) * (3 * h + 1), 2 * (l + 1)])),
    retrieval: retrieval as MeasuredBudgets['retrieval'],
  });
  const names = ['m0-zs', 'm0-zs/carried-1', 'm0-zs/carried-2', 'm0-zs/unrelated', 'm2/heads', 'compresskv/people'];
  const out = path.join(await small.folder('out'), 'run');
  await evaluate({
    plan: {
      profile: 'small',
      arms: [...arms, ...variants].filter((a) => names.includes(a.name)),
      ratios: [8],
      data: dataSets.filter((d) => d.name === 'twin'),
      draws: 1,
      questions: 1,
      breadth: 'few',
      size: 500,
      development: { questions: 1, budgets: [100] },
    },
    seed: 'variants',
    folders: [],
    out,
    fresh: false,
    perplexity: false,
    decoder,
    grammars: await Grammars.open(await small.grammarFolder()),
    task: () => Promise.resolve(lookupTask),
    program: 'test 1',
    command: '',
  });
  const { rows, config } = readAnswers(out);
  expect(config.measured).toBe(decoder.measured.id);
  expect(rows.map((r) => r.arm).sort()).toEqual([...names].sort());
  const sheet = totalBytes(rows.find((r) => r.arm === 'm0-zs')!.bytes);
  for (const row of rows) {
    expect([row.arm, row.unable, totalBytes(row.bytes) <= sheet]).toEqual([row.arm, undefined, true]);
    expect(totalBytes(row.bytes)).toBeGreaterThan(0.8 * sheet);
  }
}, 240_000);

test('a sweep of what has not been measured says so before any work', async () => {
  const decoder = await small.decoder('qwen3-fp32');
  const heads = variants.find((a) => a.name === 'm2/heads')!;
  await expect(heads.prepare!(decoder)).rejects.toMatchObject({
    code: 'model-unsupported',
    message: expect.stringContaining('m2/heads') as string,
  });
});
