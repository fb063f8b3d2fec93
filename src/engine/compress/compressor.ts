import type { Task } from '../../common/task.ts';
import type { Grammars } from '../corpus/grammars.ts';
import type { Segment } from '../corpus/types.ts';
import type { Decoder } from '../model/decoder.ts';
import type { Lane } from '../model/lane.ts';
import { encodeSegment, type EncodedText } from './encode.ts';
import { gatherKept, layersOf, type KeptKv } from './gather.ts';
import { observeSegment, probeRows } from './observe.ts';
import { seededRandom } from './random.ts';
import { keptCount } from './select.ts';
import type { KeptPositions, Strategy } from './strategy.ts';
import { structuralPrior } from './structure.ts';

/** A compressed segment, not yet stored. */
export interface CompressedSegment extends KeptKv {
  encoded: EncodedText;
  /** In the layers of `KeptKv`. */
  positions: KeptPositions;
}

/**
 * Compresses segments one by one: prefill [preamble ; segment], run the task's probe with the scorer on, keep what
 * the strategy picks, drop the rest. Segments do not see each other, so an edit rebuilds only its own.
 */
export class Compressor {
  private readonly decoder: Decoder;
  private readonly lane: Lane;
  private readonly preamble: number[];

  private readonly grammars: Grammars | undefined;

  /** @param grammars for strategies with a structural prior; without them it knows file and card lines only */
  constructor(decoder: Decoder, lane: Lane, grammars?: Grammars) {
    this.decoder = decoder;
    this.lane = lane;
    this.grammars = grammars;
    this.preamble = decoder.chat.preamble();
  }

  /** Keys and values of the preamble, all kept: the head of every sheet. */
  async compressPreamble(signal?: AbortSignal): Promise<KeptKv> {
    await this.prefillPreamble(signal);
    const all = Int32Array.from(this.preamble, (_, i) => i);
    const { layers, kvHeads } = this.lane.kv.shape;
    const kept = Array.from({ length: layers }, () => Array.from({ length: kvHeads }, () => all));
    return gatherKept(this.lane.kv, 0, kept, this.decoder.frequencies);
  }

  /**
   * @param ratio source tokens per kept position, at least 1
   * @param notes what the model wrote for the task, where the strategy asks for that
   */
  async compress(
    segment: Segment,
    task: Task,
    strategy: Strategy,
    ratio: number,
    signal?: AbortSignal,
    notes?: string,
  ): Promise<CompressedSegment> {
    const { decoder, lane } = this;
    const encoded = encodeSegment(decoder.tokenizer, segment, decoder.profile.fileMark);
    const tokens = encoded.ids.length;
    await strategy.prepare?.(decoder, signal);
    await this.prefillPreamble(signal);
    const offset = lane.kv.length;
    const probe = strategy.probe(task, notes);
    const needs = strategy.needs ?? [];
    const seen = await observeSegment({
      decoder,
      lane,
      ids: encoded.ids,
      probe: probe && probeRows(decoder, probe, encoded.ids),
      needs,
      random: seededRandom(segment.id),
      signal,
    });
    const { tokenizer, profile } = decoder;
    const structure = needs.includes('structure')
      ? await structuralPrior(segment, encoded, tokenizer, profile.fileMark, this.grammars, signal)
      : undefined;
    const measured = strategy.usesMeasured ? decoder.measured : undefined;
    const view = { ...seen, ...(structure ? { structure } : {}), ...(measured ? { measured } : {}) };
    const positions = strategy.select(view, keptCount(tokens, ratio));
    const refit = strategy.refit?.(view, positions);
    const kept = gatherKept(lane.kv, offset, positions, decoder.frequencies, refit);
    return { encoded, positions: layersOf(positions), ...kept };
  }

  /** The preamble is the same for every segment: prefilled once, then only truncated to. */
  private async prefillPreamble(signal: AbortSignal | undefined): Promise<void> {
    const { lane, preamble } = this;
    if (lane.kv.length >= preamble.length && this.primed) return lane.kv.truncate(preamble.length);
    lane.kv.truncate(0);
    await lane.append(preamble, { signal });
    this.primed = true;
  }
  private primed = false;
}
