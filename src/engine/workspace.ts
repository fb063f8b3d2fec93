import { createHash } from 'node:crypto';
import path from 'node:path';
import type { Answer } from '../common/answers.ts';
import { CribsheetError, throwIfCancelled, type ErrorCode, type ErrorRecord } from '../common/errors.ts';
import { strategies, type Mode, type Storage, type StrategyName } from '../common/names.ts';
import type { KeptLines } from '../common/protocol.ts';
import { isReadIn, type CompressPlan, type SheetChanges } from '../common/sheets.ts';
import type { Task } from '../common/task.ts';
import { Answerer, type Question } from './answer/answerer.ts';
import { countTokens } from './compress/encode.ts';
import { estimateTokens } from './compress/estimate.ts';
import { strategyByName } from './compress/strategies/byName.ts';
import { chunkerVersion, chunkFile } from './corpus/chunker.ts';
import type { Grammars } from './corpus/grammars.ts';
import { withoutFiles } from './corpus/ignoredPaths.ts';
import { readCorpus } from './corpus/read.ts';
import { Scope } from './corpus/scope.ts';
import { packSegmentsInSlices } from './corpus/segments.ts';
import type { Chunk, Segment, SkippedFile } from './corpus/types.ts';
import type { Decoder } from './model/decoder.ts';
import { makeFolder } from './makeFolder.ts';
import { defaultProfile } from './model/profile.ts';
import { TextIndex } from './retrieve/textIndex.ts';
import type { AskedSheet } from './sheet/assemble.ts';
import { blockKey, type BlockInputs } from './sheet/block.ts';
import { blockInputs, SheetBuilder, type BuildProgress, type BuildResult } from './sheet/builder.ts';
import { fitSegments, ratioForSize } from './sheet/fit.ts';
import { keptLines } from './sheet/kept.ts';
import { LoadedSheets } from './sheet/loadedSheets.ts';
import { blockKeys } from './sheet/remaining.ts';
import { SheetFolder, type SheetFile } from './sheet/sheetFile.ts';
import type { BlockStore } from './sheet/store.ts';

/** Characters of source per token where no model is loaded: only for estimates. */
const CHARACTERS_PER_TOKEN = 3;

/** Up to this size a workspace is packed for its token count, beyond it the count is estimated. */
const EXACT_CHARACTERS = 200_000;

export interface WorkspaceParts {
  root: string;
  /** Folder of this workspace in the store. */
  folder: string;
  grammars: Grammars;
  blocks: BlockStore;
  /** Loads the model on first use; undefined with `--no-model`. */
  decoder: (() => Promise<Decoder>) | undefined;
  /** Things worth telling the user that are no errors (an index was rebuilt, a damaged block was dropped). */
  onMessage?: (message: string) => void;
  /** After a compression, however it ended: deletes what the store holds beyond its quota. */
  trimStore?: () => Promise<void>;
}

export interface CompressRequest {
  task: Task;
  ratio?: number | undefined;
  /** Sheet size in positions; overrides `ratio`. */
  tokens?: number | undefined;
  strategy?: StrategyName | undefined;
  /** How keys and values are written; absent: fp16. */
  storage?: Storage | undefined;
  /** Segments share the positions by size × structural weight, not by size alone. */
  weighted?: boolean | undefined;
  scope?: string[] | undefined;
  /** Write the finished part as a sheet every so many milliseconds, heaviest files first; see `BuildRequest`. */
  checkpointMs?: number | undefined;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: BuildProgress) => void) | undefined;
}

/** Bytes of stored keys and values as a share of half precision; a scale and a zero for every 32 or 64 elements. */
const storedShare: Record<Storage, number> = { f16: 1, int8: 9 / 16, int4: 5 / 16, flexgen4: 4.5 / 16, int2: 3 / 16 };

export interface RefreshResult {
  files: number;
  added: number;
  changed: number;
  removed: number;
  unchanged: number;
  skipped: SkippedFile[];
  /** In a repository: why git did not say which files belong to it. */
  gitProblem?: string;
}

/** One workspace folder: its corpus, its index, its sheets, and the answers that stand on them. */
export class Workspace {
  readonly root: string;
  readonly sheets: SheetFolder;
  private readonly parts: WorkspaceParts;
  private readonly index: TextIndex;
  private readonly answerer = new Answerer();
  private files: { path: string; hash: string }[] = [];
  private skipped: SkippedFile[] = [];
  /** The last packing, which tokenizes everything: a plan and its compression ask for the same. */
  private packed: { key: string; segments: Segment[] } | undefined;
  private estimated: { key: string; tokens: number } | undefined;
  private readonly loaded: LoadedSheets;

  private constructor(parts: WorkspaceParts, index: TextIndex) {
    this.root = parts.root;
    this.parts = parts;
    this.index = index;
    this.loaded = new LoadedSheets(parts.blocks);
    this.sheets = new SheetFolder(path.join(parts.folder, 'sheets'));
  }

  /** @throws CribsheetError `store-unwritable`, `index-unavailable` */
  static async open(parts: WorkspaceParts): Promise<Workspace> {
    try {
      makeFolder(parts.folder);
    } catch (cause) {
      throw new CribsheetError(
        'store-unwritable',
        `The store ${parts.folder} cannot be written.`,
        'Choose another place with --store.',
        { cause },
      );
    }
    const onMessage = parts.onMessage;
    const index = TextIndex.open(path.join(parts.folder, 'index.sqlite'), {
      contentVersion: chunkerVersion,
      ...(onMessage ? { onMessage } : {}),
    });
    return new Workspace(parts, index);
  }

  close(): void {
    this.index.close();
  }

  /**
   * Brings the index up to date with the files on disk; only new and changed files are parsed.
   * @throws CribsheetError `workspace-missing`, `workspace-empty`
   */
  async refresh(
    options: { signal?: AbortSignal | undefined; onProgress?: (done: number, total: number) => void } = {},
  ): Promise<RefreshResult> {
    const { signal, onProgress } = options;
    const corpus = await readCorpus(this.root, {
      ...(signal ? { signal } : {}),
      ...(onProgress ? { onProgress } : {}),
    });
    const changes = await this.updateIndex(corpus.files, signal);
    this.files = corpus.files.map(({ path, hash }) => ({ path, hash }));
    this.skipped = corpus.skipped;
    if (changes.added + changes.changed + changes.removed > 0) this.packed = undefined;
    const { gitProblem } = corpus;
    const counts = { files: corpus.files.length, ...changes, skipped: corpus.skipped };
    return { ...counts, ...(gitProblem === undefined ? {} : { gitProblem }) };
  }

  /** Chunks of every file, in path order. */
  *chunks(): Generator<Chunk> {
    for (const { path } of this.files) yield* this.index.chunksOf(path);
  }

  /** Chunks of one file in the order of their lines; none where the file is not indexed. */
  chunksOf(path: string): Chunk[] {
    return this.index.chunksOf(path);
  }

  /** Segments of the files in scope, as the model's profile wants them. */
  async segments(scope: readonly string[] = [], signal?: AbortSignal): Promise<Segment[]> {
    const decoder = await this.parts.decoder?.();
    const key = packingKey(decoder, scope);
    if (this.packed?.key === key) return this.packed.segments;
    const profile = decoder?.profile ?? defaultProfile;
    const count = decoder
      ? countTokens(decoder.tokenizer, profile.fileMark)
      : (text: string) => Math.ceil(text.length / CHARACTERS_PER_TOKEN);
    const { files } = this;
    const segments = await packSegmentsInSlices(this.chunksByFile(this.filesIn(scope)), profile, count, signal);
    // A refresh may have come in between.
    if (this.files === files) this.packed = { key, segments };
    return segments;
  }

  /** What `compress` would do with this request; computes nothing. @throws CribsheetError */
  async plan(request: CompressRequest): Promise<CompressPlan> {
    const prepared = await this.prepare(request);
    const { decoder, segments, files, strategy, ratio, sheetTokens, storage, weighted } = prepared;
    const fit = await fitSegments(decoder, segments, ratio, sheetTokens, {
      peak: strategy.peak,
      staysOnDisk: strategy.staysOnDisk,
      weighted,
      signal: request.signal,
    });
    const { chosen, ratios, positions, room } = fit;
    const fitting = segments.filter((_, i) => chosen.has(i));
    const sum = (of: readonly Segment[]): number => of.reduce((total, s) => total + s.tokens, 0);
    const tokens = sum(fitting);
    const notes = strategy.writesNotes ? (await this.sheets.read(prepared.sheetId))?.notes : undefined;
    const inputs = blockInputs(decoder, { task: request.task, strategy, ratio, notes, storage });
    const ratioOf = new Map(segments.map((s, i) => [s, ratios[i]!]));
    const missing = await this.notStored(fitting, (s) => inputs(s.id, ratioOf.get(s)), request.signal);
    const notWhole = new Set(segments.flatMap((s, i) => (chosen.has(i) ? [] : s.paths)));
    const bytes = diskBytes(decoder, storage, positions, tokens);
    return {
      strategy: strategy.name,
      ratio,
      files: files.length - notWhole.size,
      filesTotal: files.length,
      segments: chosen.size,
      segmentsTotal: segments.length,
      tokens,
      tokensTotal: sum(segments),
      positions,
      room,
      bytes,
      missing: { segments: missing.length, tokens: sum(missing) },
      probeTokens: inputs('').probe.length,
    };
  }

  /** Compresses what is missing and writes the sheet of a task. @throws CribsheetError */
  async compress(request: CompressRequest): Promise<BuildResult> {
    const { decoder, ...prepared } = await this.prepare(request);
    const { task, signal, onProgress, checkpointMs } = request;
    const { skipped } = this;
    if (prepared.strategy.staysOnDisk) requireRoom(decoder, prepared.segments, this.parts.blocks.quotaBytes);
    const builder = new SheetBuilder(decoder, this.parts.blocks, this.sheets, this.parts.grammars);
    return builder.build({
      task,
      skipped,
      signal,
      onProgress,
      checkpointMs,
      onEnd: this.parts.trimStore,
      ...prepared,
    });
  }

  /**
   * What ignore files keep out, as of the last refresh: paths, a whole folder once with a slash at its end.
   * @param byGit see `ignoredByGit`
   */
  ignored(byGit: readonly string[]): string[] {
    const skipped = this.skipped.filter(({ reason }) => reason === 'ignored').map((file) => file.path);
    return withoutFiles(
      [...byGit, ...skipped],
      this.files.map((file) => file.path),
    );
  }

  /** Files that differ now (at the last refresh) from what the sheet was made of. */
  changesSince({ scope, paths, hashes }: Pick<SheetFile, 'scope' | 'paths' | 'hashes'>): SheetChanges {
    const before = new Map(paths.map((p, i) => [p, hashes[i]]));
    const now = new Map(this.filesIn(scope).map((f) => [f.path, f.hash]));
    return {
      changed: paths.filter((p) => now.has(p) && now.get(p) !== before.get(p)),
      added: [...now.keys()].filter((p) => !before.has(p)),
      removed: paths.filter((p) => !now.has(p)),
    };
  }

  /** What a sheet kept of a file. @throws CribsheetError `file-unreadable` */
  async kept(sheet: SheetFile, path: string): Promise<Pick<KeptLines, 'stale' | 'lines'>> {
    const at = sheet.paths.indexOf(path);
    const stale = at >= 0 && this.files.find((f) => f.path === path)?.hash !== sheet.hashes[at];
    return { stale, lines: await keptLines(sheet, path, this.parts.blocks) };
  }

  /**
   * The sheet that answers for a task, as far as its blocks are there: of those that this model can read the newest that
   * is complete, else the newest. Those that stay on disk are for the mode `offload` alone.
   */
  async sheetFor(task: string, mode?: Mode): Promise<SheetFile | undefined> {
    const decoder = await this.parts.decoder?.();
    let newest: SheetFile | undefined;
    for (const sheet of await this.sheets.list()) {
      if (sheet.task.id !== task || sheet.model.fingerprint !== decoder?.fingerprint || !isReadIn(sheet, mode))
        continue;
      const left = await this.loaded.leftOf(sheet);
      if (left.complete) return left;
      newest ??= left;
    }
    return newest;
  }

  /** Deletes a sheet with the blocks that no other one needs; those that cannot be deleted are told. */
  async deleteSheet(sheet: SheetFile): Promise<void> {
    const { blocks, onMessage } = this.parts;
    await this.sheets.delete(sheet.id);
    this.loaded.drop(sheet);
    const { failure } = await blocks.deleteUnreferenced(blockKeys(sheet));
    if (failure) onMessage?.(`Blocks of the deleted sheet ${sheet.id} are still there. ${failure.message}`);
  }

  /** Answers a question; expected failures are in the answer's `error`. */
  ask(question: Question): Promise<Answer> {
    return this.answerer.answer(question, async () => {
      const { decoder, withoutModel } = await this.decoderFor(question);
      const sheetFile = decoder && (await this.sheetFor(question.task, question.mode));
      return {
        root: this.root,
        index: this.index,
        filesTotal: this.files.length,
        tokensTotal: await this.tokensTotal(decoder, question.signal),
        segments: () => this.segments([], question.signal),
        decoder,
        ...(withoutModel ? { withoutModel } : {}),
        sheetFile,
        loadSheet: () => this.loadSheet(question, sheetFile),
      };
    });
  }

  /** The model for a question; where it cannot be had and search is to answer in its place: why. */
  private async decoderFor({
    orSearch = false,
  }: Question): Promise<{ decoder: Decoder | undefined; withoutModel?: ErrorRecord }> {
    if (!orSearch) return { decoder: await this.parts.decoder?.() };
    try {
      return { decoder: await this.requireDecoder() };
    } catch (error) {
      if (!CribsheetError.is(error) || !modelErrors.has(error.code)) throw error;
      return { decoder: undefined, withoutModel: error.toRecord() };
    }
  }

  /**
   * Source tokens of the whole workspace. Packing a large one takes a minute, which no question should wait for: then
   * a sample tells how many characters make a token.
   */
  private async tokensTotal(decoder: Decoder | undefined, signal: AbortSignal | undefined): Promise<number> {
    const characters = this.index.characters();
    // There should be one, and there is none: it must not be asked for again.
    if (!decoder && this.parts.decoder) return Math.ceil(characters / CHARACTERS_PER_TOKEN);
    if (this.packed?.key === packingKey(decoder, []) || characters <= EXACT_CHARACTERS) {
      return (await this.segments([], signal)).reduce((sum, s) => sum + s.tokens, 0);
    }
    if (!decoder) return Math.ceil(characters / CHARACTERS_PER_TOKEN);
    const key = packingKey(decoder, [characters]);
    if (this.estimated?.key === key) return this.estimated.tokens;
    const { tokenizer, profile } = decoder;
    const paths = this.files.map((f) => f.path);
    const total = estimateTokens(paths, (path) => this.index.chunksOf(path), characters, tokenizer, profile);
    this.estimated = { key, tokens: total };
    return total;
  }

  private async loadSheet(
    { task, mode, signal }: Pick<Question, 'task' | 'mode' | 'signal'>,
    file: SheetFile | undefined,
  ): Promise<AskedSheet> {
    if (!file && mode === 'offload') {
      throw new CribsheetError(
        'sheet-missing',
        `There is no sheet on disk for the task "${task}" of this workspace.`,
        `Run "cribsheet compress ${this.root} --task ${task} --strategy offload", or ask with --mode rag.`,
      );
    }
    if (!file) {
      throw new CribsheetError(
        'sheet-missing',
        `There is no sheet for the task "${task}" of this workspace.`,
        `Run "cribsheet compress ${this.root} --task ${task}", or ask with --mode rag.`,
      );
    }
    return this.loaded.get(file, () => this.requireDecoder(), signal);
  }

  /** Settles everything that a compression needs from flags, task and profile, in this order. */
  private async prepare(request: CompressRequest) {
    const decoder = await this.requireDecoder();
    const { task } = request;
    const scope = [...(request.scope?.length ? request.scope : task.scope)];
    const files = this.filesIn(scope);
    const segments = await this.segments(scope, request.signal);
    // What a profile asks for may need what other devices are not checked for.
    const own = decoder.device.device === 'cpu' ? decoder.profile.strategy : undefined;
    const strategy = strategyByName(request.strategy ?? knownStrategy(task.strategy) ?? own ?? 'm0-zs');
    // What stays on disk drops nothing, and single positions of it can be read in half precision only.
    const dropsNothing = strategy.staysOnDisk ?? false;
    const tokens = dropsNothing
      ? undefined
      : (request.tokens ?? (request.ratio === undefined ? task.tokens : undefined));
    const sized =
      tokens === undefined
        ? (request.ratio ?? task.ratio ?? decoder.profile.ratio)
        : ratioForSize(decoder, segments, tokens, strategy.peak);
    const ratio = dropsNothing ? 1 : sized;
    const storage = dropsNothing ? 'f16' : (request.storage ?? 'f16');
    const weighted = !dropsNothing && (request.weighted ?? false);
    const sheetTokens = tokens ?? decoder.profile.sheetTokens;
    const size = tokens === undefined ? { ratio } : { tokens };
    const unusual = [...(storage === 'f16' ? [] : [storage]), ...(weighted ? ['weighted'] : [])];
    const decides = [scope, strategy.name, size, decoder.fingerprint, ...unusual];
    const sheetId = `${task.id}-${shortHash(decides)}`;
    return { decoder, scope, segments, files, strategy, ratio, sheetTokens, tokens, storage, weighted, sheetId };
  }

  private async notStored(
    segments: readonly Segment[],
    inputs: (segment: Segment) => BlockInputs,
    signal: AbortSignal | undefined,
  ): Promise<Segment[]> {
    const missing: Segment[] = [];
    for (const segment of segments) {
      throwIfCancelled(signal);
      if (!(await this.parts.blocks.has(blockKey(inputs(segment))))) missing.push(segment);
    }
    return missing;
  }

  private async requireDecoder(): Promise<Decoder> {
    if (this.parts.decoder) return this.parts.decoder();
    throw new CribsheetError('model-missing', 'No model is loaded.', 'Run without --no-model.');
  }

  private *chunksByFile(files: readonly { path: string }[]): Generator<{ path: string; chunks: Chunk[] }> {
    for (const { path } of files) yield { path, chunks: this.index.chunksOf(path) };
  }

  private filesIn(scope: readonly string[]): { path: string; hash: string }[] {
    if (scope.length === 0) return this.files;
    const inScope = new Scope(scope);
    return this.files.filter((f) => inScope.matches(f.path));
  }

  private async updateIndex(files: Awaited<ReturnType<typeof readCorpus>>['files'], signal: AbortSignal | undefined) {
    const { grammars } = this.parts;
    return this.index.update(
      files.map((f) => ({ path: f.path, hash: f.hash, chunks: () => chunkFile(f, grammars) })),
      signal ? { signal } : {},
    );
  }
}

/** Bytes of blocks: keys and values, the index of every kept position (int32), the line of every token (int32). */
function diskBytes(decoder: Decoder, storage: Storage, positions: number, tokens: number): number {
  const { attention, kvHeads } = decoder.graph;
  const keysAndValues = decoder.kvBytesPerPosition * storedShare[storage];
  return positions * (keysAndValues + attention.length * kvHeads * 4) + tokens * 4;
}

/** Everything of a large folder may be more than the store holds: its first blocks would go when the last ones come. */
function requireRoom(decoder: Decoder, segments: readonly Segment[], quota: number): void {
  const tokens = segments.reduce((sum, s) => sum + s.tokens, 0);
  const gigabytes = (bytes: number): string => (bytes / 1024 ** 3).toFixed(1);
  const bytes = diskBytes(decoder, 'f16', tokens, tokens);
  if (bytes <= quota) return;
  throw new CribsheetError(
    'store-full',
    `Keys and values of all ${tokens} tokens would take ${gigabytes(bytes)} GiB, and the store holds ${gigabytes(quota)}.`,
    'Narrow it with --scope, or choose a strategy that drops positions.',
  );
}

/** Failures after which search can still answer. */
const modelErrors: ReadonlySet<ErrorCode> = new Set([
  'model-missing',
  'model-broken',
  'model-unsupported',
  'tokenizer-mismatch',
  'device-unavailable',
]);

function knownStrategy(name: string | undefined): StrategyName | undefined {
  return strategies.find((s) => s === name);
}

function shortHash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 8);
}

function packingKey(decoder: Decoder | undefined, what: readonly (string | number)[]): string {
  return JSON.stringify([decoder?.fingerprint, what]);
}
