import type { LineRange } from '../../common/answers.ts';
import { CribsheetError } from '../../common/errors.ts';
import type { Decoder } from '../model/decoder.ts';
import type { Lane } from '../model/lane.ts';
import { priorities } from '../model/runQueue.ts';
import { appendKept } from '../compress/gather.ts';
import { decodeBlock, type Block } from './block.ts';
import { originOf } from './lineRuns.ts';
import type { SheetFile, SheetSegment } from './sheetFile.ts';
import type { BlockStore } from './store.ts';

interface Placed {
  /** First position of the block in each layer of the sheet. */
  starts: number[];
  block: Pick<Block, 'positions' | 'lineOf'>;
  segment: SheetSegment;
}

/**
 * A sheet in memory: a lane whose cache holds preamble and blocks, one after the other. A question is appended,
 * answered, and cut off again; the sheet itself is never prefilled.
 */
export class AssembledSheet {
  readonly file: SheetFile;
  readonly lane: Lane;
  /** Positions of preamble and blocks. */
  readonly length: number;
  private readonly placed: Placed[];

  private constructor(file: SheetFile, lane: Lane, placed: Placed[]) {
    this.file = file;
    this.lane = lane;
    this.length = lane.kv.length;
    this.placed = placed;
  }

  /**
   * Loads the blocks of a sheet in path order, each key moved to its position by one rotation.
   * @throws CribsheetError `sheet-missing` where the sheet is another model's or one of its blocks is gone
   */
  static async load(file: SheetFile, decoder: Decoder, store: BlockStore): Promise<AssembledSheet> {
    if (file.model.fingerprint !== decoder.fingerprint) {
      throw missing(
        `The sheet for "${file.task.id}" was made with the model ${file.model.name}, not with ${decoder.profile.name}.`,
      );
    }
    const size = file.preamble.kept + file.segments.reduce((sum, s) => sum + s.kept, 0);
    const capacity = size + decoder.profile.answerTokens + 128;
    const read = async (key: string, what: string): Promise<Block> => {
      const bytes = await store.read(key);
      const block = bytes && decodeBlock(bytes, decoder.graph.kvType);
      if (!block) throw missing(`The block of ${what} in the sheet for "${file.task.id}" is missing or damaged.`);
      return block;
    };
    const readSegment = (segment: SheetSegment): Promise<Block> =>
      read(segment.key, file.paths[segment.lines[0]?.path ?? -1] ?? 'a segment');
    const [first] = file.segments;
    const isBiased = first && (await readSegment(first)).bias !== undefined;
    const lane = isBiased
      ? await decoder.biasedLane(priorities.answer, capacity)
      : decoder.lane(priorities.answer, capacity);
    appendKept(lane.kv, await read(file.preamble.key, 'the preamble'), decoder.frequencies);
    const placed: Placed[] = [];
    for (const segment of file.segments) {
      const block = await readSegment(segment);
      const { counts, positions, lineOf } = block;
      const starts = counts.map((_, layer) => lane.kv.lengthOf(layer));
      placed.push({ starts, block: { positions, lineOf }, segment });
      appendKept(lane.kv, block, decoder.frequencies);
    }
    return new AssembledSheet(file, lane, placed);
  }

  /** Cuts the question and answer off again. */
  rewind(): void {
    this.lane.kv.truncate(this.length);
  }

  /** Where a position of a head comes from; undefined for the preamble. */
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

function missing(message: string): CribsheetError {
  return new CribsheetError(
    'sheet-missing',
    message,
    'Run "cribsheet compress" for this task again: only what is missing is computed.',
  );
}
