import type { Task } from '../../common/task.ts';
import type { Segment } from '../corpus/types.ts';
import type { Decoder } from '../model/decoder.ts';
import type { Lane } from '../model/lane.ts';
import { encodeSegment } from './encode.ts';
import { observeSegment, probeRows } from './observe.ts';
import { gatherRows, headRows } from './refit.ts';
import { keptCount, topPositions } from './select.ts';
import type { ProbeView } from './strategy.ts';
import { valueWeighted } from './strategies/m1.ts';

/** Source tokens per kept position at which errors are measured. */
export const measuredRatios = [2, 4, 8, 16, 32, 64] as const;

/** Rows of the question that count, beside those that say the answer. */
const QUESTION_ROWS = 8;

/** A question about a segment, and the answer that is forced while attention is measured. */
export interface MeasureSample {
  segment: Segment;
  task: Task;
  question: string;
  answer: string;
}

/**
 * How far a compressed segment is from the whole one, for every layer, KV head and ratio, while a question is asked and
 * answered that the compression did not see. Kept is what the task's prompt looks at (M1's score), as in a sheet. The
 * error of a row is its attention output over what is kept against that over the whole segment, as far as the row looks
 * at the segment at all, in what it writes into the model's state (W_O; where the model has none to read, as it is).
 * Squared, and relative to what the layer would write if it looked at nothing else: errors of heads and layers can be
 * added and compared.
 * @param lane is emptied
 * @returns [layers][kvHeads][measuredRatios]
 */
export async function measureSample(
  decoder: Decoder,
  lane: Lane,
  { segment, task, question, answer }: MeasureSample,
  signal?: AbortSignal,
): Promise<number[][][]> {
  const { tokenizer, chat, profile } = decoder;
  const { ids } = encodeSegment(tokenizer, segment, profile.fileMark);
  lane.kv.truncate(0);
  await lane.append(chat.preamble(), { signal });
  const offset = lane.kv.length;
  const probe = probeRows(decoder, { rows: 'task', instruction: task.instruction, examples: task.examples }, ids);
  const seen = await observeSegment({ decoder, lane, ids, probe, needs: ['kv'], random: () => 0, signal });
  const end = lane.kv.length;
  const asked = chat.question(question);
  const first = asked.length - Math.min(QUESTION_ROWS, asked.length);
  await lane.append(asked.slice(0, first), { signal });
  // The row before each token of the answer says it.
  const rows = [...asked.slice(first), ...tokenizer.encodeText(answer).slice(0, -1)];
  const raw = await lane.observe(rows, { signal, kind: 'raw', start: offset, end });
  const view: ProbeView = { ...seen, ...raw };
  const grams = await decoder.outputGrams();
  const kept = measuredRatios.map((ratio) => {
    const keep = keptCount(ids.length, ratio);
    // Marks its sinks in scores of its own.
    return valueWeighted(seen, keep).map((heads) => heads.map((scores) => topPositions(scores, keep)));
  });
  return Array.from({ length: view.layers }, (_, layer) => {
    const heads = Array.from({ length: view.kvHeads }, (_, head) => {
      const square = writtenSquare(grams?.[layer], head, view);
      return kept.map((positions) => errorOf(view, layer, head, positions[layer]![head]!, square));
    });
    // What is written does not depend on what is kept.
    const total = heads.reduce((sum, [first]) => sum + first!.written, 0);
    return heads.map((ratios) => ratios.map(({ error }) => (total > 0 ? error / total : 0)));
  });
}

/** Squared length of what a head's output writes into the model's state. */
function writtenSquare(
  gram: Float32Array | undefined,
  head: number,
  { kv, heads, kvHeads }: ProbeView,
): (output: ArrayLike<number>) => number {
  const size = kv!.headSize;
  if (!gram) return (output) => Array.from(output).reduce((sum, x) => sum + x * x, 0);
  const own = gram.subarray(head * size ** 2, (head + 1) * size ** 2);
  const group = heads / kvHeads;
  return (output) => {
    let squares = 0;
    for (let i = 0; i < size; i++) {
      let row = 0;
      for (let j = 0; j < size; j++) row += own[i * size + j]! * output[j]!;
      squares += row * output[i]!;
    }
    return Math.max(0, squares) / group;
  };
}

/** Of one head: the squared error, and the square of what the whole segment writes, both summed over rows. */
function errorOf(
  view: ProbeView,
  layer: number,
  head: number,
  positions: Int32Array,
  square: (output: ArrayLike<number>) => number,
): { error: number; written: number } {
  const { kv, raw } = view;
  const size = kv!.headSize;
  const values = gatherRows(kv!.values(layer, head), positions, size);
  const { weights, outputs, source } = headRows(view, layer, head, positions);
  const difference = new Float64Array(size);
  let [error, written] = [0, 0];
  source.forEach((row, r) => {
    for (let i = 0; i < size; i++) {
      let small = 0;
      for (let j = 0; j < weights.columns; j++) small += weights.data[r * weights.columns + j]! * values[j * size + i]!;
      difference[i] = small - outputs.data[r * size + i]!;
    }
    const looked = Math.exp(raw!.logMass[layer]![row]! - raw!.logTotal[layer]![row]!);
    error += looked ** 2 * square(difference);
    written += square(outputs.data.subarray(r * size, (r + 1) * size));
  });
  return { error, written };
}
