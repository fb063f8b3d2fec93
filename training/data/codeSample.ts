import { absentMaker } from './askAbsent.ts';
import { definitionPools } from './askDefinitions.ts';
import { filePools } from './askFiles.ts';
import { drawQuestions, type Maker, type Pool } from './asking.ts';
import { relationPools } from './askRelations.ts';
import { reviewAbsent, reviewPools } from './askReview.ts';
import { augment } from './augment.ts';
import { askBeyond } from './beyond.ts';
import { chunkCost, makeContext, profileOf, type Context } from './context.ts';
import type { Draw } from './draw.ts';
import { factsOf, type Facts } from './facts.ts';
import { plantFindings } from './findings.ts';
import { hideNeedles, needleAbsent, needleQuestions } from './needles.ts';
import type { Corpus } from './packages.ts';
import type { Asked, SampleRequest } from './request.ts';
import { selectChunks, type Selection } from './select.ts';

/** What samples are made with. */
export interface Tools {
  corpus: Corpus;
  /** Tokens of rendered text. */
  count: (text: string) => number;
  /** Lower-case tokens of the vocabulary; without them no names are made of rare ones. */
  pieces?: readonly string[];
}

/** Context and questions, before instruction and examples. */
export interface Body {
  context: Context;
  questions: Asked[];
}

const shares = { absent: 0.125, reviewAbsent: 0.065, needleAbsent: 0.11, beyond: 0.027 };
/** Single chunks of RAG contexts come from a wider choice of files, or from nearly what fits. */
const choice = { wide: 2.5, narrow: 1.15, sheet: 0.97 };
/** In a context with needles, this share of the other questions' weight. */
const besideNeedles = 0.12;

/** Chunks of packages, with names, paths and documentation moved about. */
export function selected(request: SampleRequest, tokens: number, tools: Tools, draw: Draw): Selection {
  const { corpus, count } = tools;
  const { split, form, segmentTokens, contextTokens, bodyLines, augment: augmented } = request;
  const profile = profileOf(segmentTokens);
  const factor = form === 'sheet' ? choice.sheet : draw.chance(0.5) ? choice.wide : choice.narrow;
  const limits = {
    split,
    tokens: tokens * factor,
    chunkTokens: Math.min(1.5 * segmentTokens, contextTokens),
    bodyLines,
    keepBodies: request.family === 'review',
    scatter: augmented,
  };
  const selection = selectChunks(corpus, limits, (chunk) => chunkCost(chunk, profile, count), draw);
  if (augmented) augment(selection, tools, split, draw);
  return selection;
}

export function codeQuestions(facts: Facts, draw: Draw): Pool[] {
  return [...definitionPools(facts, draw), ...filePools(facts, draw), ...relationPools(facts, draw)];
}

export function codeSample(request: SampleRequest, tools: Tools, draw: Draw): Body {
  const { chunks, packages } = selected(request, request.contextTokens, tools, draw);
  const context = makeContext(chunks, request, tools.count, draw);
  const facts = factsOf(context);
  return drawn(request, facts, codeQuestions(facts, draw), absentMaker(facts, packages, draw), shares.absent, draw);
}

/** Code with planted defects. */
export function reviewSample(request: SampleRequest, tools: Tools, draw: Draw): Body {
  const { chunks, packages } = selected(request, request.contextTokens, tools, draw);
  plantFindings(chunks, draw);
  const facts = factsOf(makeContext(chunks, request, tools.count, draw));
  return drawn(
    request,
    facts,
    reviewPools(facts, draw),
    reviewAbsent(facts, packages, draw),
    shares.reviewAbsent,
    draw,
  );
}

/** Code with hidden sentences. */
export function needleSample(request: SampleRequest, tools: Tools, draw: Draw): Body {
  const { chunks } = selected(request, request.contextTokens, tools, draw);
  const needles = hideNeedles(chunks, draw.int(2, 4 + Math.round(request.contextTokens / 300)), draw);
  const context = makeContext(chunks, request, tools.count, draw);
  const facts = factsOf(context);
  const others = codeQuestions(facts, draw).map((pool) => ({ ...pool, weight: pool.weight * besideNeedles }));
  const pools = [{ weight: 30, candidates: needleQuestions(needles, context.chunks, draw) }, ...others];
  const absent: Maker = () => needleAbsent(needles, facts.text, draw);
  return drawn(request, facts, pools, absent, shares.needleAbsent, draw);
}

function drawn(
  { questions }: SampleRequest,
  facts: Facts,
  pools: Pool[],
  absent: Maker,
  share: number,
  draw: Draw,
): Body {
  const names = facts.definitions.map(({ name }) => name);
  const onTheSpot = [
    { share, make: absent },
    { share: shares.beyond, make: () => askBeyond(names, draw) },
  ];
  return { context: facts.context, questions: drawQuestions(pools, onTheSpot, questions, draw) };
}
