import type { Task } from '../../common/task.ts';
import type { Segment } from '../corpus/types.ts';
import type { Decoder } from '../model/decoder.ts';
import type { Lane } from '../model/lane.ts';
import type { LayerSums } from '../model/stepRunner.ts';
import { encodeSegment, type EncodedText } from './encode.ts';
import { gatherKept, type KeptKv } from './gather.ts';
import { seededRandom } from './random.ts';
import { keptCount } from './select.ts';
import type { KeptPositions, Strategy } from './strategy.ts';

/** A compressed segment, not yet stored. */
export interface CompressedSegment extends KeptKv {
  encoded: EncodedText;
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

  constructor(decoder: Decoder, lane: Lane) {
    this.decoder = decoder;
    this.lane = lane;
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

  /** @param ratio source tokens per kept position, at least 1 */
  async compress(
    segment: Segment,
    task: Task,
    strategy: Strategy,
    ratio: number,
    signal?: AbortSignal,
  ): Promise<CompressedSegment> {
    const { decoder, lane } = this;
    const encoded = encodeSegment(decoder.tokenizer, segment, decoder.profile.fileMark);
    const tokens = encoded.ids.length;
    await this.prefillPreamble(signal);
    const offset = lane.kv.length;
    await lane.append(encoded.ids, { signal });
    const keep = keptCount(tokens, ratio);
    const sums = await this.probe(task, strategy, offset, tokens, signal);
    const { layers, kvHeads } = lane.kv.shape;
    const view = { layers, kvHeads, tokens, random: seededRandom(segment.id), ...(sums ? { sums } : {}) };
    const positions = strategy.select(view, keep);
    return { encoded, positions, ...gatherKept(lane.kv, offset, positions, decoder.frequencies) };
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

  /** Attention of the probe's rows to the segment's positions, or undefined where the strategy asks for no probe. */
  private async probe(
    task: Task,
    strategy: Strategy,
    offset: number,
    tokens: number,
    signal?: AbortSignal,
  ): Promise<LayerSums | undefined> {
    const probe = strategy.probe(task);
    if (!probe) return undefined;
    const { lane } = this;
    const ids = this.decoder.chat.probe(probe.instruction, probe.examples);
    const context = offset + tokens;
    const sums = await lane.append(ids, { signal, scoreContext: context });
    lane.kv.truncate(context);
    return sums!.map((layer) => withoutPreamble(layer, lane.kv.shape.kvHeads, context, offset));
  }
}

function withoutPreamble(sums: Float32Array, kvHeads: number, context: number, offset: number): Float32Array {
  const tokens = context - offset;
  const out = new Float32Array(kvHeads * tokens);
  for (let h = 0; h < kvHeads; h++) out.set(sums.subarray(h * context + offset, (h + 1) * context), h * tokens);
  return out;
}
