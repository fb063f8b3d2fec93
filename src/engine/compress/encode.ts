import type { LineOrigin, Segment } from '../corpus/types.ts';
import type { Tokenizer } from '../model/tokenizer.ts';

/** Tokens of rendered source. */
export interface EncodedText {
  ids: number[];
  /** Per token: index into the rendered lines that it was encoded with. A function of the text alone. */
  lineOf: Int32Array;
  /** Per token: its first byte, counted from the start of its line as the tokenizer reads it. */
  columnOf: Int32Array;
}

/**
 * Encodes rendered text. The file mark at the start of each file line may be a special token; everything else is
 * workspace text and can never become one. Token ids carry no offsets, so a token's line is found by the running sum
 * of token bytes against the byte offsets of the rendered lines.
 */
export function encodeRendered(
  tokenizer: Tokenizer,
  text: string,
  lines: readonly LineOrigin[],
  fileMark: string,
): EncodedText {
  const ids: number[] = [];
  for (const part of fileParts(text, lines)) {
    const marked = part.startsWith(fileMark);
    if (marked) ids.push(...tokenizer.encodeTemplate(fileMark));
    ids.push(...tokenizer.encodeText(marked ? part.slice(fileMark.length) : part));
  }
  const starts = byteStarts(tokenizer, text, lines);
  const lineOf = new Int32Array(ids.length);
  const columnOf = new Int32Array(ids.length);
  let line = 0;
  let at = 0;
  ids.forEach((id, i) => {
    while (line + 1 < lines.length && starts[line + 1]! <= at) line++;
    lineOf[i] = line;
    columnOf[i] = at - starts[line]!;
    at += tokenizer.byteLength(id);
  });
  return { ids, lineOf, columnOf };
}

export function encodeSegment(tokenizer: Tokenizer, segment: Segment, fileMark: string): EncodedText {
  return encodeRendered(tokenizer, segment.text, segment.lines, fileMark);
}

/** Number of tokens of rendered text, for packing; a leading file mark counts as what it is. */
export function countTokens(tokenizer: Tokenizer, fileMark: string): (text: string) => number {
  const mark = tokenizer.encodeTemplate(fileMark).length;
  return (text) => {
    if (!text.startsWith(fileMark)) return tokenizer.encodeText(text).length;
    return mark + tokenizer.encodeText(text.slice(fileMark.length)).length;
  };
}

/** Cuts rendered text where a new file begins: there, and only there, stands a file mark. */
function fileParts(text: string, lines: readonly LineOrigin[]): string[] {
  const cuts = lines.filter((l, i) => i === 0 || l.path !== lines[i - 1]!.path).map((l) => l.start);
  return cuts.map((start, i) => text.slice(start, cuts[i + 1] ?? text.length));
}

function byteStarts(tokenizer: Tokenizer, text: string, lines: readonly LineOrigin[]): number[] {
  let bytes = 0;
  return lines.map((l, i) => {
    if (i > 0) bytes += tokenizer.textBytes(text.slice(lines[i - 1]!.start, l.start));
    return bytes;
  });
}
