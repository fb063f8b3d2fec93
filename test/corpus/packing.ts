import type { Chunk, LineOrigin, RenderProfile, Segment } from '../../src/engine/corpus/types.ts';

/** About what a tokenizer does: words, single digits and signs, runs of spaces. */
export function countTokens(text: string): number {
  return text.match(/[A-Za-z_]{1,6}|\s+|[^A-Za-z_\s]/gu)?.length ?? 0;
}

export function profile(segmentTokens: number, rest: Partial<RenderProfile> = {}): RenderProfile {
  return { fileMark: '### ', segmentTokens, ...rest };
}

/** Rendered lines with their origins, cut at the origins' offsets. */
export function renderedLines({
  text,
  lines,
}: {
  text: string;
  lines: readonly LineOrigin[];
}): (LineOrigin & { content: string })[] {
  return lines.map((origin, at) => ({
    ...origin,
    content: text.slice(origin.start, lines[at + 1]?.start ?? text.length),
  }));
}

/** One file that defines one function, `tokens` long. */
export function smallFile(path: string, tokens: number, word = 'word'): { path: string; chunks: Chunk[] } {
  const lines = Array.from(
    { length: Math.max(1, Math.round(tokens / 8) - 3) },
    (_, at) => `  ${word}(${at % 10}, ${word});`,
  );
  const text = `function f() {\n${lines.join('\n')}\n}\n`;
  const name = path.slice(path.lastIndexOf('/') + 1).replace(/\W/g, '');
  const chunk: Chunk = {
    path,
    startLine: 1,
    endLine: lines.length + 2,
    nameLine: 1,
    kind: 'function',
    name,
    qualifiedName: name,
    language: 'javascript',
    text,
  };
  return { path, chunks: [chunk] };
}

export function ids(segments: readonly Segment[]): Set<string> {
  return new Set(segments.map((segment) => segment.id));
}
