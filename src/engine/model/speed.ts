import type { Decoder } from './decoder.ts';
import { priorities } from './runQueue.ts';

/** The first tokens warm up what is only made once; after so many milliseconds enough is known. */
const WARM_UP_TOKENS = 16;
const ENOUGH_MS = 800;
const STEP_TOKENS = 64;
const MOST_TOKENS = 512;

/** How fast the model reads on this machine, in tokens a second; takes about a second, more only for slow models. */
export async function prefillSpeed(decoder: Decoder): Promise<number> {
  const lane = decoder.lane(priorities.compress, WARM_UP_TOKENS + MOST_TOKENS);
  // Any tokens do: what they say does not change the work.
  const tokens = (count: number): number[] =>
    Array.from({ length: count }, (_, i) => (i * 37 + 11) % decoder.graph.vocabulary);
  await lane.append(tokens(Math.min(WARM_UP_TOKENS, lane.room)));
  const started = performance.now();
  let done = 0;
  while (done < MOST_TOKENS && lane.room >= STEP_TOKENS && performance.now() - started < ENOUGH_MS) {
    await lane.append(tokens(STEP_TOKENS));
    done += STEP_TOKENS;
  }
  return (1_000 * done) / Math.max(1, performance.now() - started);
}
