import type { LineRange } from '../../../common/answers.ts';
import { CribsheetError } from '../../../common/errors.ts';
import { appendKept, type KeptKv } from '../../compress/gather.ts';
import type { KeptPositions } from '../../compress/strategy.ts';
import type { Decoder } from '../../model/decoder.ts';
import type { Lane } from '../../model/lane.ts';
import { priorities } from '../../model/runQueue.ts';
import type { AskedSheet } from '../assemble.ts';
import { decodeBlock } from '../block.ts';
import { originOf } from '../lineRuns.ts';
import { RESERVED_POSITIONS } from '../fit.ts';
import type { SheetFile } from '../sheetFile.ts';
import type { BlockStore } from '../store.ts';
import { choosePositions, type ChoiceShape } from './choosePositions.ts';
import { FullStore } from './fullStore.ts';
import type { KeyIndex } from './keyIndex.ts';
import { readQueries } from './question.ts';
import { TwoBitIndex } from './twoBitIndex.ts';

/** Room for a question beside preamble, what is fetched and the answer; the cache grows where that is too little. */
const QUESTION_TOKENS = 128;

export interface OffloadOptions {
  signal?: AbortSignal | undefined;
  /** A block is no longer there: the sheet has to be loaded anew. */
  onLost?: (() => void) | undefined;
}

/**
 * A sheet that stays on disk: in memory are the preamble, a 2-bit copy of every key (`TwoBitIndex`) and the line of every
 * token. A question is read after the preamble alone for its queries, what they look at most is fetched (as many positions
 * as a sheet in memory would have), and then the question is read again behind it; docs/strategies.md says how that
 * differs from the papers.
 */
export class OffloadedSheet implements AskedSheet {
  readonly file: SheetFile;
  readonly lane: Lane;
  private readonly decoder: Decoder;
  private readonly full: FullStore;
  private readonly index: KeyIndex;
  private readonly preamble: KeptKv;
  /** By segment: the rendered line of every token. */
  private readonly lines: readonly Int32Array[];
  /** Where each segment ends, counted over all of them. */
  private readonly ends: readonly number[];
  private readonly onLost: (() => void) | undefined;
  /** What the last question fetched, counted over all segments; the same number in every head. */
  private fetched: KeptPositions = [];

  private constructor(
    file: SheetFile,
    decoder: Decoder,
    parts: { full: FullStore; index: KeyIndex; preamble: KeptKv; lines: readonly Int32Array[] } & OffloadOptions,
  ) {
    this.file = file;
    this.decoder = decoder;
    this.full = parts.full;
    this.index = parts.index;
    this.preamble = parts.preamble;
    this.lines = parts.lines;
    this.onLost = parts.onLost;
    let total = 0;
    this.ends = this.full.segments.map((tokens) => (total += tokens));
    const { answerTokens } = decoder.profile;
    const size = this.preamble.kept + this.mostPositions + QUESTION_TOKENS + answerTokens;
    this.lane = decoder.lane(priorities.answer, Math.min(size, decoder.window));
    appendKept(this.lane.kv, this.preamble, decoder.frequencies);
  }

  /**
   * Reads every block once, for the index.
   * @throws CribsheetError `sheet-missing` where the sheet is another model's or one of its blocks is gone, `cancelled`;
   * `device-unavailable` on another device than the CPU, which raw queries are not checked on
   */
  static async load(
    file: SheetFile,
    decoder: Decoder,
    store: BlockStore,
    { signal, onLost }: OffloadOptions = {},
  ): Promise<OffloadedSheet> {
    requireOwn(file, decoder);
    // What is left of one that lacks a block (`withoutBlocks`): nothing has to be read to find that.
    if (file.segments.length === 0) throw gone(file.task.id);
    const { attention, kvHeads, headSize } = decoder.graph;
    const index = new TwoBitIndex({ layers: attention.length, kvHeads, headSize, frequencies: decoder.frequencies });
    const lines: Int32Array[] = [];
    const bytes = await store.read(file.preamble.key);
    const preamble = bytes && decodeBlock(bytes, decoder.graph.kvType);
    if (!preamble) throw gone(file.task.id);
    const keys = file.segments.map((segment) => segment.key);
    const full = await FullStore.open({
      decoder,
      store,
      keys,
      signal,
      onSegment: ({ keys, tokens, lineOf }) => {
        index.add(keys, tokens);
        lines.push(lineOf);
      },
    });
    if (!full) throw gone(file.task.id);
    return new OffloadedSheet(file, decoder, { full, index, preamble, lines, onLost });
  }

  /** Preamble and what the last question fetched. */
  get length(): number {
    return this.preamble.kept + (this.fetched[0]?.[0]?.length ?? 0);
  }

  get positions(): number {
    return this.length;
  }

  /** Finds and fetches what a question looks at. @throws CribsheetError `sheet-missing`, `cancelled` */
  async begin(question: readonly number[], signal?: AbortSignal): Promise<void> {
    const { lane, decoder, full, index, preamble } = this;
    const { attention, heads, kvHeads, headSize, attentionScale: scale } = decoder.graph;
    const { frequencies } = decoder;
    this.rewind();
    const queries = await readQueries(lane, question, signal);
    // As much stays free as beside a sheet in memory.
    const free = Math.max(RESERVED_POSITIONS, decoder.profile.answerTokens + question.length);
    const keep = Math.max(0, Math.min(this.mostPositions, decoder.window - preamble.kept - free));
    const { segments } = full;
    const shape: ChoiceShape = { layers: attention.length, heads, kvHeads, headSize, frequencies, scale, segments };
    const chosen = await choosePositions(index, queries, shape, keep, signal);
    appendKept(lane.kv, await this.fetch(chosen), frequencies);
    this.fetched = chosen;
  }

  /** Back to the preamble: what was fetched was for one question. */
  rewind(): void {
    this.lane.kv.truncate(this.preamble.kept);
    this.fetched = [];
  }

  origin(layer: number, head: number, position: number): LineRange | undefined {
    const at = this.fetched[layer]?.[head]?.[position - this.preamble.kept];
    if (at === undefined) return undefined;
    const { ends } = this;
    let [low, high] = [0, ends.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ends[middle]! > at) high = middle;
      else low = middle + 1;
    }
    const token = at - (ends[low - 1] ?? 0);
    const { path, line } = originOf(this.file.segments[low]!.lines, this.lines[low]![token]!);
    return { path: this.file.paths[path]!, startLine: line, endLine: line };
  }

  private async fetch(chosen: KeptPositions): Promise<KeptKv> {
    try {
      return await this.full.fetch(chosen);
    } catch (error) {
      if (!CribsheetError.is(error, 'sheet-missing')) throw error;
      this.onLost?.();
      throw gone(this.file.task.id);
    }
  }

  private get mostPositions(): number {
    return Math.min(this.decoder.profile.sheetTokens, this.ends.at(-1) ?? 0);
  }
}

/** @throws CribsheetError where this model, or the device that it runs on, cannot read the sheet */
function requireOwn({ model, task }: SheetFile, { fingerprint, device: { device } }: Decoder): void {
  if (model.fingerprint !== fingerprint) throw gone(task.id);
  if (device === 'cpu') return;
  throw new CribsheetError(
    'device-unavailable',
    `The mode offload cannot run on ${device}: what it needs of the model is checked on the CPU only.`,
    'Use --device cpu, or ask with --mode cache or --mode rag.',
  );
}

function gone(task: string): CribsheetError {
  return new CribsheetError(
    'sheet-missing',
    `Keys and values of the sheet on disk for "${task}" are missing or damaged.`,
    'Run "cribsheet compress" with --strategy offload again: only what is missing is computed.',
  );
}
