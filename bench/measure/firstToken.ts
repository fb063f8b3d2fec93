import { argmax } from '../../src/engine/model/sampling.ts';
import type { Decoder } from '../../src/engine/model/decoder.ts';
import type { Lane } from '../../src/engine/model/lane.ts';
import { priorities } from '../../src/engine/model/runQueue.ts';
import { AssembledSheet } from '../../src/engine/sheet/assemble.ts';
import { makeSegments, makeTask, segmentTokens } from '../corpus.ts';
import { atLeast, compare, type Row } from '../report/results.ts';
import { interleave, type Arm, type Rounds } from '../sampling/rounds.ts';
import { buildSheet } from '../sheets.ts';
import { makeQuestion } from '../source.ts';
import { storeFolder, withDecoder, type BenchContext, type Measurement } from './context.ts';

const RATIO = 16;
const SEGMENT_TOKENS = 1_024;
const PROBE_TOKENS = 128;
/** Questions per sample of the fast arms: one alone is too short for the processor clock. */
const QUESTIONS = 8;

interface Size {
  tokens: number;
  rounds: number;
  budgetMs: number;
  /** A sample of minutes is taken again at most this often. */
  retries?: number;
  /** The bars are set at this size. */
  bars?: boolean;
}

const sizes: Size[] = [
  { tokens: 2_048, rounds: 7, budgetMs: 60_000 },
  { tokens: 8_192, rounds: 5, budgetMs: 90_000 },
  { tokens: 32_768, rounds: 3, budgetMs: 150_000, retries: 1, bars: true },
];
const quickSizes: Size[] = [{ tokens: 2_048, rounds: 3, budgetMs: 10_000 }];

export const firstToken: Measurement = {
  name: 'first-token',
  title: 'time from a question of about 20 tokens to the first token of its answer',
  run: (context) =>
    withDecoder(context, async (decoder) => {
      const rows: Row[] = [];
      for (const size of context.quick ? quickSizes : sizes) rows.push(...(await measure(context, decoder, size)));
      return { rows };
    }),
};

async function measure(context: BenchContext, decoder: Decoder, size: Size): Promise<Row[]> {
  const segments = makeSegments(decoder, size.tokens, SEGMENT_TOKENS);
  const corpus = segmentTokens(decoder, segments);
  const preamble = decoder.chat.preamble();
  context.say(`  ${corpus.length} tokens: compressing ${segments.length} segments`);
  const { file, store } = await buildSheet(
    decoder,
    storeFolder(context),
    makeTask(decoder, PROBE_TOKENS),
    segments,
    RATIO,
  );

  const sheet = await AssembledSheet.load(file, decoder, store);
  const ragTokens = [...preamble, ...corpus].slice(0, sheet.length);
  const rag = decoder.lane(priorities.answer, ragTokens.length + 256);
  const fullTokens = [...preamble, ...corpus];
  const full = decoder.lane(priorities.answer, fullTokens.length + 256);
  let asked = 0;
  /** Tokenises a question, appends it and picks the first token of the answer. */
  const ask = async (lane: Lane): Promise<void> => {
    await lane.append(decoder.chat.question(makeQuestion(asked++)));
    argmax(lane.logits);
  };
  const arms: Arm[] = [
    {
      name: 'warm',
      batch: QUESTIONS,
      run: timed(() => {
        sheet.rewind();
        return ask(sheet.lane);
      }),
    },
    { name: 'cold', run: timed(async () => ask((await AssembledSheet.load(file, decoder, store)).lane)) },
    {
      name: 'rag',
      run: timed(async () => {
        rag.kv.truncate(0);
        await rag.append(ragTokens);
        await ask(rag);
      }),
    },
    {
      name: 'full',
      run: timed(async () => {
        full.kv.truncate(0);
        await full.append(fullTokens);
        await ask(full);
      }),
    },
    {
      // Follows `full`, which has just filled this lane.
      name: 'prefix-cached',
      batch: QUESTIONS,
      run: timed(() => {
        full.kv.truncate(fullTokens.length);
        return ask(full);
      }),
    },
  ];
  // The first runs of a session allocate; they are nobody's sample.
  for (const arm of arms.slice(0, 3)) await arm.run();
  const rounds = await interleave(arms, size);
  return rowsOf(rounds, size, { decoder, corpus: corpus.length, sheet: sheet.length, full: fullTokens.length });
}

const timed = (work: () => Promise<void>) => async (): Promise<undefined> => {
  await work();
  return undefined;
};

function rowsOf(
  rounds: Rounds,
  size: Size,
  { decoder, corpus, sheet, full }: { decoder: Decoder; corpus: number; sheet: number; full: number },
): Row[] {
  const { attention, kvHeads, headSize, kvType } = decoder.graph;
  const perPosition = attention.length * kvHeads * headSize * 2 * (kvType === 'float32' ? 4 : 2);
  const side = (arm: string, label: string, positions: number) => ({ arm, label, bytes: positions * perPosition });
  const warm = side('warm', 'warm sheet', sheet);
  const cold = side('cold', 'cold sheet (blocks read from disk)', sheet);
  const rag = side('rag', 'RAG, equal budget', sheet);
  const fullPrefill = side('full', 'full prefill', full);
  const prefixCached = side('prefix-cached', 'prefix-cached full KV', full);
  const measurement = 'first-token';
  const name = (what: string): string => `${corpus} tokens, ratio ${RATIO} (${sheet} positions): ${what}`;
  const bar = (limit: number) => (size.bars ? { bar: atLeast(limit) } : {});
  const row = (what: string, a: typeof warm, b: typeof warm, rest = {}): Row =>
    compare(rounds, { measurement, name: name(what), a, b, ...rest });
  return [
    row('full prefill ÷ warm sheet', fullPrefill, warm, bar(20)),
    row('RAG ÷ warm sheet', rag, warm, {
      ...bar(5),
      note: 'RAG prefills as many raw tokens as the sheet has positions; its search is not counted.',
    }),
    row('full prefill ÷ cold sheet', fullPrefill, cold, { note: 'Block files are in the page cache.' }),
    row('prefix-cached full KV ÷ warm sheet', prefixCached, warm, {
      note: 'The strong baseline: all keys and values stay in memory, only the question is prefilled.',
    }),
  ];
}
