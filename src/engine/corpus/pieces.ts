import { textBreaks } from './breaks.ts';
import { Lines } from './lines.ts';
import { definedNames, partOf } from './naming.ts';
import { renderFiles, type Heading } from './render.ts';
import type { Chunk, RenderProfile } from './types.ts';
import { cutLines } from './windows.ts';

/** A chunk, or the lines of one that is too large for a segment, with as much heading as fits. */
export interface Piece {
  chunk: Chunk;
  heading: Heading;
}

/** Room for what tokenizers do differently at the seams, in tokens. */
const slack = 4;
/** A text so short (in characters) does not fill a segment: then it is the heading that has to go. */
const shortText = 64;

/**
 * Cuts a chunk that is larger than a segment by whole lines, and a line that is larger by characters (kind `… line part`). The piece with
 * the name keeps the definition's card; the others are its parts. Where the heading alone takes half of the room, it is left out.
 */
export function cutChunk(chunk: Chunk, profile: RenderProfile, countTokens: (text: string) => number): Piece[] {
  const tokens = profile.segmentTokens;
  const headings: Heading[] = ['full', 'path', 'none'];
  const headingTokens = (one: Chunk, heading: Heading): number =>
    countTokens(renderFiles([{ path: chunk.path, chunks: [{ ...one, text: '' }] }], profile, heading).text);
  const heading = headings.find((one) => 2 * headingTokens(chunk, one) <= tokens) ?? 'none';
  const room = Math.max(1, tokens - headingTokens(chunk, heading) - slack);

  const lines = new Lines(chunk.text);
  const lineTokens: number[] = [];
  for (let at = 1; at <= lines.count; at++) lineTokens.push(countTokens(`${lines.content(at)}\n`));
  const sizeOf = (line: number): number => lineTokens[line - 1]!;
  const nameAt = chunk.nameLine - chunk.startLine + 1;
  return cutLines(lines, 1, lines.count, textBreaks(lines), room, sizeOf).flatMap(({ startLine, endLine }): Piece[] => {
    const text = lines.slice(startLine, endLine);
    const place = { startLine: chunk.startLine + startLine - 1, endLine: chunk.startLine + endLine - 1, text };
    const named = startLine <= nameAt && nameAt <= endLine;
    const whole: Chunk = named ? { ...chunk, ...place } : { ...partChunk(chunk), ...place, nameLine: place.startLine };
    if (startLine < endLine || sizeOf(startLine) <= room) return [{ chunk: whole, heading }];
    const lineRoom = Math.max(1, tokens - headingTokens(linePart(whole), heading) - slack);
    return cutLine(whole, Math.ceil(sizeOf(startLine) / lineRoom) + 1, heading);
  });
}

/** Cuts the text of a chunk of one line into `count` pieces of about equal length; nothing of it is lost. */
function cutLine(chunk: Chunk, count: number, heading: Heading): Piece[] {
  const part = linePart(chunk);
  const length = Math.max(1, Math.ceil(chunk.text.length / count));
  const pieces: Piece[] = [];
  for (let start = 0; start < chunk.text.length;) {
    let end = Math.min(chunk.text.length, start + length);
    // A character outside of the basic plane is two units long.
    if (/[\uD800-\uDBFF]/.test(chunk.text[end - 1]!) && end < chunk.text.length) end++;
    const text = chunk.text.slice(start, end);
    const label = start === 0 && definedNames(chunk).length > 0 ? chunk : { ...part, nameLine: chunk.startLine };
    pieces.push({ chunk: { ...label, startLine: chunk.startLine, endLine: chunk.endLine, text }, heading });
    start = end;
  }
  return pieces;
}

/** The same text in two pieces, where a segment turned out larger than its parts foretold; undefined for a single character. */
export function halve({ chunk, heading }: Piece): Piece[] | undefined {
  const lines = new Lines(chunk.text);
  if (lines.count < 2) {
    const less = heading === 'full' ? 'path' : 'none';
    const pieces = cutLine(chunk, 2, chunk.text.length > shortText ? heading : less);
    return pieces.length > 1 ? pieces : undefined;
  }
  const middle = lines.count >> 1;
  const at = chunk.startLine + middle;
  const named = chunk.nameLine < at;
  const first = named ? chunk : { ...partChunk(chunk), nameLine: chunk.startLine };
  const second = named ? { ...partChunk(chunk), nameLine: at } : chunk;
  return [
    { chunk: { ...first, startLine: chunk.startLine, endLine: at - 1, text: lines.slice(1, middle) }, heading },
    {
      chunk: { ...second, startLine: at, endLine: chunk.endLine, text: lines.slice(middle + 1, lines.count) },
      heading,
    },
  ];
}

function linePart(chunk: Chunk): Chunk {
  return { ...partChunk(chunk), kind: `${chunk.kind.replace(/(?: line)? part$/, '')} line part` };
}

function partChunk(chunk: Chunk): Omit<Chunk, 'parameters' | 'returns' | 'doc'> {
  const { path, startLine, endLine, nameLine, language, text } = chunk;
  const { kind, name, qualifiedName } = partOf(chunk);
  return { path, startLine, endLine, nameLine, kind, name, qualifiedName, language, text };
}
