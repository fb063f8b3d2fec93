import { createHash } from 'node:crypto';
import type { Task } from '../src/common/task.ts';
import { encodeSegment } from '../src/engine/compress/encode.ts';
import { seededRandom } from '../src/engine/compress/random.ts';
import type { Segment } from '../src/engine/corpus/types.ts';
import type { Decoder } from '../src/engine/model/decoder.ts';
import { capital, makeFunction, word, wordAt } from './source.ts';

/** A remainder smaller than this is no segment of its own. */
const LEAST_TOKENS = 64;

/**
 * Segments of made-up TypeScript that hold about `tokens` tokens together, each at most `most` and as full as whole
 * lines allow. Seeded: the same request gives the same text.
 */
export function makeSegments(decoder: Decoder, tokens: number, most: number): Segment[] {
  const segments: Segment[] = [];
  for (let left = tokens; left >= LEAST_TOKENS;) {
    const segment = makeSegment(decoder, segments.length, Math.min(left, most));
    segments.push(segment);
    left -= segment.tokens;
  }
  return segments;
}

function makeSegment({ tokenizer, profile }: Decoder, number: number, most: number): Segment {
  const random = seededRandom(`segment ${number}`);
  const path = `src/${word(random)}/${word(random)}${number}.ts`;
  const segment: Segment = { id: '', paths: [path], tokens: 0, text: '', chunks: [], lines: [] };
  /** False where the line does not fit any more. Tokens reach over line ends: only the whole text can be counted. */
  const add = (content: string, line: number): boolean => {
    const text = segment.text + content;
    const lines = [...segment.lines, { start: segment.text.length, path, line }];
    const tokens = encodeSegment(tokenizer, { ...segment, text, lines }, profile.fileMark).ids.length;
    if (tokens > most) return false;
    Object.assign(segment, { text, lines, tokens });
    return true;
  };
  add(`${profile.fileMark}${path} defines ${word(random)}${capital(word(random))}\n`, 1);
  for (let [sourceLine, full] = [1, false]; !full;) {
    const { name, lines } = makeFunction(random, segment.chunks.length);
    const startLine = sourceLine;
    for (const content of lines) {
      full ||= !add(content, sourceLine);
      if (!full) sourceLine++;
    }
    if (sourceLine === startLine) break;
    const range = { startLine, endLine: sourceLine - 1, nameLine: startLine };
    segment.chunks.push({ path, ...range, kind: 'function', name, qualifiedName: name });
  }
  return { ...segment, id: createHash('sha256').update(segment.text).digest('hex') };
}

/** All tokens of the segments in a row: what full context prefills. */
export function segmentTokens({ tokenizer, profile }: Decoder, segments: readonly Segment[]): number[] {
  return segments.flatMap((s) => encodeSegment(tokenizer, s, profile.fileMark).ids);
}

/** A task whose probe is as long as whole words allow, at most `probeTokens`. */
export function makeTask({ chat }: Decoder, probeTokens: number): Task {
  let instruction = 'Find where functions are defined';
  for (let i = 0; ; i++) {
    const longer = `${instruction} ${wordAt(i)}`;
    if (chat.probe(longer).length > probeTokens) break;
    instruction = longer;
  }
  return { id: 'bench', title: 'Benchmark', description: '', instruction, examples: [], scope: [] };
}
