import type { LineRange } from '../../common/answers.ts';
import { encodeRendered } from '../compress/encode.ts';
import { renderChunk } from '../corpus/render.ts';
import type { LineOrigin, Segment } from '../corpus/types.ts';
import type { ModelProfile } from '../model/profile.ts';
import type { Tokenizer } from '../model/tokenizer.ts';
import type { Hit } from '../retrieve/textIndex.ts';

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
    const part = encodeLines(renderChunk(hit, profile), tokenizer, profile);
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
  const origins = Array.from(lineOf, (l): LineRange => ({
    path: lines[l]!.path,
    startLine: lines[l]!.line,
    endLine: lines[l]!.line,
  }));
  return { ids, origins, files: new Set(lines.map((l) => l.path)) };
}

function concatenate(parts: readonly RawContext[]): RawContext {
  return {
    ids: parts.flatMap((p) => p.ids),
    origins: parts.flatMap((p) => p.origins),
    files: new Set(parts.flatMap((p) => [...p.files])),
  };
}
