import type { LineRange } from '../../common/answers.ts';
import { CribsheetError } from '../../common/errors.ts';
import type { Decoder } from '../model/decoder.ts';
import type { Lane } from '../model/lane.ts';
import { priorities } from '../model/runQueue.ts';
import { appendKept } from '../compress/gather.ts';
import { decodeBlock, type Block } from './block.ts';
import { originOf } from './lineRuns.ts';
import { withoutBlocks } from './remaining.ts';
import type { SheetFile, SheetSegment } from './sheetFile.ts';
import type { BlockStore } from './store.ts';

interface Placed {
  /** First position of the block in each layer of the sheet's cache. */
  starts: number[];
  block: Pick<Block, 'positions' | 'lineOf'>;
  segment: SheetSegment;
}

/** A sheet as questions are asked of it: a lane that holds it, to which the question and its answer are appended. */
export interface AskedSheet {
  /** As far as it can be read: without segments whose blocks are gone. */
  readonly file: SheetFile;
  readonly lane: Lane;
  /** Positions of the sheet in the fullest head: where a question goes on. */
  readonly length: number;
  /** The same on average over all heads of all layers: what the sheet takes. */
  readonly positions: number;
  /** Before a question is appended: brings the lane to what this one is to be read behind. */
  begin(question: readonly number[], signal?: AbortSignal): Promise<void>;
  /** Cuts the question and answer off again. */
  rewind(): void;
  /** Where a position of a head comes from; undefined for the preamble. */
  origin(layer: number, head: number, position: number): LineRange | undefined;
}

/**
 * A sheet in memory: a lane whose cache holds preamble and blocks, one after the other. A question is appended,
 * answered, and cut off again; the sheet itself is never prefilled.
 */
export class AssembledSheet implements AskedSheet {
  readonly file: SheetFile;
  readonly lane: Lane;
  readonly length: number;
  readonly positions: number;
  private readonly placed: Placed[];

  private constructor(file: SheetFile, lane: Lane, placed: Placed[]) {
    this.file = file;
    this.lane = lane;
    this.length = lane.kv.length;
    const { layers } = lane.kv.shape;
    const lengths = Array.from({ length: layers }, (_, layer) => lane.kv.lengthOf(layer));
    this.positions = Math.round(lengths.reduce((sum, length) => sum + length, 0) / layers);
    this.placed = placed;
  }

  /**
   * Loads the blocks of a sheet in path order, each key moved to its position by one rotation. What is gone is left out:
   * the sheet then says that it does not cover it.
   * @throws CribsheetError `sheet-missing` where the sheet is another model's, or its preamble or all of the rest is gone
   */
  static async load(file: SheetFile, decoder: Decoder, store: BlockStore): Promise<AssembledSheet> {
    if (file.model.fingerprint !== decoder.fingerprint) {
      throw missing(
        `The sheet for "${file.task.id}" was made with the model ${file.model.name}, not with ${decoder.profile.name}.`,
      );
    }
    const gone = new Set<string>();
    const read = async (key: string): Promise<Block | undefined> => {
      const bytes = await store.read(key);
      const block = bytes && decodeBlock(bytes, decoder.graph.kvType);
      if (!block) gone.add(key);
      return block;
    };
    const preamble = await read(file.preamble.key);
    let first: Block | undefined;
    for (const { key } of preamble ? file.segments : []) if ((first = await read(key))) break;
    if (!preamble || !first) throw missing(`Blocks of the sheet for "${file.task.id}" are missing or damaged.`);
    const lane = await decoder.laneOf(
      { keyBias: first.bias !== undefined, ownHeads: file.ownHeads ?? false },
      priorities.answer,
      capacities(file, decoder),
    );
    appendKept(lane.kv, preamble, decoder.frequencies);
    const placed: Placed[] = [];
    for (const segment of file.segments) {
      const block = await read(segment.key);
      if (!block) continue;
      const { lineOf } = block;
      // A block whose heads happen to keep the same number, among others.
      const { layers } = lane.kv.shape;
      const positions = block.positions.length < layers ? block.positions.flat().map((p) => [p]) : block.positions;
      const starts = Array.from({ length: layers }, (_, layer) => lane.kv.lengthOf(layer));
      placed.push({ starts, block: { positions, lineOf }, segment });
      appendKept(lane.kv, block, decoder.frequencies);
    }
    return new AssembledSheet(withoutBlocks(file, gone), lane, placed);
  }

  /** It is the same for every question. */
  begin(): Promise<void> {
    this.rewind();
    return Promise.resolve();
  }

  rewind(): void {
    this.lane.kv.truncate(this.length);
  }

  origin(layer: number, head: number, position: number): LineRange | undefined {
    let [low, high] = [0, this.placed.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.placed[middle]!.starts[layer]! <= position) low = middle;
      else high = middle - 1;
    }
    const place = this.placed[low];
    const start = place?.starts[layer];
    if (!place || start === undefined || position < start) return undefined;
    const token = place.block.positions[layer]?.[head]?.[position - start];
    if (token === undefined) return undefined;
    const { path, line } = originOf(place.segment.lines, place.block.lineOf[token]!);
    return { path: this.file.paths[path]!, startLine: line, endLine: line };
  }
}

/** Room for the sheet, a question and its answer in every layer of the cache: what a layer does not keep takes none. */
function capacities({ preamble, segments, lengths }: SheetFile, { graph, profile }: Decoder): number[] {
  const fullest = segments.reduce((sum, s) => sum + s.kept, 0);
  const each = lengths ?? Array<number>(graph.attention.length).fill(fullest);
  return each.map((length) => preamble.kept + length + profile.answerTokens + 128);
}

function missing(message: string): CribsheetError {
  return new CribsheetError(
    'sheet-missing',
    message,
    'Run "cribsheet compress" for this task again: only what is missing is computed.',
  );
}
