import type { KeptPositions } from '../../compress/strategy.ts';
import { topPositions } from '../../compress/select.ts';
import { floatToHalf, halfToFloat } from '../../model/half.ts';
import { Rotation } from '../../model/rope.ts';
import { queriesAt, type ChoiceShape } from './choosePositions.ts';
import type { FullSegment } from './fullStore.ts';
import type { IndexShape } from './keyIndex.ts';
import type { QuestionQueries } from './question.ts';

/** Positions of a unit, and its positions that stand for it: InfLLM's block and representative tokens. */
export const UNIT_TOKENS = 128;
export const REPRESENTATIVES = 4;

/** A unit's place among all positions, and per layer the mean of its representatives' keys, [kvHeads, headSize] halves. */
interface Unit {
  start: number;
  tokens: number;
  layers: Uint16Array[];
}

/**
 * InfLLM's context memory (arXiv 2402.04617, section 3): the source in units of 128 positions, each known by the keys of
 * the four positions that their own context looked at most. A question picks whole units, for each layer its own and for
 * all of its heads the same. As in the authors' code the representatives of a unit are averaged, the question's rows too,
 * attention received is that of the prefill, and rotation does not count: representatives stand unrotated, all queries
 * at one distance. Units do not cross segments, so the last one of a segment may be shorter.
 */
export class BlockLookup {
  private readonly shape: IndexShape;
  private readonly units: Unit[] = [];
  private total = 0;

  constructor(shape: IndexShape) {
    this.shape = shape;
  }

  /** Bytes that a segment of so many tokens will take. */
  bytesOf(tokens: number): number {
    const { layers, kvHeads, headSize } = this.shape;
    return Math.ceil(tokens / UNIT_TOKENS) * layers * kvHeads * headSize * 2;
  }

  /** @param segment with the attention that its positions received */
  add({ tokens, keys, received }: Omit<FullSegment, 'lineOf'>): void {
    if (!received) throw new Error('a block lookup needs the attention that positions received');
    for (let from = 0; from < tokens; from += UNIT_TOKENS) {
      const size = Math.min(UNIT_TOKENS, tokens - from);
      const layers = keys.map((layer, l) => this.representative(layer, received[l]!, tokens, from, size));
      this.units.push({ start: this.total + from, tokens: size, layers });
    }
    this.total += tokens;
  }

  /**
   * Units by the similarity of their representatives to the question, summed over heads, as many as hold at most `keep`
   * positions. One that does not fit any more is passed over for a smaller one.
   * @returns positions counted over all segments, ascending; layers may differ in their number
   */
  choose(question: QuestionQueries, shape: ChoiceShape, keep: number): KeptPositions {
    return Array.from({ length: shape.layers }, (_, layer) => {
      const scores = this.similarities(question, shape, layer);
      const order = this.units.map((_, i) => i).sort((a, b) => scores[b]! - scores[a]! || a - b);
      let left = keep;
      const taken = order.filter((i) => {
        const { tokens } = this.units[i]!;
        if (tokens > left) return false;
        left -= tokens;
        return true;
      });
      const positions = taken
        .sort((a, b) => a - b)
        .flatMap((i) => Array.from({ length: this.units[i]!.tokens }, (_, t) => this.units[i]!.start + t));
      return Array.from({ length: shape.kvHeads }, () => Int32Array.from(positions));
    });
  }

  private representative(
    keys: Float32Array,
    received: Float32Array,
    tokens: number,
    from: number,
    size: number,
  ): Uint16Array {
    const { kvHeads, headSize, frequencies } = this.shape;
    const rotation = new Rotation(frequencies);
    const out = new Float64Array(kvHeads * headSize);
    for (let h = 0; h < kvHeads; h++) {
      const start = h * tokens + from;
      const chosen = topPositions(received.subarray(start, start + size), REPRESENTATIVES);
      for (const t of chosen) {
        const key = keys.slice((start + t) * headSize, (start + t + 1) * headSize);
        rotation.apply(key, -(from + t));
        key.forEach((x, i) => (out[h * headSize + i]! += x / chosen.length));
      }
    }
    return Uint16Array.from(out, floatToHalf);
  }

  private similarities(question: QuestionQueries, shape: ChoiceShape, layer: number): Float64Array {
    const { kvHeads, headSize } = shape;
    const scores = new Float64Array(this.units.length);
    for (let head = 0; head < kvHeads; head++) {
      const looked = lookedFor(question, shape, layer, head);
      this.units.forEach(({ layers }, u) => {
        for (let i = 0; i < headSize; i++) scores[u]! += looked[i]! * halfToFloat(layers[layer]![head * headSize + i]!);
      });
    }
    return scores;
  }
}

/** Sum of a KV head's queries over its query heads and the question's rows, every row a unit's length away. */
function lookedFor(question: QuestionQueries, shape: ChoiceShape, layer: number, head: number): Float64Array {
  const { headSize, frequencies } = shape;
  const rotation = new Rotation(frequencies);
  const queries = queriesAt(question, shape, layer, head, UNIT_TOKENS);
  const sum = new Float64Array(headSize);
  for (let at = 0, row = 0; at < queries.length; at += headSize, row = (row + 1) % question.rows) {
    const query = queries.subarray(at, at + headSize);
    rotation.apply(query, -row);
    query.forEach((x, i) => (sum[i]! += x / question.rows));
  }
  return sum;
}
