import type { Answer, Coverage, FoundPlace, LineRange, Unsure } from '../../common/answers.ts';
import { CribsheetError, errorRecord, type ErrorRecord } from '../../common/errors.ts';
import type { Mode } from '../../common/names.ts';
import { Turns } from '../../common/turns.ts';
import type { Segment } from '../corpus/types.ts';
import type { Confidence } from '../model/confidence.ts';
import type { Decoder } from '../model/decoder.ts';
import { generate } from '../model/generate.ts';
import type { Lane } from '../model/lane.ts';
import { priorities } from '../model/runQueue.ts';
import type { Hit, TextIndex } from '../retrieve/textIndex.ts';
import type { AskedSheet } from '../sheet/assemble.ts';
import type { SheetFile } from '../sheet/sheetFile.ts';
import { citationsFor, type CitationContext } from './citations.ts';
import { packChunks, packSegmentsRaw, type RawContext } from './context.ts';
import { definitionsAsked, HeldBack, unsureOf } from './doubt.ts';
import { AttentionTrace, originsOf, type Origin } from './evidence.ts';
import { focusChunks, withFocusFirst } from './focus.ts';
import { hashesOf, hashInSheet, stillThere, type HashesRead } from './places.ts';
import { checkLength, contextTooLong, freePositions } from './room.ts';
import { route, unreadableSheet } from './route.ts';
import { CurrentSources } from './sources.ts';

/** Chunks asked of the index; packing keeps what fits. */
const RETRIEVE_LIMIT = 40;
/** Chunks shown when there is no model to read them. */
const SHOWN_CHUNKS = 8;
/** Places shown beside an answer that should not be relied on. */
const FOUND_PLACES = 5;

export interface Question {
  id: string;
  question: string;
  mode: Mode;
  task: string;
  /** Token budget of source that is read for the question (RAG, hybrid, focus); default: the profile's `ragTokens`, else the size of a full sheet. */
  budget?: number;
  /** What it is about; see `AskParams.focus`. */
  focus?: readonly LineRange[];
  /** Without a model, what search finds is the answer in every mode; see `AskParams.orSearch`. */
  orSearch?: boolean;
  signal?: AbortSignal | undefined;
  onText?: ((text: string) => void) | undefined;
}

/** What an answer may stand on. */
export interface AnswerSources {
  root: string;
  index: TextIndex;
  /** Files of the workspace that were let in. */
  filesTotal: number;
  /** Source tokens of the workspace; an estimate where it is large and has not been packed yet. */
  tokensTotal: number;
  /** All of the workspace, packed: for `full` only, since it tokenizes everything. */
  segments: () => Promise<readonly Segment[]>;
  /** Undefined with `--no-model`, and where it could not be had. */
  decoder: Decoder | undefined;
  /** Why there is none, where search is to answer in its place. */
  withoutModel?: ErrorRecord;
  /** The sheet of the question's task, as far as it exists: for the mode `offload` the one on disk. */
  sheetFile: SheetFile | undefined;
  loadSheet: () => Promise<AskedSheet>;
}

type Answered = Pick<Answer, 'answer' | 'stopped' | 'evidence' | 'coverage' | 'tokens'> & {
  chunks?: readonly Hit[];
  /** Of the files that evidence can lie in. */
  hashesRead: HashesRead;
  prefillMs: number;
  ttftMs: number;
  loadMs: number;
  /** Where a model spoke. */
  confidence?: Confidence;
};

type Base = Pick<Answer, 'id' | 'mode' | 'task' | 'reason' | 'routing'>;

/** Answers questions one at a time, in every mode. */
export class Answerer {
  private scratch: Lane | undefined;
  private readonly turns = new Turns();

  /**
   * Questions are taken up in the order in which they come; what they stand on is looked up when it is their turn.
   * Never throws for an expected failure: the answer then carries `error`.
   */
  async answer(q: Question, open: () => Promise<AnswerSources>): Promise<Answer> {
    const asked = performance.now();
    let base: Base = { id: q.id, mode: q.mode === 'auto' ? 'rag' : q.mode, task: q.task };
    let sources: AnswerSources | undefined;
    let queueMs: number | undefined;
    try {
      return await this.turns.take(async () => {
        queueMs = performance.now() - asked;
        checkLength(q.question);
        sources = await open();
        // Loading the model and looking at the workspace keep the user waiting as well.
        let openMs = performance.now() - asked - queueMs;
        const { index, sheetFile, withoutModel } = sources;
        if (withoutModel) base = { ...base, mode: 'rag' };
        else if (q.mode === 'auto')
          base = { ...base, ...route(q.question, index, sheetFile, q.focus, sources.decoder?.router) };
        const { evidence, confidence, ...result } = await this.answerNow(q, base.mode, sources).catch(
          (error: unknown) => {
            // Damage shows only when blocks are read; nothing has been said by then.
            if (q.mode !== 'auto' || !CribsheetError.is(error, 'sheet-missing')) throw error;
            base = { id: q.id, task: q.task, ...unreadableSheet };
            openMs = performance.now() - asked - queueMs!;
            return this.answerNow(q, base.mode, sources!);
          },
        );
        const { prefillMs, ttftMs, loadMs, hashesRead, chunks, ...rest } = result;
        const current = new CurrentSources(sources.root);
        const unsure = rest.stopped === 'cancel' ? undefined : doubted(q, { ...rest, confidence }, sources);
        const asIndexed = ({ fileHash }: Hit): string[] => [fileHash];
        const found = unsure && (await stillThere(placesFor(q, unsure, index), current, asIndexed)).map(toFound);
        const shown = chunks && (await stillThere(chunks, current, asIndexed)).map(toRetrieved);
        const context: CitationContext = {
          index,
          sources: current,
          hashAtBuild: (path) => (readsSheet(base.mode) && sheetFile ? hashInSheet(sheetFile, path) : undefined),
        };
        // An answer that does not say anything about the workspace names no places either.
        const isSilent = unsure === 'beyond' || unsure === 'contradicted';
        const citations = isSilent ? [] : await citationsFor(q.question, rest.answer, context);
        const there = await stillThere(evidence, current, ({ path }) => hashesRead(path));
        const totalMs = performance.now() - asked;
        const ready = { loadMs: openMs + loadMs, ttftMs: queueMs + openMs + ttftMs };
        const timings = { queueMs, ...ready, prefillMs, totalMs };
        const told = {
          ...(confidence ? { confidence: confidence.mean } : {}),
          ...(unsure && found ? { unsure, found } : {}),
          ...(shown ? { chunks: shown } : {}),
          ...(withoutModel ? { withoutModel } : {}),
        };
        return { ...base, ...rest, citations, evidence: there, timings, ...told };
      }, q.signal);
    } catch (error) {
      if (!CribsheetError.is(error)) throw error;
      const totalMs = performance.now() - asked;
      return {
        ...base,
        answer: '',
        stopped: error.code === 'cancelled' ? 'cancel' : 'end',
        citations: [],
        evidence: [],
        coverage: sources ? noCoverage(sources) : { files: 0, filesTotal: 0, tokens: 0, tokensTotal: 0 },
        tokens: { sheet: 0, prompt: 0, answer: 0, skipped: 0 },
        timings: { queueMs: queueMs ?? totalMs, loadMs: 0, prefillMs: 0, ttftMs: 0, totalMs },
        error: errorRecord(error),
      };
    }
  }

  private async answerNow(q: Question, mode: Base['mode'], sources: AnswerSources): Promise<Answered> {
    const { decoder } = sources;
    return decoder ? this.decode(q, mode, sources, decoder) : chunksOnly(q, mode, sources);
  }

  private async decode(
    q: Question,
    mode: Exclude<Mode, 'auto'>,
    sources: AnswerSources,
    decoder: Decoder,
  ): Promise<Answered> {
    if (readsSheet(mode)) return this.fromSheet(q, mode, sources, decoder);
    const { index } = sources;
    const { tokenizer, profile } = decoder;
    const nothing = noCoverage(sources);
    const { tokensTotal } = nothing;
    if (mode === 'none') {
      const empty = { ids: [], origins: [], files: new Set<string>() };
      return { ...(await this.fromRaw(q, decoder, empty, nothing, tokensTotal)), hashesRead: () => [] };
    }
    const free = freePositions(q.question, decoder);
    if (mode === 'full') {
      // Encoding a large workspace only to find that it does not fit would take minutes.
      if (tokensTotal > 2 * free) throw contextTooLong(tokensTotal, free);
      const segments = await sources.segments();
      const context = packSegmentsRaw(segments, tokenizer, profile);
      if (context.ids.length > free) throw contextTooLong(context.ids.length, free);
      const tokens = segments.reduce((sum, s) => sum + s.tokens, 0);
      const coverage = { files: nothing.filesTotal, filesTotal: nothing.filesTotal, tokens, tokensTotal: tokens };
      const hashes = new Map([...context.files].map((path) => [path, [index.fileHash(path) ?? '']]));
      const hashesRead: HashesRead = (path) => hashes.get(path) ?? [];
      return { ...(await this.fromRaw(q, decoder, context, coverage, 0)), hashesRead };
    }
    // What a full sheet of this model would take, or less where the profile says that less serves the model better.
    const budget = Math.min(q.budget ?? profile.ragTokens ?? profile.sheetTokens, free);
    const hits = retrieve(q, index, RETRIEVE_LIMIT);
    const { context, used } = packChunks(hits, budget, tokenizer, profile);
    const tokens = Math.min(context.ids.length, tokensTotal);
    const coverage = { ...nothing, files: context.files.size, tokens };
    const answered = await this.fromRaw(q, decoder, context, coverage, tokensTotal - tokens);
    return { ...answered, chunks: used, hashesRead: hashesOf(used) };
  }

  private async fromSheet(q: Question, mode: SheetMode, sources: AnswerSources, decoder: Decoder): Promise<Answered> {
    const started = performance.now();
    const sheet = await sources.loadSheet();
    const loadMs = performance.now() - started;
    const asked = decoder.chat.question(q.question);
    await sheet.begin(asked, q.signal);
    try {
      const { context: beside, used } = besideSheet(q, mode, sheet, sources.index, decoder, asked.length);
      const origin = originsOf(sheet, beside.origins);
      await sheet.lane.append(beside.ids, { signal: q.signal });
      const told = await this.tell(q, asked, decoder, sheet.lane, { length: sheet.lane.kv.length, origin }, started);
      const { coverage } = sheet.file;
      // To find what it looks at, the question is read once more.
      const prompt = told.tokens.prompt + beside.ids.length + (mode === 'offload' ? asked.length : 0);
      const skipped = Math.max(0, coverage.tokens - sheet.positions);
      return {
        ...told,
        // Source beside the sheet is prefilled for this question too; what stays on disk is found and fetched for it.
        ...(beside.ids.length > 0 || mode === 'offload' ? { prefillMs: told.ttftMs - loadMs } : {}),
        ...(mode === 'hybrid' ? { chunks: used } : {}),
        hashesRead: hashesOf(used, sheet.file),
        coverage,
        tokens: { sheet: sheet.positions, prompt, answer: told.tokens.answer, skipped },
        loadMs,
      };
    } finally {
      sheet.rewind();
    }
  }

  private async fromRaw(
    q: Question,
    decoder: Decoder,
    context: RawContext,
    coverage: Coverage,
    skipped: number,
  ): Promise<Omit<Answered, 'hashesRead'>> {
    const started = performance.now();
    const preamble = decoder.chat.preamble();
    const lane = (this.scratch ??= decoder.lane(priorities.answer, preamble.length + context.ids.length + 256));
    lane.kv.truncate(0);
    await lane.append([...preamble, ...context.ids], { signal: q.signal });
    const offset = preamble.length;
    const origin: Origin = (_layer, _head, position) => context.origins[position - offset];
    const told = await this.tell(
      q,
      decoder.chat.question(q.question),
      decoder,
      lane,
      { length: lane.kv.length, origin },
      started,
    );
    const prompt = told.tokens.prompt + preamble.length + context.ids.length;
    const tokens = { sheet: 0, prompt, answer: told.tokens.answer, skipped };
    // The context is prefilled for this question too.
    return { ...told, coverage, tokens, prefillMs: told.ttftMs, loadMs: 0 };
  }

  /** Question in (`ids`: in its place in the chat form), answer out, on a lane that holds the context. */
  private async tell(
    q: Question,
    ids: readonly number[],
    decoder: Decoder,
    lane: Lane,
    context: { length: number; origin: Origin },
    started: number,
  ): Promise<
    Omit<Answered, 'coverage' | 'tokens' | 'loadMs' | 'hashesRead'> & { tokens: { prompt: number; answer: number } }
  > {
    const { profile } = decoder;
    const prefillStart = performance.now();
    await lane.append(ids, { signal: q.signal });
    const prefilled = performance.now();
    const trace = new AttentionTrace();
    const { onText } = q;
    const held = onText && new HeldBack(profile.doubt?.beyond, withoutLeadingSpace(onText));
    const said = await generate(lane, decoder.tokenizer, {
      maxTokens: profile.answerTokens,
      endTokens: decoder.endTokens,
      sampling: profile.sampling,
      stopLoops: true,
      signal: q.signal,
      scoreContext: context.length,
      onAttention: (sums) => {
        trace.add(sums);
      },
      ...(held
        ? {
            onText: (text) => {
              held.push(text);
            },
          }
        : {}),
    });
    held?.end();
    return {
      answer: said.text.trim(),
      stopped: said.stopped,
      evidence: trace.evidence({ kvHeads: lane.kv.shape.kvHeads, heads: lane.heads }, context.origin),
      prefillMs: prefilled - prefillStart,
      ttftMs: prefilled - started,
      tokens: { prompt: ids.length, answer: said.tokens.length },
      ...(said.confidence ? { confidence: said.confidence } : {}),
    };
  }
}

type SheetMode = 'cache' | 'hybrid' | 'offload';
const readsSheet = (mode: Mode): mode is SheetMode => mode === 'cache' || mode === 'hybrid' || mode === 'offload';

/**
 * Source that is read after the sheet, as far as there is room: what the question is about; with `hybrid` what retrieval
 * finds as well, so that exact text stands beside the condensed whole.
 */
function besideSheet(
  q: Question,
  mode: SheetMode,
  sheet: AskedSheet,
  index: TextIndex,
  { tokenizer, profile }: Decoder,
  asked: number,
): { context: RawContext; used: Hit[] } {
  const focused = (): Hit[] => (q.focus?.length ? focusChunks(q.question, q.focus, index, RETRIEVE_LIMIT) : []);
  const hits = mode === 'hybrid' ? retrieve(q, index, RETRIEVE_LIMIT) : focused();
  const room = sheet.lane.room - profile.answerTokens - (hits.length ? asked : 0);
  const budget = Math.min(q.budget ?? profile.ragTokens ?? profile.sheetTokens, room);
  return packChunks(hits, budget, tokenizer, profile);
}

/** Many models begin an answer with a space or a line break. */
function withoutLeadingSpace(onText: (text: string) => void): (text: string) => void {
  let begun = false;
  return (text) => {
    const rest = begun ? text : text.trimStart();
    begun ||= rest !== '';
    if (rest !== '') onText(rest);
  };
}

/** Chunks for a question, the best first; those that it is about before all others. */
function retrieve({ question, focus }: Question, index: TextIndex, limit: number): Hit[] {
  const hits = index.search(question, { limit });
  return focus?.length ? withFocusFirst(focusChunks(question, focus, index, limit), hits) : hits;
}

/** `--no-model`: what retrieval found, to be read by a person. */
function chunksOnly(q: Question, mode: Exclude<Mode, 'auto'>, sources: AnswerSources): Answered {
  if (mode !== 'rag') {
    throw new CribsheetError(
      'model-missing',
      `The mode "${mode}" needs a model, and none is loaded.`,
      'Use --mode rag, or run without --no-model.',
    );
  }
  const hits = retrieve(q, sources.index, SHOWN_CHUNKS).slice(0, SHOWN_CHUNKS);
  return {
    answer: '',
    stopped: 'end',
    evidence: [],
    chunks: hits,
    hashesRead: () => [],
    coverage: { ...noCoverage(sources), files: new Set(hits.map((h) => h.path)).size },
    tokens: { sheet: 0, prompt: 0, answer: 0, skipped: 0 },
    prefillMs: 0,
    ttftMs: 0,
    loadMs: 0,
  };
}

/** May an answer be relied on? */
function doubted(
  { question }: Question,
  said: { answer: string; confidence: Confidence | undefined },
  { decoder, index }: AnswerSources,
): Unsure | undefined {
  return unsureOf(said, decoder?.profile.doubt, () => definitionsAsked(question, index));
}

/** Where to look instead of an answer: what the question names, where just that was denied; what search finds. */
function placesFor(q: Question, unsure: Unsure, index: TextIndex): Hit[] {
  const asked = unsure === 'contradicted' ? definitionsAsked(q.question, index) : [];
  return withFocusFirst(
    asked.map((row) => ({ ...row, score: 0 })),
    retrieve(q, index, FOUND_PLACES),
  ).slice(0, FOUND_PLACES);
}

type Shown = Hit & Pick<FoundPlace, 'stale'>;

function toFound({ path, startLine, endLine, name, stale }: Shown): FoundPlace {
  return { path, startLine, endLine, name, ...(stale ? { stale } : {}) };
}

function toRetrieved(hit: Shown): NonNullable<Answer['chunks']>[number] {
  return { ...toFound(hit), score: hit.score, text: hit.text };
}

function noCoverage({ tokensTotal, filesTotal }: AnswerSources): Coverage {
  return { files: 0, filesTotal, tokens: 0, tokensTotal };
}
