import { CribsheetError, throwIfCancelled } from '../../common/errors.ts';
import type { Storage } from '../../common/names.ts';
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
}

/** Counts only grow. Tokens are source tokens; `computed` are blocks that were not there before. */
export interface BuildProgress {
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

  /** @throws CribsheetError `cancelled` after the finished part has been written as an incomplete sheet */
  async build(request: BuildRequest): Promise<BuildResult> {
    const { decoder } = this;
    const { task, ratio, segments, signal } = request;
    const preamble = decoder.chat.preamble();
    const longest = segments.reduce((most, s) => Math.max(most, s.tokens), 0);
    await prepareStrategy(request.strategy, decoder, longest, signal);
    const notes = await this.notesFor(request);
    const inputs = blockInputs(decoder, { ...request, notes });
    const { chosen } = fitSegments(decoder, segments, ratio, request.sheetTokens, request.strategy.peak);
    const paths = request.files.map((f) => f.path);
    const pathIndex = new Map(paths.map((p, i) => [p, i]));

    const lane = decoder.lane(priorities.compress, preamble.length + longest + inputs('').probe.length + 16);
    const compressor = new Compressor(decoder, lane, this.grammars);
    const progress = { segments: 0, segmentsTotal: chosen.size, tokens: 0, tokensTotal: 0, computed: 0 };
    for (const i of chosen) progress.tokensTotal += segments[i]!.tokens;
    request.onProgress?.({ ...progress });

    const built = new Map<number, SheetSegment>();
    const preambleKey = blockKey(inputs(PREAMBLE));
    const describe = (): Omit<SheetFile, 'version'> =>
      this.describe(request, {
        segments,
        chosen,
        built,
        notes,
        preamble: { key: preambleKey, kept: preamble.length },
      });
    const { checkpointMs } = request;
    const writesParts = checkpointMs !== undefined && !(await this.hasComplete(task.id));
    let written = performance.now();
    let failure: unknown;
    try {
      // First of all: without it a part that a cancel left could not answer.
      if ((await this.storedKept(preambleKey)) === undefined)
        await this.writePreamble(compressor, preambleKey, inputs(PREAMBLE), signal);
      for (const i of checkpointMs === undefined ? chosen : heaviestFirst(segments, chosen)) {
        const segment = segments[i]!;
        const key = blockKey(inputs(segment.id));
        let kept = await this.storedKept(key);
        if (kept === undefined) {
          // After a cancel nothing is computed any more, but blocks of earlier builds still get into the sheet.
          if (signal?.aborted) continue;
          kept = await this.compress(compressor, { ...request, notes }, segment, key, inputs(segment.id));
          if (kept === undefined) continue;
          progress.computed++;
        }
        const lines = packLines(segment.lines, (p) => pathIndex.get(p) ?? -1);
        built.set(i, { key, tokens: segment.tokens, ...kept, lines });
        progress.segments++;
        progress.tokens += segment.tokens;
        if (!signal?.aborted) request.onProgress?.({ ...progress });
        if (writesParts && performance.now() - written >= checkpointMs && built.size < chosen.size) {
          await this.sheets.write({ ...describe(), complete: false });
          written = performance.now();
        }
      }
      if (built.size < chosen.size) throwIfCancelled(signal);
    } catch (error) {
      failure = error;
    }

    if (built.size === 0) throw failure ?? nothingBuilt(request);
    const sheet = describe();
    await this.sheets.write({ ...sheet, complete: failure === undefined });
    if (failure !== undefined) throw failure;
    return { sheet, computed: progress.computed, reused: built.size - progress.computed };
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
      return keptOf(block);
    } catch (error) {
      if (CribsheetError.is(error, 'cancelled')) return undefined;
      throw error;
    }
  }

  /** Is there a whole sheet of this task that the model can read? */
  private async hasComplete(task: string): Promise<boolean> {
    const sheets = await this.sheets.list();
    return sheets.some((s) => s.complete && s.task.id === task && s.model.fingerprint === this.decoder.fingerprint);
  }

  /** Kept positions of a stored, verified block. */
  private async storedKept(key: string): Promise<Kept | undefined> {
    const bytes = await this.store.read(key);
    const block = bytes && decodeBlock(bytes, 'float16');
    return block && keptOf(block);
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
      built: ReadonlyMap<number, SheetSegment>;
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
      ...(parts.notes === undefined ? {} : { notes: parts.notes }),
      ...(request.storage === undefined || request.storage === 'f16' ? {} : { storage: request.storage }),
      createdAt: new Date().toISOString(),
      complete: true,
      scope: request.scope,
      preamble: parts.preamble,
      segments: [...built].sort(([a], [b]) => a - b).map(([, segment]) => segment),
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

type Kept = Pick<SheetSegment, 'kept' | 'average'>;

function keptOf({ kept, counts }: KeptKv): Kept {
  const average = counts.reduce((sum, count) => sum + count, 0) / Math.max(1, counts.length);
  return average === kept ? { kept } : { kept, average };
}

/** What decides the block of a segment (by its id), besides the segment. */
export function blockInputs(
  decoder: Decoder,
  {
    task,
    strategy,
    ratio,
    notes,
    storage = 'f16',
  }: Pick<BuildRequest, 'task' | 'strategy' | 'ratio' | 'storage'> & { notes?: string | undefined },
): (segment: string) => BlockInputs {
  const asked = strategy.probe(task, notes);
  // Probes that run no text of their own (or the segment's) are a matter of the strategy alone.
  const probe = asked?.rows === 'task' ? decoder.chat.probe(asked.instruction, asked.examples) : [];
  const preamble = decoder.chat.preamble();
  const { fingerprint: model } = decoder;
  return (segment) => ({
    model,
    preamble,
    probe,
    strategy: strategy.name,
    ratio,
    segment,
    // The preamble holds the attention sinks: it is small, and kept exactly.
    storage: segment === PREAMBLE ? 'f16' : storage,
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
