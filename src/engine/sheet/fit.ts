import { keptCount } from '../compress/select.ts';
import type { Segment } from '../corpus/types.ts';
import type { Decoder } from '../model/decoder.ts';
import { weightedRatios } from './spread.ts';
import { chooseSegments } from './weight.ts';

/** Positions of the window that stay free for the question and its answer. */
export const RESERVED_POSITIONS = 512;
/** Ratios that a sheet size may lead to: fine steps below 16, whole numbers above. */
const FINE_STEP = 0.25;
const COARSE_FROM = 16;

/** Which segments stand in a sheet. */
export interface Fit {
  /** Indices of the segments. */
  chosen: Set<number>;
  /** Source tokens per kept position, by index of the segment. */
  ratios: number[];
  /** Positions that they take, and those that there are. */
  positions: number;
  room: number;
}

/**
 * The segments that fit into a sheet of this model.
 * @param ratio source tokens per kept position
 * @param sheetTokens most positions of the sheet; the model's window caps it
 * @param peak positions of the fullest layer as a multiple of the mean (`Strategy.peak`): that one must fit the window
 * @param staysOnDisk all of them (`Strategy.staysOnDisk`)
 * @param weighted segments share the positions by structural weight (`weightedRatios`); else by size alone
 * @throws CribsheetError `cancelled`
 */
export async function fitSegments(
  decoder: Decoder,
  segments: readonly Segment[],
  ratio: number,
  sheetTokens: number,
  {
    peak = 1,
    weighted = false,
    staysOnDisk = false,
    signal,
  }: {
    peak?: number | undefined;
    weighted?: boolean | undefined;
    staysOnDisk?: boolean | undefined;
    signal?: AbortSignal | undefined;
  } = {},
): Promise<Fit> {
  if (staysOnDisk) {
    const positions = segments.reduce((sum, s) => sum + s.tokens, 0);
    return { chosen: new Set(segments.keys()), ratios: segments.map(() => 1), positions, room: positions };
  }
  const room = roomOf(decoder, sheetTokens, peak);
  const slots = segments.map((s) => keptCount(s.tokens, ratio));
  const chosen = await chooseSegments(segments, slots, room, signal);
  const ratios = segments.map(() => ratio);
  const indices = [...chosen];
  if (weighted) {
    // The same array where it can be: its weights are known.
    const isAll = indices.length === segments.length;
    const own = await weightedRatios(isAll ? segments : indices.map((i) => segments[i]!), ratio, signal);
    indices.forEach((i, at) => (ratios[i] = own[at]!));
  }
  const positions = indices.reduce((sum, i) => sum + keptCount(segments[i]!.tokens, ratios[i]!), 0);
  return { chosen, ratios, positions, room };
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
