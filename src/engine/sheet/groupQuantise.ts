import { floatToHalf, halfToFloat } from '../model/half.ts';

/** What shares a scale: `size` positions of one channel, or `size` channels of one position. */
export interface Grouping {
  along: 'channel' | 'token';
  size: number;
}

/**
 * KIVI (arXiv 2402.02750, section 3), groups of 32: keys in groups along the positions of a channel, since a few
 * channels of keys are large everywhere, values in groups along the channels of a position.
 */
export const kivi = { keys: { along: 'channel', size: 32 }, values: { along: 'token', size: 32 } } as const;

/**
 * FlexGen (arXiv 2303.06865, section 5; `group_size=64, group_dim=2` of its code): 64 contiguous elements of a position
 * share least and largest, in keys and values alike. A head is cut by itself, and one with fewer channels is one group.
 */
export const flexGen = { keys: { along: 'token', size: 64 }, values: { along: 'token', size: 64 } } as const;

/** [heads, count, size] in few bits: code·scale + zero by group; scales and zeros are half-precision bits. */
export interface Quantised {
  codes: Uint8Array;
  scales: Uint16Array;
  zeros: Uint16Array;
}

interface Shape {
  heads: number;
  count: number;
  size: number;
}

/**
 * Asymmetric group quantisation: code = round((x - least) ÷ (largest - least) · (2^bits - 1)) by group. Scales and zeros
 * are rounded outwards to halves, so that every element lies in its group's range and is off by half a step at most.
 * Codes are packed in the order of the elements, low bits first.
 * @param data [heads, count, size]
 * @param bits 2, 4 or 8
 */
export function quantise(data: Float32Array, shape: Shape, grouping: Grouping, bits: number): Quantised {
  const levels = 2 ** bits - 1;
  const groups = groupCount(shape, grouping);
  const least = new Float64Array(groups).fill(Number.POSITIVE_INFINITY);
  const most = new Float64Array(groups).fill(Number.NEGATIVE_INFINITY);
  eachElement(shape, grouping, (i, group) => {
    least[group] = Math.min(least[group]!, data[i]!);
    most[group] = Math.max(most[group]!, data[i]!);
  });
  const zeros = Uint16Array.from(least, (x) => halfTowards(x, -1));
  const scales = Uint16Array.from(most, (x, g) => halfTowards((x - halfToFloat(zeros[g]!)) / levels, 1));
  const perByte = 8 / bits;
  const codes = new Uint8Array(Math.ceil(data.length / perByte));
  eachElement(shape, grouping, (i, group) => {
    const scale = halfToFloat(scales[group]!);
    const steps = scale > 0 ? (data[i]! - halfToFloat(zeros[group]!)) / scale : 0;
    const code = Math.min(levels, Math.max(0, Math.round(steps)));
    codes[Math.floor(i / perByte)]! |= code << ((i % perByte) * bits);
  });
  return { codes, scales, zeros };
}

export function dequantise(
  { codes, scales, zeros }: Quantised,
  shape: Shape,
  grouping: Grouping,
  bits: number,
): Float32Array {
  const out = new Float32Array(shape.heads * shape.count * shape.size);
  const perByte = 8 / bits;
  const mask = 2 ** bits - 1;
  eachElement(shape, grouping, (i, group) => {
    const code = (codes[Math.floor(i / perByte)]! >> ((i % perByte) * bits)) & mask;
    out[i] = code * halfToFloat(scales[group]!) + halfToFloat(zeros[group]!);
  });
  return out;
}

export function groupCount({ heads, count, size }: Shape, grouping: Grouping): number {
  return grouping.along === 'channel'
    ? heads * Math.ceil(count / grouping.size) * size
    : heads * count * Math.ceil(size / grouping.size);
}

function eachElement(
  { heads, count, size }: Shape,
  grouping: Grouping,
  visit: (index: number, group: number) => void,
): void {
  const runs = Math.ceil(count / grouping.size);
  const parts = Math.ceil(size / grouping.size);
  for (let h = 0, i = 0; h < heads; h++) {
    for (let t = 0; t < count; t++) {
      for (let c = 0; c < size; c++, i++) {
        const group =
          grouping.along === 'channel'
            ? (h * runs + Math.floor(t / grouping.size)) * size + c
            : (h * count + t) * parts + Math.floor(c / grouping.size);
        visit(i, group);
      }
    }
  }
}

/** The nearest half that is not below (`direction` 1) or not above (-1) a number. */
function halfTowards(value: number, direction: 1 | -1): number {
  const half = floatToHalf(value);
  if ((halfToFloat(half) - value) * direction >= 0) return half;
  // Bits of halves order like their numbers, mirrored below zero.
  if ((half & 0x7fff) === 0) return direction > 0 ? 1 : 0x8001;
  const isNegative = (half & 0x8000) !== 0;
  return isNegative === direction > 0 ? half - 1 : half + 1;
}
