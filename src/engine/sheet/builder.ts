import { CribsheetError, throwIfCancelled } from '../../common/errors.ts';
import type { Storage } from '../../common/names.ts';
import { staysOnDisk } from '../../common/sheets.ts';
import type { Task } from '../../common/task.ts';
import { Compressor } from '../compress/compressor.ts';
import type { KeptKv } from '../compress/gather.ts';
import { writeNotes } from '../compress/notes.ts';
import { prepareStrategy } from '../compress/requirements.ts';
import type { Strategy } from '../compress/strategy.ts';
import type { Grammars } from '../corpus/grammars.ts';
import type { Segment, SkippedFile } from '../corpus/types.ts';
import type { Decoder } from '../model/decoder.ts';
import { priorities } from '../model/runQueue.ts';
import { blockKey, decodeBlock, encodeBlock, type BlockInputs } from './block.ts';
import { fitSegments } from './fit.ts';
import { heaviestFirst } from './weight.ts';
import { packLines } from './lineRuns.ts';
import { goneBlocks } from './remaining.ts';
import type { SheetFile, SheetFolder, SheetSegment } from './sheetFile.ts';
import type { BlockStore } from './store.ts';

/** Stands for a segment's id in the key of the preamble's block. */
const PREAMBLE = 'preamble';

export interface BuildRequest {
  task: Task;
  strategy: Strategy;
  /** Source tokens per kept position. */
  ratio: number;
  /** How keys and values are written; absent: fp16. */
  storage?: Storage | undefined;
  /** Segments share the positions by size × structural weight (`weightedRatios`); else by size alone. */
  weighted?: boolean | undefined;
  /** Most positions of the sheet; the model's window caps it. */
  sheetTokens: number;
  /** The same, where a size was asked for and the ratio followed from it. */
  tokens?: number | undefined;
  /**
   * Somebody may ask while this goes on: the heaviest files come first, and every so many milliseconds the part that
   * is done is written as an incomplete sheet. Not where there is a complete one that answers meanwhile.
   */
  checkpointMs?: number | undefined;
  scope: string[];
  segments: readonly Segment[];
  files: readonly { path: string; hash: string }[];
  skipped: readonly SkippedFile[];
  /** Id under which the sheet is kept. */
  sheetId: string;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: BuildProgress) => void) | undefined;
  /** Called when the build has ended, however it did, while its blocks are still held (`BlockStore.hold`). */
  onEnd?: (() => Promise<void>) | undefined;
}

/** Counts only grow. Tokens are source tokens; `computed` are blocks that were not there before. */
export interface BuildProgress {
  strategy: Strategy['name'];
  segments: number;
  segmentsTotal: number;
  tokens: number;
  tokensTotal: number;
  computed: number;
}

export interface BuildResult {
  sheet: Omit<SheetFile, 'version'>;
  computed: number;
  reused: number;
}

/** Compresses what is missing of a workspace and writes the sheet. Every finished block survives a cancel or a kill. */
export class SheetBuilder {
  private readonly decoder: Decoder;
  private readonly store: BlockStore;
  private readonly sheets: SheetFolder;

  private readonly grammars: Grammars | undefined;

  /** @param grammars for strategies that look at the parse tree */
  constructor(decoder: Decoder, store: BlockStore, sheets: SheetFolder, grammars?: Grammars) {
    this.decoder = decoder;
    this.store = store;
    this.sheets = sheets;
    this.grammars = grammars;
  }

  /**
   * @throws CribsheetError `cancelled` after the finished part has been written as an incomplete sheet; not where a
   * complete one answers that covers more
   */
  async build(request: BuildRequest): Promise<BuildResult> {
    const { decoder } = this;
    const { ratio, segments, signal } = request;
    const longest = segments.reduce((most, s) => Math.max(most, s.tokens), 0);
    await prepareStrategy(request.strategy, decoder, longest, signal);
    const notes = await this.notesFor(request);
    const inputs = blockInputs(decoder, { ...request, notes });
    const { strategy, weighted } = request;
    const { chosen, ratios } = await fitSegments(decoder, segments, ratio, request.sheetTokens, {
      peak: strategy.peak,
      staysOnDisk: strategy.staysOnDisk,
      weighted,
      signal,
    });
    const keys = new Map([...chosen].map((i) => [i, blockKey(inputs(segments[i]!.id, ratios[i]!))]));
    const preambleKey = blockKey(inputs(PREAMBLE));
    const release = this.store.hold([preambleKey, ...keys.values()]);
    try {
      return await this.buildHeld(request, { notes, inputs, longest, chosen, ratios, keys, preambleKey });
    } finally {
      await request.onEnd?.();
      release();
    }
  }

  private async buildHeld(
    request: BuildRequest,
    { notes, inputs, longest, chosen, ratios, keys, preambleKey }: Planned,
  ): Promise<BuildResult> {
    const { decoder } = this;
    const { task, segments, signal, strategy } = request;
    const preamble = decoder.chat.preamble();
    const pathIndex = new Map(request.files.map((f, i) => [f.path, i]));

    const lane = decoder.lane(priorities.compress, preamble.length + longest + inputs('').probe.length + 16);
    const compressor = new Compressor(decoder, lane, this.grammars);
    const progress = {
      strategy: request.strategy.name,
      segments: 0,
      segmentsTotal: chosen.size,
      tokens: 0,
      tokensTotal: 0,
      computed: 0,
    };
    for (const i of chosen) progress.tokensTotal += segments[i]!.tokens;
    request.onProgress?.({ ...progress });

    const built = new Map<number, BuiltSegment>();
    const counted = new Set<number>();
    const describe = (): Omit<SheetFile, 'version'> =>
      this.describe(request, {
        segments,
        chosen,
        built,
        notes,
        preamble: { key: preambleKey, kept: preamble.length },
      });
    const { checkpointMs } = request;
    const writesParts = checkpointMs !== undefined && !(await this.standing(task.id, strategy));
    let written = performance.now();
    const buildAll = async (order: Iterable<number>): Promise<void> => {
      // First of all: without it a part that a cancel left could not answer.
      if ((await this.storedKept(preambleKey)) === undefined)
        await this.writePreamble(compressor, preambleKey, inputs(PREAMBLE), signal);
      for (const i of order) {
        const segment = segments[i]!;
        const own = ratios[i]!;
        const key = keys.get(i)!;
        let kept = strategy.staysOnDisk ? await this.wholeKept(key, segment) : await this.storedKept(key);
        if (kept === undefined) {
          // After a cancel nothing is computed any more, but blocks of earlier builds still get into the sheet.
          if (signal?.aborted) continue;
          kept = await this.compress(
            compressor,
            { ...request, notes, ratio: own },
            segment,
            key,
            inputs(segment.id, own),
          );
          if (kept === undefined) continue;
          progress.computed++;
        }
        const lines = packLines(segment.lines, (p) => pathIndex.get(p) ?? -1);
        built.set(i, { counts: kept.counts, segment: { key, tokens: segment.tokens, ...averageOf(kept), lines } });
        if (!counted.has(i)) {
          progress.segments++;
          progress.tokens += segment.tokens;
        }
        counted.add(i);
        if (!signal?.aborted) request.onProgress?.({ ...progress });
        if (writesParts && performance.now() - written >= checkpointMs && built.size < chosen.size) {
          await this.sheets.write({ ...describe(), complete: false });
          written = performance.now();
        }
      }
    };
    /** Takes out what another process has deleted meanwhile. @returns which segments these are */
    const takeOutGone = async (): Promise<number[]> => {
      const there = await Promise.all([...built.values()].map(({ segment }) => this.store.touch(segment.key)));
      const gone = [...built.keys()].filter((_, at) => !there[at]);
      for (const i of gone) built.delete(i);
      return gone;
    };
    let failure: unknown;
    try {
      await buildAll(checkpointMs === undefined ? chosen : await heaviestFirst(segments, chosen, signal));
      // Once more, not for ever: two processes whose sheets do not fit the store together would drive each other's out.
      await buildAll(await takeOutGone());
      await takeOutGone();
      if (built.size < chosen.size) throwIfCancelled(signal);
    } catch (error) {
      failure = error;
    }

    if (built.size === 0) throw failure ?? nothingBuilt(request);
    const sheet = describe();
    sheet.complete = failure === undefined && built.size === chosen.size;
    if (failure === undefined || !(await this.isOutdone(sheet, strategy))) await this.sheets.write(sheet);
    if (failure !== undefined) throw failure;
    return { sheet, computed: progress.computed, reused: Math.max(0, built.size - progress.computed) };
  }

  /**
   * The model's notes for the task, where the strategy asks for them. Those of the sheet that is there are kept: with
   * other notes every block would be another one.
   */
  private async notesFor({ strategy, task, segments, sheetId, signal }: BuildRequest): Promise<string | undefined> {
    if (!strategy.writesNotes) return undefined;
    const before = await this.sheets.read(sheetId);
    if (before) return before.notes;
    return writeNotes(this.decoder, task, segments, signal);
  }

  /** Computes and stores one block. @returns what it keeps; undefined where a cancel came in between */
  private async compress(
    compressor: Compressor,
    { task, strategy, ratio, signal, notes }: BuildRequest & { notes: string | undefined },
    segment: Segment,
    key: string,
    inputs: BlockInputs,
  ): Promise<Kept | undefined> {
    try {
      const block = await compressor.compress(segment, task, strategy, ratio, signal, notes);
      const { encoded } = block;
      const whole = { ...block, tokens: encoded.ids.length, lineOf: encoded.lineOf };
      await this.store.write(key, encodeBlock(whole, this.decoder.graph.headSize, inputs));
      return block;
    } catch (error) {
      if (CribsheetError.is(error, 'cancelled')) return undefined;
      throw error;
    }
  }

  /** The finished sheet of this task and kind that answers meanwhile: the model can read it, and all of it is there. */
  private async standing(task: string, strategy: Strategy): Promise<SheetFile | undefined> {
    for (const sheet of await this.sheets.list()) {
      const isOwn =
        sheet.complete &&
        sheet.task.id === task &&
        sheet.model.fingerprint === this.decoder.fingerprint &&
        staysOnDisk(sheet) === (strategy.staysOnDisk ?? false);
      if (isOwn && (await goneBlocks(sheet, this.store)).size === 0) return sheet;
    }
    return undefined;
  }

  /** Does a finished sheet that covers more answer already? A part must not take its place. */
  private async isOutdone(
    { task, coverage }: Pick<SheetFile, 'task' | 'coverage'>,
    strategy: Strategy,
  ): Promise<boolean> {
    const standing = await this.standing(task.id, strategy);
    return standing !== undefined && coverage.tokens < standing.coverage.tokens;
  }

  /** Kept positions of a stored, verified block. */
  private async storedKept(key: string): Promise<Kept | undefined> {
    const bytes = await this.store.read(key);
    const block = bytes && decodeBlock(bytes, 'float16');
    return block;
  }

  /** The same of a block that keeps everything, without reading it: it is as large as all others and verified when it is asked. */
  private async wholeKept(key: string, { tokens }: Segment): Promise<Kept | undefined> {
    const { attention } = this.decoder.graph;
    return (await this.store.touch(key)) ? { kept: tokens, counts: attention.map(() => tokens) } : undefined;
  }

  private async writePreamble(
    compressor: Compressor,
    key: string,
    inputs: BlockInputs,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const kv = await compressor.compressPreamble(signal);
    const { attention, kvHeads, headSize } = this.decoder.graph;
    const all = Int32Array.from({ length: kv.kept }, (_, i) => i);
    const positions = attention.map(() => Array.from({ length: kvHeads }, () => all));
    await this.store.write(
      key,
      encodeBlock({ ...kv, tokens: kv.kept, positions, lineOf: new Int32Array(kv.kept) }, headSize, inputs),
    );
  }

  private describe(
    request: BuildRequest,
    parts: {
      segments: readonly Segment[];
      chosen: Set<number>;
      /** By index of the segment, in the order in which they were done. */
      built: ReadonlyMap<number, BuiltSegment>;
      preamble: SheetFile['preamble'];
      notes: string | undefined;
    },
  ): Omit<SheetFile, 'version'> {
    const { segments, built, chosen } = parts;
    const unread = (isIn: (i: number) => boolean): Set<string> =>
      new Set(segments.flatMap((s, i) => (isIn(i) ? [] : s.paths)));
    const notChosen = unread((i) => chosen.has(i));
    const notDone = unread((i) => built.has(i));
    const whyNot = (path: string): SheetFile['leftOut'][number]['reason'] | undefined => {
      if (notChosen.has(path)) return 'sheet-full';
      return notDone.has(path) ? 'not-built' : undefined;
    };
    const leftOut = request.files.flatMap(({ path }) => {
      const reason = whyNot(path);
      return reason === undefined ? [] : [{ path, reason }];
    });
    const total = (of: Iterable<Segment>): number => [...of].reduce((sum, s) => sum + s.tokens, 0);
    return {
      id: request.sheetId,
      task: { id: request.task.id, title: request.task.title },
      model: { name: this.decoder.profile.name, fingerprint: this.decoder.fingerprint },
      strategy: request.strategy.name,
      ratio: request.ratio,
      ...(request.tokens === undefined ? {} : { tokens: request.tokens }),
      ...(request.weighted ? { weighted: true } : {}),
      ...(parts.notes === undefined ? {} : { notes: parts.notes }),
      ...(request.storage === undefined || request.storage === 'f16' ? {} : { storage: request.storage }),
      createdAt: new Date().toISOString(),
      complete: true,
      scope: request.scope,
      preamble: parts.preamble,
      segments: [...built].sort(([a], [b]) => a - b).map(([, { segment }]) => segment),
      ...lengthsOf([...built.values()], this.decoder.graph),
      paths: request.files.map((f) => f.path),
      hashes: request.files.map((f) => f.hash),
      skipped: [...request.skipped],
      leftOut,
      coverage: {
        files: request.files.length - leftOut.length,
        filesTotal: request.files.length,
        tokens: total([...built.keys()].map((i) => segments[i]!)),
        tokensTotal: total(segments),
      },
    };
  }
}

/** What is settled before anything is computed. */
interface Planned {
  notes: string | undefined;
  inputs: ReturnType<typeof blockInputs>;
  /** Tokens of the longest segment. */
  longest: number;
  chosen: Set<number>;
  ratios: readonly number[];
  /** By index of the segment. */
  keys: ReadonlyMap<number, string>;
  preambleKey: string;
}

interface BuiltSegment {
  segment: SheetSegment;
  /** Positions of each layer of the block; see `KeptKv`. */
  counts: readonly number[];
}

type Kept = Pick<KeptKv, 'kept' | 'counts'>;

function averageOf({ kept, counts }: Kept): Pick<SheetSegment, 'kept' | 'average'> {
  const average = counts.reduce((sum, count) => sum + count, 0) / Math.max(1, counts.length);
  return average === kept ? { kept } : { kept, average };
}

/** What the blocks take in each layer, or in each head where some block has heads of its own. */
function lengthsOf(
  built: readonly BuiltSegment[],
  { attention, kvHeads }: Decoder['graph'],
): Pick<SheetFile, 'lengths' | 'ownHeads'> {
  const ownHeads = kvHeads > 1 && built.some(({ counts }) => counts.length > attention.length);
  const lengths = Array<number>(attention.length * (ownHeads ? kvHeads : 1)).fill(0);
  for (const { counts } of built) {
    const heads = lengths.length / counts.length;
    lengths.forEach((_, layer) => (lengths[layer]! += counts[Math.floor(layer / heads)]!));
  }
  const isEqual = !ownHeads && lengths.every((length) => length === lengths[0]);
  return isEqual ? {} : { lengths, ...(ownHeads ? { ownHeads } : {}) };
}

/** What decides the block of a segment (by its id, and its own ratio where it has one), besides the segment. */
export function blockInputs(
  decoder: Decoder,
  {
    task,
    strategy,
    ratio,
    notes,
    storage = 'f16',
  }: Pick<BuildRequest, 'task' | 'strategy' | 'ratio' | 'storage'> & { notes?: string | undefined },
): (segment: string, ratio?: number) => BlockInputs {
  const asked = strategy.probe(task, notes);
  // Probes that run no text of their own (or the segment's) are a matter of the strategy alone.
  const probe = asked?.rows === 'task' ? decoder.chat.probe(asked.instruction, asked.examples) : [];
  const preamble = decoder.chat.preamble();
  const { fingerprint: model } = decoder;
  const measured = strategy.usesMeasured ? decoder.measured?.id : undefined;
  return (segment, own = ratio) => ({
    model,
    preamble,
    probe,
    strategy: strategy.name,
    ratio: own,
    segment,
    // The preamble holds the attention sinks: it is small, and kept exactly.
    storage: segment === PREAMBLE ? 'f16' : storage,
    ...(measured === undefined ? {} : { measured }),
  });
}

function nothingBuilt({ segments, scope }: BuildRequest): CribsheetError {
  if (segments.length === 0 && scope.length > 0) {
    const message = `No source file is in the scope ${scope.join(', ')}.`;
    return new CribsheetError('workspace-empty', message, 'Correct --scope: globs are relative to the folder.');
  }
  return new CribsheetError(
    'workspace-empty',
    'Nothing of this folder fits into a sheet.',
    'Widen --scope, raise --tokens, or raise --ratio.',
  );
}
