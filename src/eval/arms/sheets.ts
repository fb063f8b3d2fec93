import path from 'node:path';
import type { StrategyName } from '../../common/names.ts';
import { packChunks } from '../../engine/answer/context.ts';
import { queryAware } from '../../engine/compress/strategies/queryAware.ts';
import { strategyByName } from '../../engine/compress/strategies/byName.ts';
import type { Strategy } from '../../engine/compress/strategy.ts';
import type { Segment } from '../../engine/corpus/types.ts';
import { AssembledSheet } from '../../engine/sheet/assemble.ts';
import { SheetBuilder } from '../../engine/sheet/builder.ts';
import { SheetFolder } from '../../engine/sheet/sheetFile.ts';
import { BlockStore } from '../../engine/sheet/store.ts';
import { contextBytes, equalTokens, totalBytes, type ContextBytes } from '../run/bytes.ts';
import { tell } from '../run/teller.ts';
import type { Arm, Reading, ReadRequest } from './arm.ts';
import { recall, RETRIEVE_LIMIT } from './raw.ts';

/** Bytes of blocks of one corpus at one ratio. */
const QUOTA_BYTES = 64 * 1024 ** 3;
/** Of the bytes of a hybrid context, this part is the sheet; raw chunks take the rest. */
const SHEET_SHARE = 0.5;

/** The product's own path: blocks computed, written, read back, assembled. One arm for each strategy. */
export function sheetArm(name: StrategyName): Arm {
  const strategy = strategyByName(name);
  return {
    name,
    about: `the sheet of strategy ${name} (${strategy.source})`,
    byRatio: true,
    prepare: async (decoder, signal) => strategy.prepare?.(decoder, signal),
    read: (request) => readSheet(request, strategy, request.corpus.segments),
  };
}

/** Segments without card lines: what the cards are worth to a strategy. */
export function withoutCardsArm(name: StrategyName): Arm {
  return {
    name: 'no-card',
    about: `the sheet of strategy ${name} over segments without card lines`,
    byRatio: true,
    read: (request) => readSheet(request, strategyByName(name), request.corpus.withoutCards()),
  };
}

/** A smaller sheet and after it what retrieval finds, together in the bytes of the sheet. */
export function hybridArm(name: StrategyName): Arm {
  return {
    name: 'hybrid',
    about: `half a sheet of strategy ${name} and raw chunks by BM25, together in the sheet's bytes`,
    byRatio: true,
    read: (request) => readHybrid(request, strategyByName(name)),
  };
}

/** The seed paper's upper bound: the question is known while its sheet is made. */
export const queryAwareArm: Arm = {
  name: 'fs-q',
  about: 'the sheet of m0-fs made anew for each question, which it knows: an upper bound, no product (FS+Q)',
  byRatio: true,
  read: (request) => {
    const { perplexity, signal, corpus, decoder } = request;
    return Promise.resolve({
      prepareMs: 0,
      coverage: 1,
      ask: async ({ question }, gold) => {
        const begun = performance.now();
        const { sheet, bytes } = await build(request, queryAware(question), corpus.segments, request.ratio);
        const told = await tell(decoder, sheet.lane, question, { gold, perplexity, signal, begun });
        return { ...told, prefilled: corpus.tokens + told.question, positions: sheet.length, bytes };
      },
    });
  },
};

async function readSheet(request: ReadRequest, strategy: Strategy, segments: readonly Segment[]): Promise<Reading> {
  const { decoder, ratio, perplexity, signal } = request;
  const { sheet, bytes, prepareMs, coverage } = await build(request, strategy, segments, ratio);
  return {
    prepareMs,
    coverage,
    ask: async (question, gold) => {
      const told = await tell(decoder, sheet.lane, question.question, { gold, perplexity, signal });
      return { ...told, prefilled: told.question, positions: sheet.length, bytes };
    },
  };
}

async function readHybrid(request: ReadRequest, strategy: Strategy): Promise<Reading> {
  const { decoder, corpus, ratio, perplexity, signal } = request;
  const { tokenizer, profile, chat } = decoder;
  const { segments, index } = corpus;
  const { sheet, bytes, prepareMs, coverage } = await build(request, strategy, segments, ratio / SHEET_SHARE);
  const one = totalBytes(contextBytes(decoder, 1, false)) - totalBytes(contextBytes(decoder, 0, false));
  const raw = equalTokens(decoder, segments, ratio) - Math.ceil((totalBytes(bytes) - bytes.preamble) / one);
  return {
    prepareMs,
    coverage,
    ask: async (question, gold) => {
      const begun = performance.now();
      const free = sheet.lane.room - profile.answerTokens - chat.question(question.question).length;
      const hits = index.search(question.question, { limit: RETRIEVE_LIMIT });
      const { context, used } = packChunks(hits, Math.max(0, Math.min(raw, free)), tokenizer, profile);
      try {
        await sheet.lane.append(context.ids, { signal });
        const told = await tell(decoder, sheet.lane, question.question, { gold, perplexity, signal, begun });
        const beside = contextBytes(decoder, context.ids.length, false);
        const both = { ...bytes, keys: bytes.keys + beside.keys, values: bytes.values + beside.values };
        const read = context.ids.length + told.question;
        const positions = sheet.length + context.ids.length;
        return { ...told, prefilled: read, positions, bytes: both, recall: recall(question, used) };
      } finally {
        sheet.rewind();
      }
    },
  };
}

/** Makes a sheet and loads it, as the product does. */
async function build(
  { decoder, corpus, task, grammars, folder, signal }: ReadRequest,
  strategy: Strategy,
  segments: readonly Segment[],
  ratio: number,
): Promise<{ sheet: AssembledSheet; bytes: ContextBytes; prepareMs: number; coverage: number }> {
  const blocks = new BlockStore({ folder, quotaBytes: QUOTA_BYTES, onCorrupt: () => undefined });
  const sheets = new SheetFolder(path.join(folder, 'sheets'));
  const started = performance.now();
  const { sheet: built } = await new SheetBuilder(decoder, blocks, sheets, grammars).build({
    task,
    strategy,
    ratio,
    sheetTokens: decoder.window,
    scope: [],
    segments,
    files: corpus.files,
    skipped: [],
    sheetId: 'eval',
    signal,
  });
  const prepareMs = performance.now() - started;
  const file = (await sheets.list()).find((s) => s.id === built.id)!;
  const sheet = await AssembledSheet.load(file, decoder, blocks);
  const preamble = decoder.chat.preamble().length;
  const { kv } = sheet.lane;
  // Layers may have budgets of their own.
  const lengths = decoder.graph.attention.map((_, layer) => kv.lengthOf(layer) - preamble);
  const bytes = contextBytes(
    decoder,
    lengths.reduce((sum, l) => sum + l, 0) / lengths.length,
    true,
    kv.bias !== undefined,
  );
  const { tokens, tokensTotal } = built.coverage;
  return { sheet, bytes, prepareMs, coverage: tokens / Math.max(1, tokensTotal) };
}
