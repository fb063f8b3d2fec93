import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { CribsheetError, throwIfCancelled } from '../../common/errors.ts';
import { folderOf, groupFiles } from './grouping.ts';
import { codeKind, definedNames } from './naming.ts';
import { cutChunk, halve, type Piece } from './pieces.ts';
import { bodyLines, cardLine, fileLine, renderFiles, rendererVersion } from './render.ts';
import type { Chunk, RenderProfile, Segment } from './types.ts';
import { hashOf } from './windows.ts';

/** A smaller segment has no room for a path, a card and a line. */
const minSegmentTokens = 64;
/** The event loop gets its turn after about this time. */
const sliceMs = 20;

type CountTokens = (text: string) => number;

/** Pieces of one file in the order of their lines. */
interface FilePieces {
  path: string;
  pieces: Piece[];
}

/**
 * Packs the chunks of files into segments of at most `profile.segmentTokens` tokens by `countTokens` of their whole text, in path order.
 * A file up to half of a segment shares one with small files of its folder (see `groupFiles` for what adding and removing files changes);
 * a larger one has segments of its own, so that editing it touches no other file. Deterministic: files in any order, same segments.
 * Throws `model-broken` for a segment size below 64.
 */
export function packSegments(
  files: readonly { path: string; chunks: readonly Chunk[] }[],
  profile: RenderProfile,
  countTokens: CountTokens,
): Segment[] {
  const packing = pack(files, profile, countTokens);
  for (;;) {
    const step = packing.next();
    if (step.done) return step.value;
  }
}

/** `packSegments` that lets the event loop have its turn: counting the tokens of a large code base takes many seconds. Throws `cancelled`. */
export async function packSegmentsInSlices(
  files: Iterable<{ path: string; chunks: readonly Chunk[] }>,
  profile: RenderProfile,
  countTokens: CountTokens,
  signal?: AbortSignal,
): Promise<Segment[]> {
  const packing = pack(files, profile, countTokens);
  let turn = performance.now();
  for (;;) {
    const step = packing.next();
    if (step.done) return step.value;
    if (performance.now() - turn < sliceMs) continue;
    await setImmediate();
    throwIfCancelled(signal);
    turn = performance.now();
  }
}

/** Yields where it may be interrupted. */
function* pack(
  files: Iterable<{ path: string; chunks: readonly Chunk[] }>,
  profile: RenderProfile,
  countTokens: CountTokens,
): Generator<undefined, Segment[]> {
  if (!(profile.segmentTokens >= minSegmentTokens)) {
    throw new CribsheetError(
      'model-broken',
      `The model's profile asks for segments of ${profile.segmentTokens} tokens, and ${minSegmentTokens} is the least.`,
      'Correct "segmentTokens" in the model\'s cribsheet.json.',
    );
  }
  const packer = new Packer(profile, countTokens);
  const small = new Map<string, (FilePieces & { size: number })[]>();
  const runs: FilePieces[][] = [];
  for (const { path, chunks } of files) {
    if (chunks.length === 0) continue;
    const file = yield* packer.measure(path, chunks);
    if (2 * file.size > profile.segmentTokens) runs.push(...packer.cutFile(file).map((run) => [run]));
    else {
      const folder = small.get(folderOf(path));
      if (folder) folder.push(file);
      else small.set(folderOf(path), [file]);
    }
  }
  for (const folder of small.values()) {
    runs.push(
      ...groupFiles(folder, profile.segmentTokens).map((group) => group.toSorted((a, b) => compare(a.path, b.path))),
    );
  }
  const segments: Segment[] = [];
  for (const run of runs.toSorted((a, b) => compare(a[0]!.path, b[0]!.path) || firstLine(a) - firstLine(b))) {
    segments.push(...packer.segments(run));
    yield;
  }
  return segments;
}

class Packer {
  private readonly profile: RenderProfile;
  private readonly countTokens: CountTokens;
  private readonly costs = new Map<Chunk, number>();

  constructor(profile: RenderProfile, countTokens: CountTokens) {
    this.profile = profile;
    this.countTokens = countTokens;
  }

  *measure(path: string, chunks: readonly Chunk[]): Generator<undefined, FilePieces & { size: number }> {
    const pieces = chunks.map((chunk): Piece => ({ chunk, heading: 'full' }));
    let size = this.pathCost(path);
    for (const chunk of chunks) {
      size += this.cost(chunk);
      yield;
    }
    return { path, pieces, size };
  }

  /**
   * A file larger than half a segment: runs of its chunks, each cut in the second half of its room before the chunk whose name has the
   * smallest hash. The cuts depend on names, not on texts, so after an edit they soon stand where they stood.
   */
  cutFile(file: FilePieces): FilePieces[] {
    const { segmentTokens } = this.profile;
    const overhead = this.pathCost(file.path);
    const pieces = file.pieces.flatMap(({ chunk, heading }): Piece[] =>
      overhead + this.cost(chunk) <= segmentTokens
        ? [{ chunk, heading }]
        : cutChunk(chunk, this.profile, this.countTokens),
    );
    const sizes = pieces.map(({ chunk }) => this.cost(chunk));
    const lastBare = pieces.findLastIndex((piece) => !isFull(piece));
    let rest = sizes.reduce((sum, size) => sum + size, overhead);
    const runs: FilePieces[] = [];
    for (let start = 0; start < pieces.length;) {
      const end =
        rest <= segmentTokens && start > lastBare ? pieces.length : this.runEnd(pieces, sizes, start, overhead);
      runs.push({ path: file.path, pieces: pieces.slice(start, end) });
      for (; start < end; start++) rest -= sizes[start]!;
    }
    return runs;
  }

  private runEnd(pieces: readonly Piece[], sizes: readonly number[], start: number, overhead: number): number {
    const { segmentTokens } = this.profile;
    if (!isFull(pieces[start]!)) return start + 1;
    let [end, lowest] = [start + 1, Infinity];
    let size = overhead + sizes[start]!;
    for (let at = start + 1; at < pieces.length && size <= segmentTokens; at++) {
      const hash = hashOf(cutKey(pieces[at]!.chunk));
      if (2 * size >= segmentTokens ? hash < lowest : lowest === Infinity) {
        end = at;
        if (2 * size >= segmentTokens) lowest = hash;
      }
      if (!isFull(pieces[at]!)) return lowest === Infinity ? at : end;
      size += sizes[at]!;
    }
    return end;
  }

  /** Renders a run; where the tokens of the whole are more than those of its parts together foretold, it is cut once more. */
  segments(run: readonly FilePieces[]): Segment[] {
    const files = run.map(({ path, pieces }) => ({ path, chunks: pieces.map(({ chunk }) => chunk) }));
    const chunks = files.flatMap((file) => file.chunks);
    const { text, lines } = renderFiles(files, this.profile, run[0]?.pieces[0]?.heading);
    const tokens = this.countTokens(text);
    if (tokens > this.profile.segmentTokens) {
      const halves = this.halves(run);
      if (halves) return halves.flatMap((half) => this.segments(half));
    }
    const paths = [...new Set(files.map(({ path }) => path))];
    return [{ id: segmentId(text), paths, tokens, text, chunks: chunks.map(segmentChunk), lines }];
  }

  private halves(run: readonly FilePieces[]): FilePieces[][] | undefined {
    if (run.length > 1) return inTwo(run);
    const { path, pieces } = run[0]!;
    if (pieces.length > 1) return inTwo(pieces).map((half) => [{ path, pieces: half }]);
    return halve(pieces[0]!)?.map((piece) => [{ path, pieces: [piece] }]);
  }

  /** Tokens of one chunk: its name in the file line, its card and its text. Counted once a chunk. */
  private cost(chunk: Chunk): number {
    let cost = this.costs.get(chunk);
    if (cost === undefined) {
      const names = definedNames(chunk).map((name) => `${name}, `);
      const card = cardLine(chunk, this.profile) ?? '';
      const body = bodyLines(chunk, this.profile.dedentTabs).map(({ content }) => content);
      cost = this.countTokens(`${names.join('')}${[card, ...body].join('\n')}\n`);
      this.costs.set(chunk, cost);
    }
    return cost;
  }

  private pathCost(path: string): number {
    return this.countTokens(`${fileLine(path, ['_'], this.profile)}\n`);
  }
}

/** SHA-256 over the renderer's version and the text: what a decoder would read alike has one id. */
function segmentId(text: string): string {
  return createHash('sha256').update(rendererVersion).update('\0').update(text).digest('hex');
}

function segmentChunk({
  path,
  startLine,
  endLine,
  nameLine,
  kind,
  name,
  qualifiedName,
}: Chunk): Segment['chunks'][number] {
  return { path, startLine, endLine, nameLine, kind, name, qualifiedName };
}

/** What a cut before this chunk is chosen by; code and parts share their names, so there the text speaks. */
function cutKey(chunk: Chunk): string {
  const shared = chunk.kind === codeKind || chunk.kind.endsWith(' part');
  return `${chunk.qualifiedName}\0${chunk.kind}\0${shared ? chunk.text : ''}`;
}

function isFull(piece: Piece): boolean {
  return piece.heading === 'full';
}

function inTwo<Item>(items: readonly Item[]): Item[][] {
  const middle = items.length >> 1;
  return [items.slice(0, middle), items.slice(middle)];
}

function firstLine(run: readonly FilePieces[]): number {
  return run[0]?.pieces[0]?.chunk.startLine ?? 0;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
