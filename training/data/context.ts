import { codeKind, definedNames } from '../../src/engine/corpus/naming.ts';
import { bodyLines, cardLine, renderChunk, renderFiles } from '../../src/engine/corpus/render.ts';
import { packSegments } from '../../src/engine/corpus/segments.ts';
import type { RenderProfile, Segment } from '../../src/engine/corpus/types.ts';
import type { Draw } from './draw.ts';
import { wordSet, wordsOf } from './names.ts';
import type { SampleRequest } from './request.ts';
import type { WorkChunk } from './select.ts';

export type Profile = RenderProfile & { pathParts: number; dedentTabs: number };

/** How the starter model is fed. */
export function profileOf(segmentTokens: number): Profile {
  return { fileMark: '<chunk>', pathParts: 3, dedentTabs: 2, segmentTokens };
}

/** Share of the sheets whose segments stand in random order. */
const shuffledShare = 0.3;
/** Share of the RAG contexts whose chunks were chosen as retrieval does, by the words of one name. */
const retrievedShare = 0.5;
/** Share whose first chunk is put last. */
const reversedShare = 0.7;
/** Share of the RAG contexts without card lines. */
const plainShare = 0.15;

/** A chunk all of which stands in the context. */
export interface Present {
  chunk: WorkChunk;
  /** Its lines as they were rendered. */
  body: string;
}

/** What the model reads, and what of it questions may be about. */
export interface Context {
  segments: string[];
  chunks: Present[];
  /** Does each definition have a card line, and each file a line that lists its names? */
  cards: boolean;
  /** Every name that the text defines, also of chunks that stand there in part. */
  names: string[];
  /** Chunks of which only a part stands there. */
  partial: readonly WorkChunk[];
}

type Count = (text: string) => number;
type Form = Pick<SampleRequest, 'form' | 'segmentTokens' | 'contextTokens'>;

/** Tokens that a chunk takes, roughly: card and lines. */
export function chunkCost(chunk: WorkChunk, profile: Profile, count: Count): number {
  return count(`${cardLine(chunk, profile) ?? ''}\n${bodyOf(chunk, profile)}`) + 2;
}

function bodyOf(chunk: WorkChunk, profile: Profile): string {
  return bodyLines(chunk, profile.dedentTabs)
    .map(({ content }) => `${content}\n`)
    .join('');
}

/** Renders chunks as the engine does, in at most `contextTokens` tokens. */
export function makeContext(chunks: readonly WorkChunk[], form: Form, count: Count, draw: Draw): Context {
  for (const chunk of chunks) chunk.endLine = chunk.startLine + lineCount(chunk.text) - 1;
  return form.form === 'sheet' ? makeSheet(chunks, form, count, draw) : makeRag(chunks, form, count, draw);
}

function lineCount(text: string): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}

function makeSheet(
  chunks: readonly WorkChunk[],
  { segmentTokens, contextTokens }: Form,
  count: Count,
  draw: Draw,
): Context {
  const profile = profileOf(segmentTokens);
  const files = [...Map.groupBy(chunks, ({ path }) => path)].map(([path, list]) => ({ path, chunks: list }));
  let segments = trimmed(packSegments(files, profile, count), contextTokens, draw);
  if (draw.chance(shuffledShare)) segments = draw.shuffled(segments);
  const lines = new Set<string>();
  const names = new Set<string>();
  for (const { path, kind, startLine, endLine, name } of segments.flatMap((one) => one.chunks)) {
    // A line that was cut by characters is not there as a whole.
    if (!kind.endsWith(' line part')) for (let line = startLine; line <= endLine; line++) lines.add(`${path}:${line}`);
    for (const defined of definedNames({ kind, name })) names.add(defined);
  }
  const text = segments.map((one) => one.text).join('');
  const partial: WorkChunk[] = [];
  const present = chunks.flatMap((chunk): Present[] => {
    let found = 0;
    for (let line = chunk.startLine; line <= chunk.endLine; line++) if (lines.has(`${chunk.path}:${line}`)) found++;
    const card = cardLine(chunk, profile);
    const isWhole = found > chunk.endLine - chunk.startLine && (card === undefined || text.includes(`${card}\n`));
    if (!isWhole && found > 0) partial.push(chunk);
    return isWhole ? [{ chunk, body: bodyOf(chunk, profile) }] : [];
  });
  return {
    segments: segments.map((one) => one.text),
    chunks: inTextOrder(present, segments),
    cards: true,
    names: [...names],
    partial,
  };
}

/** Leaves out segments until the rest fits: the smallest that is enough, or the largest. */
function trimmed(segments: readonly Segment[], most: number, draw: Draw): Segment[] {
  const kept = [...segments];
  for (;;) {
    const excess = kept.reduce((sum, { tokens }) => sum + tokens, 0) - most;
    if (excess <= 0) return kept;
    const enough = kept.filter(({ tokens }) => tokens >= excess).sort((a, b) => a.tokens - b.tokens);
    kept.splice(kept.indexOf(enough[0] ?? draw.pick(kept)), 1);
  }
}

/** Chunks in the order in which their names stand in the text; of one that is cut, the piece with the name counts. */
function inTextOrder(present: readonly Present[], segments: readonly Segment[]): Present[] {
  const order = new Map<string, number>();
  for (const { path, nameLine, kind } of segments.flatMap((one) => one.chunks)) {
    if (!kind.endsWith(' part')) order.set(`${path}:${nameLine}`, order.size);
  }
  const placeOf = ({ chunk }: Present): number => order.get(`${chunk.path}:${chunk.nameLine}`) ?? order.size;
  return present.toSorted((a, b) => placeOf(a) - placeOf(b));
}

/**
 * Chunks by how many words they share with the name of one of them, the best first: around what is asked for, retrieval puts whatever
 * speaks of it.
 */
function retrieved(chunks: readonly WorkChunk[], draw: Draw): WorkChunk[] {
  const shuffled = draw.shuffled(chunks);
  const target = shuffled.find((chunk) => chunk.kind !== codeKind && definedNames(chunk).length > 0);
  if (!target) return shuffled;
  const names = new Set(definedNames(target));
  const wanted = new Set([...names].flatMap(wordsOf));
  const score = (chunk: WorkChunk): number => {
    if (chunk === target) return Infinity;
    const words = wordSet([chunk.text, chunk.path]);
    let sum = 0;
    for (const word of words) sum += names.has(word) ? 3 : wordsOf(word).filter((one) => wanted.has(one)).length;
    return sum;
  };
  const scores = new Map(shuffled.map((chunk) => [chunk, score(chunk)]));
  return shuffled.sort((a, b) => scores.get(b)! - scores.get(a)!);
}

/** Single chunks, in random order or the best first or last, each with its own file line: what `packChunks` makes of retrieved ones. */
function makeRag(
  chunks: readonly WorkChunk[],
  { segmentTokens, contextTokens }: Form,
  count: Count,
  draw: Draw,
): Context {
  const profile = profileOf(segmentTokens);
  const cards = !draw.chance(plainShare);
  const texts: string[] = [];
  const present: Present[] = [];
  let left = contextTokens;
  const order = draw.chance(retrievedShare) ? retrieved(chunks, draw) : draw.shuffled(chunks);
  for (const chunk of order) {
    const { text } = cards
      ? renderChunk(chunk, profile)
      : renderFiles([{ path: chunk.path, chunks: [chunk] }], profile, 'path');
    const tokens = count(text);
    if (tokens > left) continue;
    left -= tokens;
    texts.push(text);
    present.push({ chunk, body: bodyOf(chunk, profile) });
    if (left < 24) break;
  }
  // The engine puts the best last, next to the question.
  if (draw.chance(reversedShare)) {
    texts.reverse();
    present.reverse();
  }
  const names = present.flatMap(({ chunk }) => (chunk.kind === codeKind ? [] : definedNames(chunk)));
  return { segments: [texts.join('')], chunks: present, cards, names: [...new Set(names)], partial: [] };
}
