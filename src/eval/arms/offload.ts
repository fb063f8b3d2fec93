import { CribsheetError } from '../../common/errors.ts';
import { Compressor } from '../../engine/compress/compressor.ts';
import { appendKept, type KeptKv } from '../../engine/compress/gather.ts';
import { requireCpu } from '../../engine/compress/requirements.ts';
import type { KeptPositions } from '../../engine/compress/strategy.ts';
import { priorities } from '../../engine/model/runQueue.ts';
import { BlockLookup, UNIT_TOKENS } from '../../engine/sheet/offload/blockLookup.ts';
import { choosePositions, type ChoiceShape } from '../../engine/sheet/offload/choosePositions.ts';
import { FullStore, type FullSegment } from '../../engine/sheet/offload/fullStore.ts';
import type { IndexShape, KeyIndex } from '../../engine/sheet/offload/keyIndex.ts';
import { LandmarkIndex } from '../../engine/sheet/offload/landmarkIndex.ts';
import { LowRankIndex } from '../../engine/sheet/offload/lowRankIndex.ts';
import { readQueries, type QuestionQueries } from '../../engine/sheet/offload/question.ts';
import { TwoBitIndex } from '../../engine/sheet/offload/twoBitIndex.ts';
import { BlockStore } from '../../engine/sheet/store.ts';
import { contextBytes, sheetPositions, totalBytes, type ContextBytes } from '../run/bytes.ts';
import { tell } from '../run/teller.ts';
import type { EvalQuestion } from '../types.ts';
import type { Arm, Reading, ReadRequest, Reply } from './arm.ts';

/** Bytes of blocks of one corpus. */
const QUOTA_BYTES = 64 * 1024 ** 3;
/** Positions that stay free for a question and its answer. */
const RESERVED = 512;
/** YAKV's budget: twice ShadowKV's 1.5625 % of the positions (arXiv 2604.08426), one in 32. */
const SHARE_PARTS = 32;

/** What stays in memory, and how a question chooses by it. */
interface Lookup {
  /** Bytes that a segment of so many tokens takes. */
  bytesOf(tokens: number): number;
  add(segment: FullSegment): void;
  /** @returns positions counted over all segments */
  choose(question: QuestionQueries, shape: ChoiceShape, keep: number, signal?: AbortSignal): Promise<KeptPositions>;
}

/** One way to find what a question needs among what lies on disk. */
interface Finder {
  name: string;
  about: string;
  /** It needs the attention that positions receive of their own segment. */
  received: boolean;
  makeLookup: (shape: IndexShape) => Lookup;
  /** Positions that are fetched together; a smaller budget holds nothing. Absent: single ones. */
  least?: number;
  /** How often the question chooses: from the second time on it is read behind what it chose before. Absent: once. */
  looks?: number;
}

/**
 * Offloading: keys and values of everything on disk, a small index in memory, and what the question picks is fetched
 * exactly. A prefetch in two passes: the question is read after the preamble for its queries, positions are chosen and
 * loaded once, and then it is read again and answered. The papers choose anew in every layer and at every step of the
 * answer, with queries that have already seen what was fetched before.
 */
function arm(finder: Finder, own: Pick<Arm, 'name' | 'about' | 'byRatio'>, keepOf: KeepOf): Arm {
  return {
    ...own,
    prepare: (decoder) => {
      requireCpu(own.name, decoder);
      return Promise.resolve();
    },
    read: (request) => readOffload(request, own.name, finder, keepOf),
  };
}

/** Index and fetched positions together in the bytes of the sheet. */
const atEqualBytes = (finder: Finder): Arm =>
  arm(
    finder,
    { name: finder.name, about: `${finder.about}; index and what is fetched in the sheet's bytes`, byRatio: true },
    inSheetBytes,
  );

/** One position in `parts` is fetched, whatever the index takes on top: how the papers give their budgets. */
const atShare = (finder: Finder, parts: number): Arm =>
  arm(
    finder,
    {
      name: `${finder.name}/${parts}`,
      about: `${finder.about}; one position in ${parts}, the index on top`,
      byRatio: false,
    },
    ({ corpus }) => Math.max(1, Math.round(corpus.tokens / parts)),
  );

/** Positions to fetch for a question. */
type KeepOf = (request: ReadRequest, index: number) => number;

/** As many as leave room for the index in the bytes of the sheet; none where the index alone takes more. */
const inSheetBytes: KeepOf = ({ decoder, corpus, ratio }, index) => {
  const sheet = totalBytes(contextBytes(decoder, sheetPositions(corpus.segments, ratio), true));
  const empty = totalBytes(contextBytes(decoder, 0, true));
  const one = totalBytes(contextBytes(decoder, 1, true)) - empty;
  return Math.floor((sheet - empty - index) / one);
};

const byIndex =
  (make: (shape: IndexShape) => KeyIndex) =>
  (shape: IndexShape): Lookup => {
    const index = make(shape);
    return {
      bytesOf: (tokens) => index.bytesOf(tokens),
      add: ({ keys, tokens }) => {
        index.add(keys, tokens);
      },
      choose: (question, choice, keep, signal) => choosePositions(index, question, choice, keep, signal),
    };
  };

const byUnits = (shape: IndexShape): Lookup => {
  const lookup = new BlockLookup(shape);
  return {
    bytesOf: (tokens) => lookup.bytesOf(tokens),
    add: (segment) => {
      lookup.add(segment);
    },
    choose: (question, choice, keep) => Promise.resolve(lookup.choose(question, choice, keep)),
  };
};

const exact = 'all keys and values on disk, the positions that the question looks at fetched by';

const finders: readonly Finder[] = [
  {
    name: 'offload-blocks',
    about: 'all keys and values on disk, units of 128 positions fetched by their representatives (InfLLM)',
    received: true,
    makeLookup: byUnits,
    least: UNIT_TOKENS,
  },
  {
    name: 'offload-exact',
    about: `${exact} 2-bit keys (YAKV)`,
    received: false,
    makeLookup: byIndex((shape) => new TwoBitIndex(shape)),
  },
  {
    name: 'offload-twice',
    about: `${exact} 2-bit keys, and once more behind what was fetched`,
    received: false,
    makeLookup: byIndex((shape) => new TwoBitIndex(shape)),
    looks: 2,
  },
  {
    name: 'offload-landmark',
    about: `${exact} mean keys of eight (ShadowKV)`,
    received: false,
    makeLookup: byIndex((shape) => new LandmarkIndex(shape)),
  },
  {
    name: 'offload-low-rank',
    about: `${exact} keys of low rank`,
    received: false,
    makeLookup: byIndex((shape) => new LowRankIndex(shape)),
  },
];

/** Each at equal bytes, and at YAKV's share. */
export const offloadArms: readonly Arm[] = finders.flatMap((finder) => [
  atEqualBytes(finder),
  atShare(finder, SHARE_PARTS),
]);

/** `offload-exact/N`, and so on: one position in N. @returns undefined where a name is none of these */
export function offloadShare(name: string): Arm | undefined {
  const [, own, parts] = /^(.+)\/([1-9]\d*)$/.exec(name) ?? [];
  const finder = finders.find((f) => f.name === own);
  return finder && atShare(finder, Number(parts));
}

async function readOffload(
  request: ReadRequest,
  name: string,
  { received, makeLookup, looks = 1, least = 1 }: Finder,
  keepOf: KeepOf,
): Promise<Reading> {
  const { decoder, corpus, folder, perplexity, signal } = request;
  const { attention, heads, kvHeads, headSize, attentionScale: scale } = decoder.graph;
  const { frequencies, profile, chat } = decoder;
  const shape: IndexShape = { layers: attention.length, kvHeads, headSize, frequencies };
  const store = new BlockStore({ folder, quotaBytes: QUOTA_BYTES, onCorrupt: () => undefined });
  const started = performance.now();
  const lookup = makeLookup(shape);
  const indexBytes = corpus.segments.reduce((sum, { tokens }) => sum + lookup.bytesOf(tokens), 0);
  // Better now than after the corpus has been read.
  const wanted = keepOf(request, indexBytes);
  if (wanted < Math.min(least, corpus.tokens)) {
    throw new CribsheetError(
      'context-too-long',
      `${name} at ${request.ratio}x: the index of ${corpus.tokens} positions takes ${indexBytes} bytes, which leaves no room for ${least === 1 ? 'a position' : `${least} positions`} in those of the sheet.`,
      'Use a lower ratio, or an arm with a share of its own (/32).',
    );
  }
  const full = await FullStore.write({
    decoder,
    store,
    segments: corpus.segments,
    received,
    onSegment: (segment) => {
      lookup.add(segment);
    },
    signal,
  });
  const preambleIds = chat.preamble();
  const lane = decoder.lane(priorities.answer, preambleIds.length + RESERVED);
  const preamble = await new Compressor(decoder, lane).compressPreamble(signal);
  const prepareMs = performance.now() - started;
  const room = decoder.window - preambleIds.length - Math.max(RESERVED, profile.answerTokens);
  const keep = Math.min(wanted, room, corpus.tokens);
  const choice: ChoiceShape = { ...shape, heads, scale, segments: full.segments };

  const ask = async (question: EvalQuestion, gold: string): Promise<Reply> => {
    const begun = performance.now();
    const ids = chat.question(question.question);
    const start = (): void => {
      // From nothing: a block of unequal layers cannot be cut off again.
      lane.kv.truncate(0);
      appendKept(lane.kv, preamble, decoder.frequencies);
    };
    const look = async (): Promise<KeptKv> => {
      const queries = await readQueries(lane, ids, signal);
      const found = await full.fetch(await lookup.choose(queries, choice, keep, signal));
      start();
      appendKept(lane.kv, found, decoder.frequencies);
      return found;
    };
    start();
    let fetched = await look();
    for (let i = 1; i < looks; i++) fetched = await look();
    const told = await tell(decoder, lane, question.question, { gold, perplexity, signal, begun });
    const average = fetched.counts.reduce((sum, count) => sum + count, 0) / fetched.counts.length;
    const bytes: ContextBytes = { ...contextBytes(decoder, average, true), index: indexBytes };
    const positions = preambleIds.length + fetched.kept;
    return { ...told, prefilled: (looks + 1) * told.question, positions, bytes, disk: full.bytes };
  };
  return { prepareMs, coverage: 1, ask };
}
