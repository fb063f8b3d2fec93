import type { ProbeView } from './strategy.ts';

/**
 * Attention of the probe's rows from `firstRow` on, in one query head, over the segment's positions: the softmax is
 * over all keys that a row sees, the probe's own among them. [rows][tokens]
 */
export function rowAttention(view: ProbeView, layer: number, head: number, firstRow: number): Float64Array[] {
  const { raw, kv, rows = 0, tokens } = view;
  const size = kv!.headSize;
  const keys = kv!.keys(layer, Math.floor(head / (view.heads / view.kvHeads)));
  return Array.from({ length: rows - firstRow }, (_, r) => {
    const row = head * rows + firstRow + r;
    const query = raw!.queries[layer]!.subarray(row * size, (row + 1) * size);
    const total = raw!.logTotal[layer]![row]!;
    return Float64Array.from({ length: tokens }, (_, t) => {
      let dot = 0;
      for (let i = 0; i < size; i++) dot += query[i]! * keys[t * size + i]!;
      return Math.exp(dot * kv!.scale - total);
    });
  });
}
