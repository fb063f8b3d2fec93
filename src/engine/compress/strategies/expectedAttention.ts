import { uniform } from '../budgets.ts';
import { everyHead, keepBest } from '../scores.ts';
import type { ProbeView, Scores, Strategy } from '../strategy.ts';

const SINKS = 4;
/** The next positions over which the rotation is averaged. */
const FUTURE = 512;

/**
 * Expected Attention (arXiv 2510.00636, section 3), as kvpress 0.5 implements it: queries are taken as normal with the
 * mean and covariance of the segment's own ones before rotation; both are turned by the mean rotation of the next 512
 * positions; a key's expected weight is exp(μᵀk/√d + kᵀΣk/2d), normalised over the keys; mean over the query heads of
 * a group, times ‖V‖. The first four positions stay. O(tokens · heads · d²).
 */
export function expectedScore(view: ProbeView): Scores {
  const kv = view.kv!;
  const { headSize: size, tokens } = kv;
  const half = size / 2;
  const group = view.heads / view.kvHeads;
  const rotation = meanRotation(kv.frequencies, kv.offset + tokens);
  return everyHead(view, (layer, head) => {
    const keys = kv.keys(layer, head);
    const norms = kv.valueNorms(layer, head);
    const total = new Float64Array(tokens);
    for (let g = 0; g < group; g++) {
      const { mean, covariance } = queryStatistics(view, layer, head * group + g, size);
      turn(mean, 0, 1, half, rotation);
      // R Σ Rᵀ: columns, then rows.
      for (let row = 0; row < size; row++) turn(covariance, row * size, 1, half, rotation);
      for (let column = 0; column < size; column++) turn(covariance, column, size, half, rotation);
      const logits = new Float64Array(tokens).fill(Number.NEGATIVE_INFINITY);
      for (let t = SINKS; t < tokens; t++) logits[t] = expectedLogit(keys, t * size, mean, covariance);
      const largest = logits.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
      const sum = logits.reduce((s, x) => s + Math.exp(x - largest), 0);
      for (let t = SINKS; t < tokens; t++) total[t]! += (Math.exp(logits[t]! - largest) / sum / group) * norms[t]!;
    }
    return total.fill(Number.POSITIVE_INFINITY, 0, SINKS);
  });
}

function queryStatistics(
  view: ProbeView,
  layer: number,
  head: number,
  size: number,
): { mean: Float64Array; covariance: Float64Array } {
  const rows = view.rows!;
  const { sums, products } = view.moments!;
  const mean = sums[layer]!.slice(head * size, (head + 1) * size).map((s) => s / rows);
  const covariance = products[layer]!.slice(head * size ** 2, (head + 1) * size ** 2);
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++) covariance[i * size + j] = covariance[i * size + j]! / rows - mean[i]! * mean[j]!;
  return { mean, covariance };
}

/** Mean cosine and sine of each frequency over the next positions. */
function meanRotation(frequencies: Float64Array, from: number): { cos: Float64Array; sin: Float64Array } {
  const mean = (of: (angle: number) => number): Float64Array =>
    frequencies.map((f) => {
      let sum = 0;
      for (let p = from; p < from + FUTURE; p++) sum += of(p * f);
      return sum / FUTURE;
    });
  return { cos: mean(Math.cos), sin: mean(Math.sin) };
}

/** Multiplies the vector at `start`, `start + step`, … by the mean rotation, in place. */
function turn(
  data: Float64Array,
  start: number,
  step: number,
  half: number,
  { cos, sin }: { cos: Float64Array; sin: Float64Array },
): void {
  for (let i = 0; i < half; i++) {
    const [at, to] = [start + i * step, start + (i + half) * step];
    const [a, b] = [data[at]!, data[to]!];
    data[at] = a * cos[i]! - b * sin[i]!;
    data[to] = b * cos[i]! + a * sin[i]!;
  }
}

function expectedLogit(keys: Float32Array, at: number, mean: Float64Array, covariance: Float64Array): number {
  const size = mean.length;
  let [linear, quadratic] = [0, 0];
  for (let i = 0; i < size; i++) {
    const k = keys[at + i]!;
    let row = 0;
    for (let j = 0; j < size; j++) row += covariance[i * size + j]! * keys[at + j]!;
    linear += mean[i]! * k;
    quadratic += row * k;
  }
  return linear / Math.sqrt(size) + quadratic / size / 2;
}

export const expectedAttention: Strategy = {
  name: 'expected-attention',
  source: 'Expected Attention, arXiv 2510.00636, as in kvpress 0.5',
  needs: ['moments', 'kv'],
  probe: () => ({ rows: 'own', skip: SINKS }),
  select: (view, keep) => keepBest(expectedScore(view), uniform(view.layers, keep)),
};
