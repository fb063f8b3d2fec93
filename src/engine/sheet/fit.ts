import { keptCount } from '../compress/select.ts';
import type { Segment } from '../corpus/types.ts';
import type { Decoder } from '../model/decoder.ts';
import { chooseSegments } from './weight.ts';

/** Positions of the window that stay free for the question and its answer. */
const RESERVED_POSITIONS = 512;
/** Ratios that a sheet size may lead to: fine steps below 16, whole numbers above. */
const FINE_STEP = 0.25;
const COARSE_FROM = 16;

/** Which segments stand in a sheet. */
export interface Fit {
  /** Indices of the segments. */
  chosen: Set<number>;
  /** Positions that they take, and those that there are. */
  positions: number;
  room: number;
}

/**
 * The segments that fit into a sheet of this model.
 * @param ratio source tokens per kept position
 * @param sheetTokens most positions of the sheet; the model's window caps it
 * @param peak positions of the fullest layer as a multiple of the mean (`Strategy.peak`): that one must fit the window
 */
export function fitSegments(
  decoder: Decoder,
  segments: readonly Segment[],
  ratio: number,
  sheetTokens: number,
  peak = 1,
): Fit {
  const room = roomOf(decoder, sheetTokens, peak);
  const slots = segments.map((s) => keptCount(s.tokens, ratio));
  const chosen = chooseSegments(segments, slots, room);
  const positions = [...chosen].reduce((sum, i) => sum + slots[i]!, 0);
  return { chosen, positions, room };
}

/**
 * The ratio for a sheet of a given size: the lowest one at which all segments fit. It is taken from a ladder, since it
 * is part of every block's key: an edit must not change it by a hair and so make every block a new one.
 */
export function ratioForSize(decoder: Decoder, segments: readonly Segment[], sheetTokens: number, peak = 1): number {
  const room = roomOf(decoder, sheetTokens, peak);
  const fits = (ratio: number): boolean => segments.reduce((sum, s) => sum + keptCount(s.tokens, ratio), 0) <= room;
  const total = segments.reduce((sum, s) => sum + s.tokens, 0);
  // Every segment keeps at least one position: beyond the longest one nothing more is won.
  const highest = segments.reduce((most, s) => Math.max(most, s.tokens), 1);
  let ratio = onLadder(total / Math.max(1, room));
  const lowest = ratio;
  while (!fits(ratio)) {
    if (ratio >= highest) return lowest;
    ratio = onLadder(ratio + FINE_STEP);
  }
  return ratio;
}

function onLadder(ratio: number): number {
  const step = ratio <= COARSE_FROM ? FINE_STEP : 1;
  return Math.max(1, Math.ceil(ratio / step) * step);
}

function roomOf(decoder: Decoder, sheetTokens: number, peak: number): number {
  const window = decoder.window - decoder.chat.preamble().length - RESERVED_POSITIONS;
  return Math.min(sheetTokens, Math.floor(window / peak));
}
