import type { Segment } from '../corpus/types.ts';

/**
 * Structural weight of segments per token, for when not all of them fit: a segment counts for each definition in it,
 * and more for definitions that other files name. What much code leans on is asked about most.
 */
export function structuralWeights(segments: readonly Segment[]): number[] {
  const names = new Set(segments.flatMap((s) => s.chunks.map((c) => c.name)));
  const filesNaming = new Map<string, Set<string>>();
  for (const segment of segments) {
    const file = segment.paths.join('\n');
    for (const [word] of segment.text.matchAll(/[A-Za-z_$][\w$]{2,}/g)) {
      if (!names.has(word)) continue;
      let files = filesNaming.get(word);
      if (!files) filesNaming.set(word, (files = new Set()));
      files.add(file);
    }
  }
  return segments.map((s) => {
    const definitions = new Set(s.chunks.filter((c) => c.kind !== 'code').map((c) => c.name));
    let weight = 0;
    for (const name of definitions) weight += 1 + Math.log2(1 + (filesNaming.get(name)?.size ?? 0));
    return weight / Math.max(1, s.tokens);
  });
}

/**
 * The segments that fit into `positions` slots, in their given order. Chosen by weight; `slots` tells how many
 * positions each would take.
 */
export function chooseSegments(segments: readonly Segment[], slots: readonly number[], positions: number): Set<number> {
  const total = slots.reduce((sum, s) => sum + s, 0);
  if (total <= positions) return new Set(segments.keys());
  const weights = structuralWeights(segments);
  const order = [...segments.keys()].sort((a, b) => weights[b]! - weights[a]! || a - b);
  const chosen = new Set<number>();
  let used = 0;
  for (const i of order) {
    if (used + slots[i]! > positions) continue;
    chosen.add(i);
    used += slots[i]!;
  }
  return new Set([...chosen].sort((a, b) => a - b));
}
