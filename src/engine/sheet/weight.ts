import { Breath } from '../breath.ts';
import type { Segment } from '../corpus/types.ts';

const known = new WeakMap<readonly Segment[], number[]>();

/**
 * Structural weight of segments per token, for when not all of them fit: a segment counts for each definition in it,
 * and more for definitions that other files name. What much code leans on is asked about most. All text is gone through,
 * letting others in, but only once for the same array, which must not change.
 * @throws CribsheetError `cancelled`
 */
export async function structuralWeights(segments: readonly Segment[], signal?: AbortSignal): Promise<number[]> {
  const before = known.get(segments);
  if (before) return before;
  const breath = new Breath(signal);
  const names = new Set(segments.flatMap((s) => s.chunks.map((c) => c.name)));
  const filesNaming = new Map<string, Set<string>>();
  for (const segment of segments) {
    await breath.take();
    const file = segment.paths.join('\n');
    for (const [word] of segment.text.matchAll(/[A-Za-z_$][\w$]{2,}/g)) {
      if (!names.has(word)) continue;
      let files = filesNaming.get(word);
      if (!files) filesNaming.set(word, (files = new Set()));
      files.add(file);
    }
  }
  const weights = segments.map((s) => weightOf(s, filesNaming));
  known.set(segments, weights);
  return weights;
}

function weightOf({ chunks, tokens }: Segment, filesNaming: ReadonlyMap<string, ReadonlySet<string>>): number {
  const definitions = new Set(chunks.filter((c) => c.kind !== 'code').map((c) => c.name));
  let weight = 0;
  for (const name of definitions) weight += 1 + Math.log2(1 + (filesNaming.get(name)?.size ?? 0));
  return weight / Math.max(1, tokens);
}

/**
 * The segments that fit into `positions` slots, in their given order. Whole files by structural weight: a file of
 * which only a part is there would pass for covered. Where not even one file fits, single segments.
 * @param slots positions that each segment would take
 * @throws CribsheetError `cancelled`
 */
export async function chooseSegments(
  segments: readonly Segment[],
  slots: readonly number[],
  positions: number,
  signal?: AbortSignal,
): Promise<Set<number>> {
  const all = [...segments.keys()];
  if (sumOf(slots) <= positions) return new Set(all);
  const weights = await structuralWeights(segments, signal);
  const byFile = choose(groupsByFile(segments), slots, weights, segments, positions);
  const chosen =
    byFile.length > 0
      ? byFile
      : choose(
          all.map((i) => [i]),
          slots,
          weights,
          segments,
          positions,
        );
  return new Set(chosen.sort((a, b) => a - b));
}

/**
 * Chosen segments, file by file, the heaviest file first: the order in which a sheet that is not finished helps most.
 * @throws CribsheetError `cancelled`
 */
export async function heaviestFirst(
  segments: readonly Segment[],
  chosen: ReadonlySet<number>,
  signal?: AbortSignal,
): Promise<number[]> {
  const weights = await structuralWeights(segments, signal);
  const groups = groupsByFile(segments).map((group) => {
    const tokens = sumOf(group.map((i) => segments[i]!.tokens));
    return { group, weight: sumOf(group.map((i) => weights[i]! * segments[i]!.tokens)) / Math.max(1, tokens) };
  });
  groups.sort((a, b) => b.weight - a.weight || a.group[0]! - b.group[0]!);
  return groups.flatMap(({ group }) => group.filter((i) => chosen.has(i)));
}

/** Takes the heaviest groups (per token) as long as they fit; one that does not is passed over for a smaller one. */
function choose(
  groups: readonly number[][],
  slots: readonly number[],
  weights: readonly number[],
  segments: readonly Segment[],
  positions: number,
): number[] {
  const rated = groups.map((group) => {
    const tokens = sumOf(group.map((i) => segments[i]!.tokens));
    const weight = sumOf(group.map((i) => weights[i]! * segments[i]!.tokens)) / Math.max(1, tokens);
    return { group, weight, size: sumOf(group.map((i) => slots[i]!)) };
  });
  rated.sort((a, b) => b.weight - a.weight || a.group[0]! - b.group[0]!);
  const chosen: number[] = [];
  let left = positions;
  for (const { group, size } of rated) {
    if (size > left) continue;
    chosen.push(...group);
    left -= size;
  }
  return chosen;
}

/** Segments that share a file belong together; packing never mixes a large file with others. */
function groupsByFile(segments: readonly Segment[]): number[][] {
  const groups: number[][] = [];
  const groupOf = new Map<string, number[]>();
  segments.forEach((segment, i) => {
    const known = segment.paths.map((p) => groupOf.get(p)).find((g) => g !== undefined);
    const group = known ?? [];
    if (!known) groups.push(group);
    group.push(i);
    for (const path of segment.paths) groupOf.set(path, group);
  });
  return groups;
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, v) => sum + v, 0);
}
