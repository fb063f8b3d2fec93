import path from 'node:path';
import type { StrategyName } from '../../common/names.ts';
import { strategyByName } from '../../engine/compress/strategies/byName.ts';
import type { Segment } from '../../engine/corpus/types.ts';
import { AssembledSheet } from '../../engine/sheet/assemble.ts';
import { SheetBuilder } from '../../engine/sheet/builder.ts';
import { SheetFolder } from '../../engine/sheet/sheetFile.ts';
import { BlockStore } from '../../engine/sheet/store.ts';
import { contextBytes } from '../run/bytes.ts';
import { tell } from '../run/teller.ts';
import type { Arm, Reading, ReadRequest } from './arm.ts';

/** Bytes of blocks of one corpus at one ratio. */
const QUOTA_BYTES = 64 * 1024 ** 3;

/** The product's own path: blocks computed, written, read back, assembled. One arm for each strategy. */
export function sheetArm(name: StrategyName): Arm {
  return {
    name,
    about: `the sheet of strategy ${name} (${strategyByName(name).source})`,
    byRatio: true,
    read: (request) => readSheet(request, name, request.corpus.segments),
  };
}

/** Segments without card lines: what the cards are worth to a strategy. */
export function withoutCardsArm(name: StrategyName): Arm {
  return {
    name: 'no-card',
    about: `the sheet of strategy ${name} over segments without card lines`,
    byRatio: true,
    read: (request) => readSheet(request, name, request.corpus.withoutCards()),
  };
}

async function readSheet(request: ReadRequest, name: StrategyName, segments: readonly Segment[]): Promise<Reading> {
  const { decoder, corpus, task, ratio, folder, perplexity, signal } = request;
  const blocks = new BlockStore({ folder, quotaBytes: QUOTA_BYTES, onCorrupt: () => undefined });
  const sheets = new SheetFolder(path.join(folder, 'sheets'));
  const started = performance.now();
  const { sheet: built } = await new SheetBuilder(decoder, blocks, sheets).build({
    task,
    strategy: strategyByName(name),
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
  // Layers may have budgets of their own.
  const lengths = decoder.graph.attention.map((_, layer) => sheet.lane.kv.lengthOf(layer) - preamble);
  const bytes = contextBytes(decoder, lengths.reduce((sum, l) => sum + l, 0) / lengths.length, true);
  return {
    prepareMs,
    coverage: built.coverage.tokens / Math.max(1, built.coverage.tokensTotal),
    ask: async (question, gold) => {
      const told = await tell(decoder, sheet.lane, question.question, { gold, perplexity, signal });
      return { ...told, prefilled: told.question, positions: sheet.length, bytes };
    },
  };
}
