import path from 'node:path';
import type { Storage, StrategyName } from '../../common/names.ts';
import { packChunks } from '../../engine/answer/context.ts';
import { questionFeatures } from '../../engine/answer/features.ts';
import { queryAware } from '../../engine/compress/strategies/queryAware.ts';
import { strategyByName } from '../../engine/compress/strategies/byName.ts';
import type { Strategy } from '../../engine/compress/strategy.ts';
import type { Segment } from '../../engine/corpus/types.ts';
import { AssembledSheet } from '../../engine/sheet/assemble.ts';
import { SheetBuilder } from '../../engine/sheet/builder.ts';
import { SheetFolder, type SheetFile } from '../../engine/sheet/sheetFile.ts';
import { BlockStore } from '../../engine/sheet/store.ts';
import { sheetSize } from '../../engine/sheet/summary.ts';
import { contextBytes, equalTokens, totalBytes, type ContextBytes } from '../run/bytes.ts';
import { tell } from '../run/teller.ts';
import type { Arm, Reading, ReadRequest } from './arm.ts';
import { recall, RETRIEVE_LIMIT } from './raw.ts';

/** Bytes of blocks of one corpus at one ratio. */
const QUOTA_BYTES = 64 * 1024 ** 3;
/** Of the bytes of a hybrid context, this part is the sheet; raw chunks take the rest. */
const SHEET_SHARE = 0.5;
const SHEET_ID = 'eval';

/**
 * The product's own path: blocks computed, written, read back, assembled. One arm for each strategy.
 * @param storage how keys and values are written; another one than half precision makes an arm `STRATEGY@STORAGE`
 */
export function sheetArm(name: StrategyName, storage: Storage = 'f16'): Arm {
  const strategy = strategyByName(name);
  const { name: own, about, ...arm } = strategyArm(strategy, storage);
  const kept = storage === 'f16' ? own : `${own}@${storage}`;
  const stored = storage === 'f16' ? '' : `, its blocks written as ${storage}`;
  return { ...arm, name: kept, about: `${about} (${strategy.source})${stored}` };
}

/** The same for a strategy that has no name of the product. */
export function strategyArm(strategy: Strategy, storage: Storage = 'f16'): Arm {
  return {
    name: strategy.name,
    about: `the sheet of strategy ${strategy.name}`,
    byRatio: true,
    prepare: async (decoder, signal) => strategy.prepare?.(decoder, signal),
    read: (request) => readSheet(request, strategy, request.corpus.segments, { storage }),
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

/** A sheet whose segments share its positions by structural weight, not by size alone; no more bytes in all. */
export function weightedArm(name: StrategyName): Arm {
  return {
    name: 'weighted',
    about: `the sheet of strategy ${name}, positions by size × structural weight of the segments`,
    byRatio: true,
    read: (request) => readSheet(request, strategyByName(name), request.corpus.segments, { weighted: true }),
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
        return { ...told, prefilled: corpus.tokens + told.question, positions: sheet.positions, bytes };
      },
    });
  },
};

/** How a sheet is made, beside strategy and ratio. */
interface Making {
  storage?: Storage;
  /** Positions by structural weight of the segments, not by size alone. */
  weighted?: boolean;
}

async function readSheet(
  request: ReadRequest,
  strategy: Strategy,
  segments: readonly Segment[],
  making: Making = {},
): Promise<Reading> {
  const { decoder, ratio, perplexity, signal, corpus, features } = request;
  const { sheet, bytes, disk, prepareMs, coverage } = await build(request, strategy, segments, ratio, making);
  return {
    prepareMs,
    coverage,
    ask: async (question, gold) => {
      const told = await tell(decoder, sheet.lane, question.question, { gold, perplexity, signal });
      const noted = features ? { features: questionFeatures(question.question, corpus.index, sheet.file) } : {};
      return { ...told, prefilled: told.question, positions: sheet.positions, bytes, disk, ...noted };
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
        const positions = sheet.positions + context.ids.length;
        return { ...told, prefilled: read, positions, bytes: both, recall: recall(question, used) };
      } finally {
        sheet.rewind();
      }
    },
  };
}

/** The sheet that was made last for a request. */
export async function readSheetFile({ folder }: ReadRequest): Promise<SheetFile> {
  const sheet = await new SheetFolder(path.join(folder, 'sheets')).read(SHEET_ID);
  if (!sheet) throw new Error('no sheet has been made');
  return sheet;
}

/** Makes a sheet and loads it, as the product does. */
async function build(
  { decoder, corpus, task, grammars, folder, signal }: ReadRequest,
  strategy: Strategy,
  segments: readonly Segment[],
  ratio: number,
  { storage, weighted }: Making = {},
): Promise<{ sheet: AssembledSheet; bytes: ContextBytes; disk: number; prepareMs: number; coverage: number }> {
  const blocks = new BlockStore({ folder, quotaBytes: QUOTA_BYTES, onCorrupt: () => undefined });
  const sheets = new SheetFolder(path.join(folder, 'sheets'));
  const started = performance.now();
  const { sheet: built } = await new SheetBuilder(decoder, blocks, sheets, grammars).build({
    task,
    strategy,
    ratio,
    storage,
    weighted,
    sheetTokens: decoder.window,
    scope: [],
    segments,
    files: corpus.files,
    skipped: [],
    sheetId: SHEET_ID,
    signal,
  });
  const prepareMs = performance.now() - started;
  const file = (await sheets.read(built.id))!;
  const sheet = await AssembledSheet.load(file, decoder, blocks);
  const preamble = decoder.chat.preamble().length;
  const { kv } = sheet.lane;
  // Layers and heads may have budgets of their own.
  const lengths = Array.from({ length: kv.shape.layers }, (_, layer) => kv.lengthOf(layer) - preamble);
  const bytes = contextBytes(
    decoder,
    lengths.reduce((sum, l) => sum + l, 0) / lengths.length,
    true,
    kv.bias !== undefined,
  );
  const { tokens, tokensTotal } = sheet.file.coverage;
  const disk = (await sheetSize(file, blocks)).bytes;
  return { sheet, bytes, disk, prepareMs, coverage: tokens / Math.max(1, tokensTotal) };
}
