import { afterAll, expect, test } from 'vitest';
import { observeSegment } from '../../src/engine/compress/observe.ts';
import type { Decoder } from '../../src/engine/model/decoder.ts';
import { priorities } from '../../src/engine/model/runQueue.ts';
import { maxDifference, openTiny, reference } from './fixtures.ts';

const opened: Decoder[] = [];
afterAll(async () => {
  for (const decoder of opened) await decoder.dispose();
});

/** fp32 exactly; quantised weights against the full ones, as a share of the largest norm. */
test.each([
  ['llama-fp32', 1e-5],
  ['qwen2-fp32', 1e-5],
  ['qwen3-fp32', 1e-5],
  ['qwen2-fp16', 1e-2],
  ['llama-int8', 2e-2],
])('‖W_O V‖ of %s is that of the weights', async (name, tolerance) => {
  const decoder = await openTiny(name);
  opened.push(decoder);
  const ref = reference<{ corpus: number[]; statistics: { layers: { outputNorms: number[][] }[] } }>(
    `strategies-${name.split('-')[0]!}`,
  );
  const lane = decoder.lane(priorities.compress, 256);
  const view = await observeSegment({
    decoder,
    lane,
    ids: ref.corpus,
    probe: undefined,
    needs: ['outputNorms'],
    random: Math.random,
  });
  ref.statistics.layers.forEach(({ outputNorms }, layer) => {
    outputNorms.forEach((norms, head) => {
      const off = maxDifference(view.outputNorms!(layer, head), norms) / Math.max(...norms);
      expect(off).toBeLessThan(tolerance);
    });
  });
});
