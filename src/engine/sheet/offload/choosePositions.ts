import { Breath } from '../../breath.ts';
import type { KeptPositions } from '../../compress/strategy.ts';
import { Rotation } from '../../model/rope.ts';
import type { IndexShape, KeyIndex } from './keyIndex.ts';
import type { QuestionQueries } from './question.ts';
import { topInSlices } from './topInSlices.ts';

/** What positions are chosen by, beside the queries. */
export interface ChoiceShape extends IndexShape {
  /** Query heads. */
  heads: number;
  /** Factor of q·k before the softmax. */
  scale: number;
  /** Tokens of each segment, in order. */
  segments: readonly number[];
}

/** Logits that are held at a time, in numbers (32 MB): the rows of a long question are gone through in batches. */
const MOST_LOGITS = 8_000_000;
/** Logits between two breaths: about a millisecond. */
const STEP_LOGITS = 100_000;

/**
 * The positions that a question looks at most, by the keys of an index: per layer and KV head the `keep` with the
 * largest attention, summed over the question's rows and the query heads of the KV head, under one softmax over all
 * positions of all segments (the score of a probe, `TaskAttention`, with the question as the probe). Where a segment's
 * text will stand is not known yet: every segment is scored as if it stood right before the question.
 * @returns positions counted over all segments, ascending, the same number in every head
 * @throws CribsheetError `cancelled`
 */
export async function choosePositions(
  index: KeyIndex,
  question: QuestionQueries,
  shape: ChoiceShape,
  keep: number,
  signal?: AbortSignal,
  mostLogits = MOST_LOGITS,
): Promise<KeptPositions> {
  const breath = new Breath(signal);
  const chosen: KeptPositions = [];
  for (let layer = 0; layer < shape.layers; layer++) {
    const heads: Int32Array[] = [];
    for (let head = 0; head < shape.kvHeads; head++) {
      const scores = await attentionOf(index, question, { ...shape, layer, head, mostLogits }, breath);
      heads.push(await topInSlices(scores, keep, breath));
    }
    chosen.push(heads);
  }
  return chosen;
}

/** Attention that each position of all segments gets of a question in one KV head, [positions]. */
async function attentionOf(
  index: KeyIndex,
  question: QuestionQueries,
  { layer, head, mostLogits, ...shape }: ChoiceShape & { layer: number; head: number; mostLogits: number },
  breath: Breath,
): Promise<Float64Array> {
  const total = shape.segments.reduce((sum, tokens) => sum + tokens, 0);
  const scores = new Float64Array(total);
  const rows = question.rows * (shape.heads / shape.kvHeads);
  const batch = Math.max(1, Math.floor(mostLogits / Math.max(1, total)));
  for (let from = 0; from < rows; from += batch) {
    const to = Math.min(rows, from + batch);
    await addAttention(scores, index, { question, shape, layer, head, from, to }, breath);
  }
  return scores;
}

/** Rows of a question in one KV head, those of its first query head first. */
interface Rows {
  question: QuestionQueries;
  shape: ChoiceShape;
  layer: number;
  head: number;
  from: number;
  to: number;
}

/** Adds what each position gets of these rows. */
async function addAttention(
  scores: Float64Array,
  index: KeyIndex,
  { question, shape, layer, head, from, to }: Rows,
  breath: Breath,
): Promise<void> {
  const { headSize: size, segments, scale } = shape;
  const rows = to - from;
  const logits = new Float32Array(scores.length * rows);
  const largest = new Float64Array(rows).fill(Number.NEGATIVE_INFINITY);
  let at = 0;
  for (const [segment, tokens] of segments.entries()) {
    await breath.take();
    const queries = queriesAt(question, shape, layer, head, tokens).subarray(from * size, to * size);
    const keys = index.keys(segment, layer, head);
    for (let t = 0; t < tokens; t++, at++) {
      for (let r = 0; r < rows; r++) {
        let dot = 0;
        for (let i = 0; i < size; i++) dot += queries[r * size + i]! * keys[t * size + i]!;
        logits[at * rows + r] = dot * scale;
        if (dot * scale > largest[r]!) largest[r] = dot * scale;
      }
    }
  }
  const sums = new Float64Array(rows);
  const step = Math.ceil(STEP_LOGITS / rows);
  for (let t = 0; t < scores.length; t++) {
    if (t % step === 0) await breath.take();
    for (let r = 0; r < rows; r++) sums[r]! += Math.exp(logits[t * rows + r]! - largest[r]!);
  }
  for (let t = 0; t < scores.length; t++) {
    if (t % step === 0) await breath.take();
    for (let r = 0; r < rows; r++) scores[t]! += Math.exp(logits[t * rows + r]! - largest[r]!) / sums[r]!;
  }
}

/** The queries of a KV head's query heads, [heads of the group · rows, headSize], with their first row at a position. */
export function queriesAt(
  { rows, first, queries }: QuestionQueries,
  { heads, kvHeads, headSize, frequencies }: Pick<ChoiceShape, 'heads' | 'kvHeads' | 'headSize' | 'frequencies'>,
  layer: number,
  head: number,
  position: number,
): Float32Array {
  const group = (heads / kvHeads) * rows * headSize;
  const own = queries[layer]!.slice(head * group, (head + 1) * group);
  const rotation = new Rotation(frequencies);
  for (let at = 0; at < own.length; at += headSize) rotation.apply(own.subarray(at, at + headSize), position - first);
  return own;
}
