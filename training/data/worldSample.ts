import { drawQuestions } from './asking.ts';
import { askBeyond } from './beyond.ts';
import { codeQuestions, selected, type Body, type Tools } from './codeSample.ts';
import { chunkCost, makeContext, profileOf } from './context.ts';
import type { Draw } from './draw.ts';
import { extractionWorld } from './extraction.ts';
import { factsOf } from './facts.ts';
import { membershipWorld } from './memberships.ts';
import type { SampleRequest } from './request.ts';
import type { WorkChunk } from './select.ts';
import { serviceWorld } from './services.ts';
import type { World } from './worlds.ts';

const shares = { absent: 0.11, beyond: 0.02, distractors: 0.25, services: 0.4 };
/** In a made-up context, this share of the weight of questions about code. */
const besideFacts = 0.04;
/** A first guess of the tokens of a made-up chunk. */
const chunkTokens = 75;

/** A made-up corpus, now and then between real code. */
export function worldSample(request: SampleRequest, tools: Tools, draw: Draw): Body {
  const { family, contextTokens } = request;
  const mixed = draw.chance(shares.distractors);
  const makeWorld =
    family === 'extraction' ? extractionWorld : draw.chance(shares.services) ? serviceWorld : membershipWorld;
  const share = mixed ? 0.3 + 0.4 * (draw.int(0, 10) / 10) : 0.97;
  const world = fitting(makeWorld, contextTokens * share, request, tools, draw);
  const own = new Set(world.chunks.map(({ path }) => path));
  const others = mixed ? selected(request, contextTokens * (0.97 - share), tools, draw).chunks : [];
  const chunks = [...world.chunks, ...others.filter(({ path }) => !own.has(path))];
  const context = makeContext(chunks, request, tools.count, draw);

  const places = new Map(context.chunks.map(({ chunk }, i) => [chunk, i]));
  const order = (a: WorkChunk, b: WorkChunk): number => places.get(a)! - places.get(b)!;
  const known = world.facts.filter(({ needs }) => needs.every((chunk) => places.has(chunk)));
  const pools = [...Map.groupBy(known, ({ weight }) => weight)].map(([weight, facts]) => ({
    weight: weight * Math.sqrt(facts.length),
    candidates: facts.map(
      ({ ask }) =>
        () =>
          ask(order),
    ),
  }));
  const code = codeQuestions(factsOf(context), draw).map((pool) => ({ ...pool, weight: pool.weight * besideFacts }));
  const onTheSpot = [
    { share: shares.absent, make: world.absent },
    { share: shares.beyond, make: () => askBeyond(world.names, draw) },
  ];
  return { context, questions: drawQuestions([...pools, ...code], onTheSpot, request.questions, draw) };
}

/** A world about as large as the tokens: made smaller or larger once its size is known. */
function fitting(
  makeWorld: (size: number, draw: Draw) => World,
  tokens: number,
  { segmentTokens }: SampleRequest,
  { count }: Tools,
  draw: Draw,
): World {
  const profile = profileOf(segmentTokens);
  let size = tokens / chunkTokens;
  for (let tries = 0; ; tries++) {
    const world = makeWorld(size, draw);
    const total = world.chunks.reduce((sum, chunk) => sum + chunkCost(chunk, profile, count), 0);
    if (tries === 3 || (total <= tokens && total > 0.7 * tokens)) return world;
    size = Math.max(1, (0.88 * size * tokens) / Math.max(1, total));
  }
}
