import type { LineRange } from '../../common/answers.ts';
import { encodeRendered } from '../compress/encode.ts';
import { renderChunk } from '../corpus/render.ts';
import type { LineOrigin, Segment } from '../corpus/types.ts';
import type { ModelProfile } from '../model/profile.ts';
import type { Tokenizer } from '../model/tokenizer.ts';
import type { Hit } from '../retrieve/textIndex.ts';

/** Heading and a word: what is left of a budget below this holds no chunk. */
const LEAST_CHUNK_TOKENS = 12;
/** Source code has 2 to 5 characters a token; a chunk with more than this is no chunk that just fits. */
const MOST_CHARACTERS_PER_TOKEN = 12;

/** Source text that is prefilled for one question, with the line of every token. */
export interface RawContext {
  ids: number[];
  origins: LineRange[];
  files: Set<string>;
}

/**
 * Packs retrieved chunks into a token budget, best first, and puts the best last, next to the question. The form is
 * the sheet's: file line, card line, text. A chunk that does not fit is passed over for a smaller one.
 */
export function packChunks(
  hits: readonly Hit[],
  budget: number,
  tokenizer: Tokenizer,
  profile: ModelProfile,
): { context: RawContext; used: Hit[] } {
  const used: { hit: Hit; part: RawContext }[] = [];
  let left = budget;
  for (const hit of hits) {
    if (left < LEAST_CHUNK_TOKENS) break;
    const rendered = renderChunk(hit, profile);
    // Tokenizing dozens of chunks only to find that they do not fit was most of a question's garbage.
    if (rendered.text.length > left * MOST_CHARACTERS_PER_TOKEN) continue;
    const part = encodeLines(rendered, tokenizer, profile);
    if (part.ids.length > left) continue;
    left -= part.ids.length;
    used.push({ hit, part });
  }
  return { context: concatenate(used.map((u) => u.part).reverse()), used: used.map((u) => u.hit) };
}

/** The whole corpus, as segments in order: full context. */
export function packSegmentsRaw(segments: readonly Segment[], tokenizer: Tokenizer, profile: ModelProfile): RawContext {
  return concatenate(segments.map((s) => encodeLines(s, tokenizer, profile)));
}

function encodeLines(
  { text, lines }: { text: string; lines: LineOrigin[] },
  tokenizer: Tokenizer,
  profile: ModelProfile,
): RawContext {
  const { ids, lineOf } = encodeRendered(tokenizer, text, lines, profile.fileMark);
  // One object a line, shared by its tokens.
  const ranges = lines.map(({ path, line }): LineRange => ({ path, startLine: line, endLine: line }));
  const origins = Array.from(lineOf, (l) => ranges[l]!);
  return { ids, origins, files: new Set(lines.map((l) => l.path)) };
}

function concatenate(parts: readonly RawContext[]): RawContext {
  return {
    ids: parts.flatMap((p) => p.ids),
    origins: parts.flatMap((p) => p.origins),
    files: new Set(parts.flatMap((p) => [...p.files])),
  };
}
