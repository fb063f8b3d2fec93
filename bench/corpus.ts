import { createHash } from 'node:crypto';
import type { Task } from '../src/common/task.ts';
import { seededRandom } from '../src/engine/compress/random.ts';
import { countTokens, encodeSegment } from '../src/engine/compress/encode.ts';
import type { LineOrigin, Segment, SegmentChunk } from '../src/engine/corpus/types.ts';
import type { Decoder } from '../src/engine/model/decoder.ts';

const words = (
  'account address block buffer cache change client config cursor entry error event field filter frame group handle ' +
  'header index item label layout limit match message node offset option order owner packet parent parser path point ' +
  'query queue record region request result route schema score scope segment server session source state stream table ' +
  'target task token tree update user value vector view window worker'
).split(' ');

/**
 * Segments of made-up TypeScript that hold about `tokens` tokens together, each at most `segmentTokens` and as full as
 * whole lines allow. Seeded: the same request gives the same text.
 */
export function makeSegments(decoder: Decoder, tokens: number, segmentTokens: number): Segment[] {
  const segments: Segment[] = [];
  for (let left = tokens; left >= Math.min(64, segmentTokens);) {
    const segment = makeSegment(decoder, segments.length, Math.min(left, segmentTokens));
    segments.push(segment);
    left -= segment.tokens;
  }
  return segments;
}

function makeSegment(decoder: Decoder, number: number, most: number): Segment {
  const { tokenizer, profile } = decoder;
  const count = countTokens(tokenizer, profile.fileMark);
  const random = seededRandom(`segment ${number}`);
  const word = (): string => words[Math.floor(random() * words.length)]!;
  const capital = (text: string): string => text[0]!.toUpperCase() + text.slice(1);
  const path = `src/${word()}/${word()}${number}.ts`;
  const lines: LineOrigin[] = [];
  const chunks: SegmentChunk[] = [];
  let text = '';
  let size = 0;
  const add = (line: string, sourceLine: number): boolean => {
    const cost = count(line);
    // Tokens of parts may be a few more than tokens of the whole, never fewer by much.
    if (size + cost > most) return false;
    lines.push({ start: text.length, path, line: sourceLine });
    text += line;
    size += cost;
    return true;
  };
  let sourceLine = 1;
  add(`${profile.fileMark}${path} defines ${word()}${capital(word())}\n`, 1);
  for (let full = false; !full;) {
    const name = `${word()}${capital(word())}${chunks.length}`;
    const [a, b] = [word(), word()];
    const body = [
      `export function ${name}(${a}: ${capital(word())}, ${b}: number): ${capital(word())} {\n`,
      `  const ${word()} = ${word()}.${word()}(${a}, ${Math.floor(random() * 1000)});\n`,
      `  if (${a}.${word()} > ${b}) throw new Error('${word()} ${word()}');\n`,
      `  return ${word()}(${b} + ${Math.floor(random() * 100)});\n`,
      `}\n\n`,
    ];
    const startLine = sourceLine;
    for (const line of body) {
      full = !add(line, sourceLine);
      if (full) break;
      sourceLine++;
    }
    if (sourceLine === startLine) break;
    const range = { startLine, endLine: sourceLine - 1, nameLine: startLine };
    chunks.push({ path, ...range, kind: 'function', name, qualifiedName: name });
  }
  const id = createHash('sha256').update(text).digest('hex');
  const segment = { id, paths: [path], tokens: size, text, chunks, lines };
  return { ...segment, tokens: encodeSegment(tokenizer, segment, profile.fileMark).ids.length };
}

/** All tokens of the segments in a row: what full context prefills. */
export function segmentTokens(decoder: Decoder, segments: readonly Segment[]): number[] {
  return segments.flatMap((s) => encodeSegment(decoder.tokenizer, s, decoder.profile.fileMark).ids);
}

/** A task whose probe is as long as whole words allow, at most `probeTokens`. */
export function makeTask(decoder: Decoder, probeTokens: number): Task {
  let instruction = 'Find where functions are defined';
  for (let i = 0; ; i++) {
    const longer = `${instruction} ${words[i % words.length]!}`;
    if (decoder.chat.probe(longer).length > probeTokens) break;
    instruction = longer;
  }
  return { id: 'bench', title: 'Benchmark', description: '', instruction, examples: [], scope: [] };
}

/** A question of about 20 tokens. */
export function makeQuestion(number: number): string {
  const at = (i: number): string => words[(number * 7 + i) % words.length]!;
  return `Where is the function ${at(0)}${at(3)} defined, and which ${at(5)} does it take from the ${at(8)}?`;
}
