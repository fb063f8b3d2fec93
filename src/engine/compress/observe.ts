import type { Decoder } from '../model/decoder.ts';
import type { ScoreKind } from '../model/graph/scorer.ts';
import type { Lane } from '../model/lane.ts';
import type { Observation } from '../model/observation.ts';
import { outputNorms } from './outputNorms.ts';
import { SegmentKv } from './segmentKv.ts';
import type { Need, Probe, ProbeView } from './strategy.ts';

/** A probe as tokens, or the segment's own rows. */
export type ProbeRows =
  { rows: 'after'; ids: readonly number[] } | { rows: 'tail'; count: number } | { rows: 'own'; skip: number };

/** The tokens that a probe runs; `segment` is what `repeat` says again. */
export function probeRows(decoder: Decoder, probe: Probe, segment: readonly number[]): ProbeRows {
  if (probe.rows === 'task') return { rows: 'after', ids: decoder.chat.probe(probe.instruction, probe.examples) };
  if (probe.rows === 'repeat') return { rows: 'after', ids: [...decoder.chat.question(probe.instruction), ...segment] };
  return probe;
}

/**
 * Prefills a segment behind what the lane holds, and lets the probe look at it.
 * The lane ends with the segment; the probe's own keys are dropped.
 */
export async function observeSegment(parts: {
  decoder: Decoder;
  lane: Lane;
  ids: readonly number[];
  probe: ProbeRows | undefined;
  needs: readonly Need[];
  random: () => number;
  signal?: AbortSignal | undefined;
}): Promise<ProbeView> {
  const { decoder, lane, ids, probe, needs, random, signal } = parts;
  const { layers, kvHeads } = lane.kv.shape;
  const offset = lane.kv.length;
  const tokens = ids.length;
  const kind = kindFor(needs);
  let seen: Observation | undefined;
  if (probe?.rows === 'own') {
    const skip = Math.min(probe.skip, tokens - 1);
    await lane.append(ids.slice(0, skip), { signal });
    seen = await lane.observe(ids.slice(skip), { signal, kind, start: offset });
  } else if (probe?.rows === 'tail') {
    // At least half of the segment is there to be scored.
    const before = Math.max(Math.ceil(tokens / 2), tokens - probe.count);
    await lane.append(ids.slice(0, before), { signal });
    const end = lane.kv.length;
    if (before < tokens) seen = await lane.observe(ids.slice(before), { signal, kind, start: offset, end });
  } else {
    await lane.append(ids, { signal });
    const end = lane.kv.length;
    if (probe) seen = await lane.observe(probe.ids, { signal, kind, start: offset, end });
    lane.kv.truncate(end);
  }
  const { heads, attentionScale: scale } = decoder.graph;
  const kv = new SegmentKv(lane.kv, offset, tokens, { frequencies: decoder.frequencies, scale });
  const view = { layers, kvHeads, heads, tokens, random, kv, ...seen };
  if (!needs.includes('outputNorms')) return view;
  const grams = await decoder.outputGrams();
  if (!grams) throw new Error('a strategy needs an output projection that the model does not have');
  return { ...view, outputNorms: outputNorms(kv, grams, heads / kvHeads) };
}

function kindFor(needs: readonly Need[]): ScoreKind {
  if (needs.includes('raw')) return 'raw';
  if (needs.includes('stats')) return 'stats';
  return needs.includes('moments') ? 'moments' : 'sums';
}
