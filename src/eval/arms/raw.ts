import type { LineRange } from '../../common/answers.ts';
import { CribsheetError } from '../../common/errors.ts';
import { packChunks, packSegmentsRaw } from '../../engine/answer/context.ts';
import type { Hit } from '../../engine/retrieve/textIndex.ts';
import { contextBytes, equalTokens } from '../run/bytes.ts';
import { tell } from '../run/teller.ts';
import type { EvalQuestion } from '../types.ts';
import type { Arm, Reading, ReadRequest, Reply } from './arm.ts';

/** Chunks asked of the index; packing keeps what fits. */
export const RETRIEVE_LIMIT = 200;
/** Positions that stay free for a question and its answer. */
const RESERVED = 512;

/** Nothing is read: what can be guessed. */
export const none: Arm = {
  name: 'none',
  about: 'no context: what can be guessed',
  byRatio: false,
  read: (request) => standing(request, [], 0),
};

/** The whole corpus in one prefill, kept for all questions: what compression is measured against. */
export const full: Arm = {
  name: 'full',
  about: 'the whole corpus, nothing dropped, prefilled once; only where it fits into the window',
  byRatio: false,
  read: (request) => {
    const { ids } = packSegmentsRaw(request.corpus.segments, request.decoder.tokenizer, request.decoder.profile);
    return standing(request, ids, 1);
  },
};

/** First and last halves of the corpus within the bytes of the sheet, as the seed paper cuts what is too long. */
export const truncation: Arm = {
  name: 'truncation',
  about: "the first and last tokens of the corpus, in as many bytes as the sheet's",
  byRatio: true,
  read: (request) => {
    const { decoder, corpus, ratio } = request;
    const { ids } = packSegmentsRaw(corpus.segments, decoder.tokenizer, decoder.profile);
    const budget = Math.min(equalTokens(decoder, corpus.segments, ratio), ids.length);
    const head = Math.ceil(budget / 2);
    const cut = [...ids.slice(0, head), ...ids.slice(ids.length - (budget - head))];
    return standing(request, cut, budget / Math.max(1, ids.length));
  },
};

/**
 * A context that stands for all questions.
 * @param coverage share of the source tokens that is in it
 * @throws CribsheetError `context-too-long`
 */
export async function standing(request: ReadRequest, ids: readonly number[], coverage: number): Promise<Reading> {
  const { decoder, scratch, perplexity, signal } = request;
  const preamble = decoder.chat.preamble();
  const free = decoder.window - preamble.length - Math.max(RESERVED, decoder.profile.answerTokens);
  if (ids.length > free) {
    throw new CribsheetError(
      'context-too-long',
      `${ids.length} tokens of context do not fit: the window has room for ${free}.`,
      'Use a smaller corpus (--size) or a model with a longer window.',
    );
  }
  const started = performance.now();
  scratch.kv.truncate(0);
  await scratch.append([...preamble, ...ids], { signal });
  const prepareMs = performance.now() - started;
  const bytes = contextBytes(decoder, ids.length, false);
  return {
    prepareMs,
    coverage,
    ask: async (question, gold) => {
      const told = await tell(decoder, scratch, question.question, { gold, perplexity, signal });
      return { ...told, prefilled: told.question, positions: scratch.kv.length, bytes };
    },
  };
}

/** Full-text retrieval with as many bytes of raw text as the sheet takes. */
export const rag: Arm = {
  name: 'rag',
  about: "BM25 over chunks, raw text in as many bytes as the sheet's",
  byRatio: true,
  read: (request) =>
    retrieving(request, equalTokens(request.decoder, request.corpus.segments, request.ratio), search(request)),
};

/** The same with the budget that serves the model best. */
export const ragTuned: Arm = {
  name: 'rag-tuned',
  about: 'BM25 over chunks, with the budget that did best on the development split',
  byRatio: false,
  read: (request) => retrieving(request, request.ragTokens, search(request)),
};

/** RAG whose retrieval never fails: chunks that hold the answer, and no others. */
export const ragOracle: Arm = {
  name: 'rag-oracle',
  about: 'the chunks that hold the answer and no others: retrieval that never fails',
  byRatio: false,
  read: (request) => retrieving(request, Infinity, (question) => goldChunks(request, question)),
};

const search =
  ({ corpus }: ReadRequest) =>
  ({ question }: EvalQuestion): Hit[] =>
    corpus.index.search(question, { limit: RETRIEVE_LIMIT });

function goldChunks({ corpus }: ReadRequest, { evidence }: EvalQuestion): Hit[] {
  const found = evidence.flatMap((place) => corpus.index.chunksOf(place.path).filter((chunk) => holds(chunk, place)));
  const each = new Map(found.map((chunk) => [`${chunk.path}:${chunk.startLine}`, chunk]));
  return [...each.values()].map((chunk) => ({ ...chunk, score: 1 }));
}

/** Context is read anew for each question. */
function retrieving(
  request: ReadRequest,
  budget: number,
  retrieve: (question: EvalQuestion) => Hit[],
): Promise<Reading> {
  const { decoder, corpus, scratch, perplexity, signal } = request;
  const { tokenizer, profile, chat } = decoder;
  const preamble = chat.preamble();
  const ask = async (question: EvalQuestion, gold: string): Promise<Reply> => {
    const begun = performance.now();
    const free = decoder.window - preamble.length - profile.answerTokens - chat.question(question.question).length;
    const { context, used } = packChunks(retrieve(question), Math.max(0, Math.min(budget, free)), tokenizer, profile);
    scratch.kv.truncate(0);
    await scratch.append([...preamble, ...context.ids], { signal });
    const told = await tell(decoder, scratch, question.question, { gold, perplexity, signal, begun });
    const bytes = contextBytes(decoder, context.ids.length, false);
    const prefilled = preamble.length + context.ids.length + told.question;
    return {
      ...told,
      prefilled,
      positions: preamble.length + context.ids.length,
      bytes,
      recall: recall(question, used),
    };
  };
  return Promise.resolve({ prepareMs: 0, coverage: Math.min(1, budget / Math.max(1, corpus.tokens)), ask });
}

/** Share of the places of an answer that stand in some chunk. */
export function recall({ evidence }: EvalQuestion, chunks: readonly LineRange[]): number {
  const found = evidence.filter((place) => chunks.some((chunk) => holds(chunk, place)));
  return evidence.length > 0 ? found.length / evidence.length : 1;
}

const holds = (chunk: LineRange, { path, startLine }: LineRange): boolean =>
  chunk.path === path && chunk.startLine <= startLine && startLine <= chunk.endLine;
