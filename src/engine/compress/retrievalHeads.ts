import type { Decoder } from '../model/decoder.ts';
import type { RetrievalHeads, RetrievalKind } from '../model/measured.ts';
import { priorities } from '../model/runQueue.ts';
import { rowAttention } from './rowAttention.ts';
import { pooled } from './scores.ts';
import { SegmentKv } from './segmentKv.ts';
import { topPositions } from './select.ts';
import type { ProbeView } from './strategy.ts';

const LINES = 24;
const DEPTHS = [0.1, 0.4, 0.6, 0.9];
const QUESTION_ROWS = 8;
const SMALL_CACHE = 32;
const BEST_HEADS = 4;

const measured = new WeakMap<Decoder, Map<RetrievalKind, Promise<RetrievalHeads>>>();

/**
 * Finds the semantic retrieval heads of a model (CompressKV, arXiv 2508.02401, section 3): a fact is hidden in filler,
 * it is asked for, and heads are ranked by the attention that they pay to the whole of the fact while the answer is
 * said. The answer is forced, so that no test depends on the model's finding it (the paper takes only tests that the
 * model passes). Layer errors are those of the paper: attention outputs with the best 32 positions against all, while
 * the answer is said. Once a process for each model.
 * @param kind of the fact: the value of a constant, a return type, a person
 */
export function retrievalHeads(
  decoder: Decoder,
  signal?: AbortSignal,
  kind: RetrievalKind = 'values',
): Promise<RetrievalHeads> {
  const known = measured.get(decoder) ?? new Map<RetrievalKind, Promise<RetrievalHeads>>();
  measured.set(decoder, known);
  let promise = known.get(kind);
  if (!promise) {
    known.set(kind, (promise = measure(decoder, kind, signal)));
    promise.catch(() => known.delete(kind));
  }
  return promise;
}

interface Test {
  view: ProbeView;
  /** First and last position of the fact, and the rows that say the answer. */
  fact: [from: number, to: number];
  answerFrom: number;
}

async function measure(
  decoder: Decoder,
  kind: RetrievalKind,
  signal: AbortSignal | undefined,
): Promise<RetrievalHeads> {
  const tests: Test[] = [];
  for (const [i, depth] of DEPTHS.entries()) tests.push(await runTest(decoder, kind, i, depth, signal));
  const { heads: headCount, attention } = decoder.graph;
  const heads = attention.map((_, layer) => {
    const scores = Array.from({ length: headCount }, (_, head) =>
      tests.reduce((sum, test) => sum + factAttention(test, layer, head), 0),
    );
    return scores.map((_, head) => head).sort((a, b) => scores[b]! - scores[a]! || a - b);
  });
  const errors = attention.map((_, layer) =>
    tests.reduce((sum, test) => sum + smallCacheError(test, layer, heads[layer]!), 0),
  );
  const total = errors.reduce((a, b) => a + b, 0);
  return { heads, layerErrors: errors.map((e) => (total > 0 ? e / total : 1 / errors.length)) };
}

interface Hidden {
  filler: (line: number) => string;
  /** The line of the fact, around it, and the question that it answers. */
  before: string;
  fact: string;
  after: string;
  question: string;
}

const names = ['harbour', 'garden', 'library', 'station'] as const;
const capital = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1);

/** Made-up lines with one fact among them; `index` is the number of the test. */
const hidden: Record<RetrievalKind, (index: number) => Hidden> = {
  values: (index) => {
    const name = names[index % names.length]!;
    return {
      filler: (i) => `function step${i + index * LINES}(value) { return value + ${(i * 7 + index) % 10}; }\n`,
      before: `const ${name}Port = `,
      fact: String(48_213 + index * 11_117),
      after: ';\n',
      question: `What is the value of ${name}Port?`,
    };
  },
  types: (index) => {
    const name = capital(names[index % names.length]!);
    return {
      filler: (i) => `function take${i + index * LINES}(input: Input${i}): Output${(i * 7 + index) % 10} {}\n`,
      before: `function open${name}(path: string): `,
      fact: `${name}Ledger`,
      after: ' {}\n',
      question: `What does open${name} return?`,
    };
  },
  people: (index) => {
    const name = names[index % names.length]!;
    const person = ['Mira Holt', 'Jonas Weir', 'Ada Brook', 'Tomas Lind'][index % 4]!;
    return {
      filler: (i) => `Room ${i + index * LINES} is cleaned on day ${(i * 7 + index) % 10} of every month.\n`,
      before: `The keys of the ${name} are kept by `,
      fact: person,
      after: '.\n',
      question: `Who keeps the keys of the ${name}?`,
    };
  },
};

async function runTest(
  decoder: Decoder,
  kind: RetrievalKind,
  index: number,
  depth: number,
  signal?: AbortSignal,
): Promise<Test> {
  const { tokenizer, chat } = decoder;
  const encode = (text: string): number[] => tokenizer.encodeText(text);
  const test = hidden[kind](index);
  const filler = Array.from({ length: LINES }, (_, i) => test.filler(i));
  const at = Math.round(depth * LINES);
  const before = encode(`${filler.slice(0, at).join('')}${test.before}`);
  const fact = encode(test.fact);
  const ids = [...before, ...fact, ...encode(`${test.after}${filler.slice(at).join('')}`)];
  const question = chat.question(test.question);
  const lane = decoder.steadyLane(priorities.compress, ids.length + question.length + 64);
  await lane.append(chat.preamble(), { signal });
  const offset = lane.kv.length;
  await lane.append(ids, { signal });
  const end = lane.kv.length;
  const rows = Math.min(QUESTION_ROWS, question.length);
  await lane.append(question.slice(0, question.length - rows), { signal });
  // The row before each answer token says it: the last of the question, then all but the last of the answer.
  const observed = [...question.slice(question.length - rows), ...fact.slice(0, -1)];
  const seen = await lane.observe(observed, { signal, kind: 'raw', start: offset, end });
  const { layers, kvHeads } = lane.kv.shape;
  const { heads, attentionScale: scale } = decoder.graph;
  const kv = new SegmentKv(lane.kv, offset, ids.length, { frequencies: decoder.frequencies, scale });
  const view = { layers, kvHeads, heads, tokens: ids.length, random: () => 0, kv, ...seen };
  return { view, fact: [before.length, before.length + fact.length], answerFrom: rows - 1 };
}

function factAttention({ view, fact: [from, to], answerFrom }: Test, layer: number, head: number): number {
  const weights = rowAttention(view, layer, head, answerFrom);
  return weights.reduce((sum, row) => sum + row.subarray(from, to).reduce((a, b) => a + b, 0), 0);
}

/** ‖O_small − O‖ ÷ ‖O‖ over the heads of a layer, mean over the rows that say the answer. */
function smallCacheError({ view, answerFrom }: Test, layer: number, order: readonly number[]): number {
  const { tokens, heads, kvHeads, rows = 0 } = view;
  const kv = view.kv!;
  const size = kv.headSize;
  const score = new Float64Array(tokens);
  for (const head of order.slice(0, BEST_HEADS))
    for (const row of rowAttention(view, layer, head, 0).slice(0, answerFrom + 1))
      row.forEach((x, i) => (score[i]! += x));
  const kept = topPositions(pooled(score, 5), Math.min(SMALL_CACHE, Math.ceil(tokens / 4)));
  const differences = new Float64Array(rows - answerFrom);
  const lengths = new Float64Array(rows - answerFrom);
  for (let head = 0; head < heads; head++) {
    const values = kv.values(layer, Math.floor((head * kvHeads) / heads));
    rowAttention(view, layer, head, answerFrom).forEach((weights, r) => {
      const full = view.raw!.outputs[layer]!.subarray((head * rows + answerFrom + r) * size);
      const mass = kept.reduce((sum, p) => sum + weights[p]!, 0);
      for (let i = 0; i < size; i++) {
        const small = kept.reduce((sum, p) => sum + weights[p]! * values[p * size + i]!, 0) / Math.max(mass, 1e-30);
        differences[r]! += (small - full[i]!) ** 2;
        lengths[r]! += full[i]! ** 2;
      }
    });
  }
  const relative = differences.map((d, r) => Math.sqrt(d) / (Math.sqrt(lengths[r]!) + 1e-6));
  return relative.reduce((sum, x) => sum + x, 0) / relative.length;
}
