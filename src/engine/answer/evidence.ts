import type { Evidence, LineRange } from '../../common/answers.ts';
import type { LayerSums } from '../model/observation.ts';
import type { AskedSheet } from '../sheet/assemble.ts';

const MAX_EVIDENCE = 5;
/** Lines this close are one place. */
const JOIN_DISTANCE = 2;

/** The line of a position in a KV head, counted in its own layer; undefined for what is no source. */
export type Origin = (layer: number, head: number, position: number) => LineRange | undefined;

/**
 * Origins for a lane that holds `sheet` as it is now, and behind it source with a line a token. Layers of a sheet differ
 * in length, and in each of them what stands beside it begins where the layer ends.
 */
export function originsOf(sheet: AskedSheet, beside: readonly LineRange[]): Origin {
  const { kv } = sheet.lane;
  const ends = Array.from({ length: kv.shape.layers }, (_, layer) => kv.lengthOf(layer));
  return (layer, head, position) => {
    const end = ends[layer]!;
    return position < end ? sheet.origin(layer, head, position) : beside[position - end];
  };
}

/** Sums the attention of an answer's tokens over the positions of its context. */
export class AttentionTrace {
  readonly sums: Float64Array[] = [];
  private tokens = 0;

  add(layers: LayerSums): void {
    this.tokens++;
    layers.forEach((layer, l) => {
      const into = (this.sums[l] ??= new Float64Array(layer.length));
      for (let i = 0; i < layer.length; i++) into[i]! += layer[i]!;
    });
  }

  /**
   * The lines looked at most. Weight: share of the answer's whole attention, over all heads and layers.
   * @param heads query heads of the model
   */
  evidence(shape: { kvHeads: number; heads: number }, origin: Origin): Evidence[] {
    const lines = new Map<string, Map<number, number>>();
    const scale = 1 / Math.max(1, this.tokens * this.sums.length * shape.heads);
    this.sums.forEach((sums, layer) => {
      const context = sums.length / shape.kvHeads;
      for (let i = 0; i < sums.length; i++) {
        const place = origin(layer, Math.floor(i / context), i % context);
        if (!place) continue;
        let file = lines.get(place.path);
        if (!file) lines.set(place.path, (file = new Map<number, number>()));
        file.set(place.startLine, (file.get(place.startLine) ?? 0) + sums[i]! * scale);
      }
    });
    const places = [...lines].flatMap(([path, weights]) => joinLines(path, weights));
    return places.sort((a, b) => b.weight - a.weight).slice(0, MAX_EVIDENCE);
  }
}

/** Joins neighbouring lines of a file into ranges; only lines above the file's mean weight count as looked at. */
function joinLines(path: string, weights: ReadonlyMap<number, number>): Evidence[] {
  const total = [...weights.values()].reduce((a, b) => a + b, 0);
  const floor = total / weights.size;
  const kept = [...weights].filter(([, w]) => w >= floor).sort(([a], [b]) => a - b);
  const ranges: Evidence[] = [];
  for (const [line, weight] of kept) {
    const last = ranges.at(-1);
    if (last && line - last.endLine <= JOIN_DISTANCE) {
      last.endLine = line;
      last.weight += weight;
    } else ranges.push({ path, startLine: line, endLine: line, weight });
  }
  return ranges;
}
