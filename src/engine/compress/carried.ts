import type { Decoder } from '../model/decoder.ts';
import type { Lane } from '../model/lane.ts';
import { appendKept, gatherKept, type KeptKv } from './gather.ts';
import type { KeptPositions, Strategy } from './strategy.ts';

interface CarriedOptions {
  /** Parts of the corpus; with one, compression comes after the whole prefill. */
  slices: number;
  /** Source tokens per kept position. */
  ratio: number;
  /** Stands before everything, is read at every iteration and never dropped; the paper has none. */
  preamble?: readonly number[];
  signal?: AbortSignal | undefined;
}

/** State after one iteration of the carried cache. */
export interface CarriedStep {
  /** Index into the corpus of every kept position, per layer and KV head. */
  origins: KeptPositions;
  kv: KeptKv;
}

/**
 * The seed paper's own loop (arXiv 2503.04973, section 3; FINCH, arXiv 2408.00167, section 4): the corpus is cut into
 * `slices`; each iteration reads [carried cache ; slice ; task prompt], scores cache *and* slice by the prompt's
 * attention and keeps the top r = ⌊m/σ⌋ + c; keys move to 0…r-1; the prompt's own keys are dropped. An edit to one
 * file invalidates everything after it, which is why the product compresses segments apart instead.
 */
export async function compressCarried(
  decoder: Decoder,
  lane: Lane,
  corpus: readonly number[],
  probe: readonly number[],
  strategy: Strategy,
  { slices, ratio, preamble = [], signal }: CarriedOptions,
): Promise<CarriedStep[]> {
  const { layers, kvHeads } = lane.kv.shape;
  const steps: CarriedStep[] = [];
  let carried: CarriedStep | undefined;
  const sliceLength = Math.ceil(corpus.length / slices);
  lane.kv.truncate(0);
  await lane.append(preamble, { signal });
  const offset = preamble.length;
  for (let start = 0; start < corpus.length; start += sliceLength) {
    const slice = corpus.slice(start, start + sliceLength);
    const cached = carried?.kv.kept ?? 0;
    lane.kv.truncate(offset);
    if (carried) appendKept(lane.kv, carried.kv, decoder.frequencies);
    await lane.append(slice, { signal });
    const tokens = cached + slice.length;
    const end = offset + tokens;
    const { sums } = await lane.observe(probe, { signal, kind: 'sums', start: offset, end });
    lane.kv.truncate(end);
    const { heads } = decoder.graph;
    const view = { layers, kvHeads, heads, tokens, random: Math.random, ...(sums ? { sums } : {}) };
    const kept = strategy.select(view, Math.floor(slice.length / ratio) + cached);
    const before = carried?.origins;
    const origins = kept.map((heads, l) =>
      heads.map((positions, h) => positions.map((p) => (p < cached ? before![l]![h]![p]! : start + p - cached))),
    );
    carried = { origins, kv: gatherKept(lane.kv, offset, kept, decoder.frequencies) };
    steps.push(carried);
  }
  return steps;
}
