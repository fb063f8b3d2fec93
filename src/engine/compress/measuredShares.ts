import type { MeasuredBudgets } from '../model/measured.ts';
import { apportion } from './budgets.ts';

/** The error of a head, a layer or whatever shares a budget: at shares of all positions, ascending. */
interface ErrorCurve {
  shares: readonly number[];
  errors: readonly number[];
}

interface Bounds {
  /** Positions to choose from. */
  tokens: number;
  /** Positions that each gets on average. */
  keep: number;
  /** Each is sure of this share of `keep` … */
  guarantee: number;
  /** … and gets at most so many times of it. */
  peak: number;
}

/** Positions for every head of every layer by what was measured of the model, in all `keep` a head. [layers][kvHeads] */
export function measuredHeads({ ratios, errors }: MeasuredBudgets, bounds: Bounds): number[][] {
  const counts = leastError(
    errors.flat().map((head) => curveOf(ratios, head)),
    bounds,
  );
  return errors.map((layer, l) => layer.map((_, h) => counts[l * layer.length + h]!));
}

/** The same for layers whose heads all get the same. [layers] */
export function measuredLayers({ ratios, errors }: MeasuredBudgets, bounds: Bounds): number[] {
  const summed = errors.map((heads) => ratios.map((_, r) => heads.reduce((sum, head) => sum + head[r]!, 0)));
  return leastError(
    summed.map((layer) => curveOf(ratios, layer)),
    bounds,
  );
}

function curveOf(ratios: readonly number[], errors: readonly number[]): ErrorCurve {
  // With everything kept there is no error.
  const points = ratios.map((ratio, i) => ({ share: 1 / ratio, error: errors[i]! })).filter(({ share }) => share < 1);
  points.push({ share: 1, error: 0 });
  points.sort((a, b) => a.share - b.share);
  return { shares: points.map((p) => p.share), errors: points.map((p) => p.error) };
}

/**
 * Positions that add up to `keep` for each curve and make the sum of the errors as small as can be: the lower convex
 * hull of every curve, then always where a position lowers the error most. For convex curves that is the optimum
 * (up to rounding to whole positions).
 */
export function leastError(curves: readonly ErrorCurve[], { tokens, keep, guarantee, peak }: Bounds): number[] {
  const total = keep * curves.length;
  const least = Math.min(keep, Math.ceil(guarantee * keep));
  const most = Math.max(keep, Math.min(tokens, Math.floor(peak * keep)));
  const exact = Array<number>(curves.length).fill(least);
  const pieces = curves.flatMap((curve, i) =>
    hull(curve).map(({ from, to, slope }) => ({
      i,
      slope,
      room: Math.max(0, Math.min(most, to * tokens) - Math.max(least, from * tokens)),
    })),
  );
  let left = total - least * curves.length;
  // Where several lower the error equally, they share.
  const equals = [...Map.groupBy(pieces, ({ slope }) => slope)].sort(([a], [b]) => a - b);
  for (const [, group] of equals) {
    const room = group.reduce((sum, piece) => sum + piece.room, 0);
    const taken = room > 0 ? Math.min(1, left / room) : 0;
    for (const piece of group) exact[piece.i]! += taken * piece.room;
    left -= taken * room;
  }
  return apportion(exact, total, least, most);
}

/**
 * Pieces of the lower convex hull of a curve from no position to all of them, slopes ascending (all at most 0). Below
 * the first share that was measured the first piece goes on.
 */
export function hull({ shares, errors }: ErrorCurve): { from: number; to: number; slope: number }[] {
  const corners: { x: number; y: number }[] = [];
  shares.forEach((x, i) => {
    const point = { x, y: errors[i]! };
    while (corners.length >= 2 && !turnsUp(corners.at(-2)!, corners.at(-1)!, point)) corners.pop();
    corners.push(point);
  });
  return corners.slice(1).map((corner, i) => {
    const before = corners[i]!;
    const slope = Math.min(0, (corner.y - before.y) / (corner.x - before.x));
    return { from: i === 0 ? 0 : before.x, to: corner.x, slope };
  });
}

function turnsUp(a: { x: number; y: number }, b: { x: number; y: number }, c: { x: number; y: number }): boolean {
  return (b.y - a.y) * (c.x - b.x) < (c.y - b.y) * (b.x - a.x);
}
