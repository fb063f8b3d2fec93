import { CribsheetError } from '../../common/errors.ts';
import { packSegmentsRaw } from '../../engine/answer/context.ts';
import { compressCarried } from '../../engine/compress/carried.ts';
import { appendKept } from '../../engine/compress/gather.ts';
import { TaskAttention } from '../../engine/compress/strategies/m0.ts';
import { priorities } from '../../engine/model/runQueue.ts';
import { contextBytes } from '../run/bytes.ts';
import { tell } from '../run/teller.ts';
import type { Arm } from './arm.ts';

/** Positions that stay free for a question and its answer. */
const RESERVED = 512;

/**
 * The seed paper's loop over the whole corpus: with several slices the cache is compressed while it is prefilled and
 * carried from slice to slice, with one after the whole prefill. The product's sheets (`m0-zs`) compress segments that do
 * not see each other.
 */
export function carriedArm(slices: number): Arm {
  return {
    name: `m0-zs/carried-${slices}`,
    about:
      slices === 1
        ? 'M0-ZS over the whole corpus at once, compressed after the prefill'
        : `M0-ZS in ${slices} slices, the compressed cache carried from one to the next (compression during prefill)`,
    byRatio: true,
    read: async ({ decoder, corpus, task, ratio, perplexity, signal }) => {
      const { tokenizer, profile, chat, window } = decoder;
      const { ids } = packSegmentsRaw(corpus.segments, tokenizer, profile);
      const preamble = chat.preamble();
      const probe = chat.probe(task.instruction, []);
      const kept = Math.ceil(ids.length / ratio);
      const needed = preamble.length + Math.ceil(ids.length / slices) + (slices > 1 ? kept : 0) + probe.length;
      const most = Math.max(needed, preamble.length + kept + RESERVED);
      if (most > window) {
        throw new CribsheetError(
          'context-too-long',
          `A slice with what is carried takes ${most} positions, and the window has ${window}.`,
          'Use a smaller corpus (--size) or a model with a longer window.',
        );
      }
      const started = performance.now();
      const work = decoder.lane(priorities.compress, needed);
      const options = { slices, ratio, preamble, signal };
      const steps = await compressCarried(decoder, work, ids, probe, new TaskAttention('m0-zs'), options);
      const lane = decoder.lane(priorities.answer, preamble.length + kept + RESERVED);
      await lane.append(preamble, { signal });
      appendKept(lane.kv, steps.at(-1)!.kv, decoder.frequencies);
      const prepareMs = performance.now() - started;
      const positions = lane.kv.length;
      const bytes = contextBytes(decoder, positions - preamble.length, true);
      return {
        prepareMs,
        coverage: 1,
        ask: async ({ question }, gold) => {
          const told = await tell(decoder, lane, question, { gold, perplexity, signal });
          return { ...told, prefilled: told.question, positions, bytes };
        },
      };
    },
  };
}
