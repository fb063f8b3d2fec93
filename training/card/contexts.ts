import type { LineOrigin, Segment } from '../../src/engine/corpus/types.ts';
import { Draw } from '../data/draw.ts';
import type { SampleMaker } from '../data/maker.ts';
import type { Asked, Family } from '../data/request.ts';

/** One context of the evaluation with its questions. */
export interface Context {
  /** Draws of the three seeds are independent of each other. */
  seed: number;
  number: number;
  family: Family;
  /** Tokens asked for; the context has at most as many. */
  size: number;
  instruction: string;
  segments: Segment[];
  tokens: number;
  language: string;
  questions: Asked[];
}

/** How often each family is drawn. Memberships, needles and extraction are smaller parts of what the model is for. */
const families: readonly Family[] = [
  'code',
  'code',
  'code',
  'review',
  'code',
  'code',
  'review',
  'memberships',
  'needles',
  'extraction',
];

const languages: Record<string, string> = {
  ts: 'TypeScript',
  tsx: 'TypeScript',
  mts: 'TypeScript',
  cts: 'TypeScript',
  js: 'JavaScript',
  mjs: 'JavaScript',
  cjs: 'JavaScript',
  jsx: 'JavaScript',
  py: 'Python',
  rs: 'Rust',
  go: 'Go',
  java: 'Java',
  c: 'C and C++',
  h: 'C and C++',
  cc: 'C and C++',
  cpp: 'C and C++',
  hpp: 'C and C++',
};

/**
 * The contexts of one seed, from packages that training never sees, with their own names and paths (nothing is shuffled) and whole bodies.
 * @param size tokens of a context
 */
export function drawContexts(
  maker: SampleMaker,
  {
    seed,
    size,
    count,
    segmentTokens,
    questions,
  }: { seed: number; size: number; count: number; segmentTokens: number; questions: number },
): Context[] {
  const contexts: Context[] = [];
  for (let number = 0; contexts.length < count && number < 3 * count; number++) {
    const family = families[number % families.length]!;
    const sample = maker.make({
      seed: `card/${seed}/${size}/${number}`,
      split: 'heldout',
      family,
      form: 'sheet',
      segmentTokens,
      contextTokens: size,
      bodyLines: null,
      questions: 4 * questions,
      augment: false,
    });
    const asked = spread(sample.questions, questions, new Draw(`card/${seed}/${size}/${number}/questions`));
    if (asked.length === 0) continue;
    const segments = sample.segments.map(segmentOf);
    contexts.push({
      seed,
      number,
      family,
      size,
      instruction: sample.instruction,
      segments,
      tokens: 0,
      language: languageOf(sample.segments),
      questions: asked,
    });
  }
  return contexts;
}

/** Questions of as many kinds as there are, none of them twice as often as another before all have had their turn. */
function spread(questions: readonly Asked[], count: number, draw: Draw): Asked[] {
  const kinds = [...Map.groupBy(draw.shuffled(questions), (q) => q.kind).values()];
  const chosen: Asked[] = [];
  for (let round = 0; chosen.length < count && kinds.some((kind) => round < kind.length); round++) {
    for (const kind of draw.shuffled(kinds)) {
      const question = kind[round];
      if (question && chosen.length < count) chosen.push(question);
    }
  }
  return chosen;
}

/** A rendered text as the segment that it was: file lines begin with the mark, and no other line can. */
export function segmentOf(text: string): Segment {
  const lines: LineOrigin[] = [];
  let path = '';
  let start = 0;
  for (const line of text.split(/(?<=\n)/)) {
    if (line.startsWith('<chunk>')) path = `${lines.length}:${line}`;
    lines.push({ start, path, line: lines.length + 1 });
    start += line.length;
  }
  return { id: text, paths: [], tokens: 0, text, chunks: [], lines };
}

function languageOf(segments: readonly string[]): string {
  const names = segments.flatMap((text) =>
    [...text.matchAll(/^<chunk>\S+\.(\w+)(?: |$)/gm)].map((match) => languages[match[1]!] ?? 'other'),
  );
  const counted = [...Map.groupBy(names, (name) => name)].sort(([, a], [, b]) => b.length - a.length);
  return counted[0]?.[0] ?? 'other';
}
