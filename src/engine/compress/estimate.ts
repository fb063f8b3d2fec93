import { renderFiles } from '../corpus/render.ts';
import type { Chunk, RenderProfile } from '../corpus/types.ts';
import type { Tokenizer } from '../model/tokenizer.ts';

/** Sample of an estimate: about this many files, and the beginning of each as it is rendered. */
const SAMPLED_FILES = 40;
const SAMPLED_CHARACTERS = 4_000;

/**
 * About how many tokens a workspace renders to, from a sample of its files spread evenly.
 * @param characters of all source text
 */
export function estimateTokens(
  paths: readonly string[],
  chunksOf: (path: string) => readonly Chunk[],
  characters: number,
  tokenizer: Tokenizer,
  profile: RenderProfile,
): number {
  let [sampled, tokens] = [0, 0];
  const step = Math.max(1, Math.floor(paths.length / SAMPLED_FILES));
  for (let i = 0; i < paths.length; i += step) {
    const path = paths[i]!;
    const chunks = chunksOf(path);
    const { text } = renderFiles([{ path, chunks }], profile);
    const sample = text.slice(0, SAMPLED_CHARACTERS);
    const source = chunks.reduce((sum, c) => sum + c.text.length, 0);
    // Rendering adds file and card lines: count the source characters that the sample stands for.
    sampled += (source * sample.length) / Math.max(1, text.length);
    tokens += tokenizer.encodeText(sample).length;
  }
  return Math.ceil((characters * tokens) / Math.max(1, sampled));
}
