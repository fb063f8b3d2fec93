import { expect } from 'vitest';
import type { Chunk } from '../../src/engine/corpus/types.ts';

/** Lines as VS Code's text model counts them, each with its line end; none for the empty line after a final line end. */
export function editorLines(text: string): string[] {
  return text.match(/[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+$/g) ?? [];
}

/** What must hold for the chunks of any text in any language. */
export function expectWhole(chunks: readonly Chunk[], text: string): void {
  expect(chunks.map((chunk) => chunk.text).join('')).toBe(text);
  const lines = editorLines(text);
  let next = 1;
  for (const chunk of chunks) {
    expect(chunk.startLine).toBe(next);
    expect(chunk.text).toBe(lines.slice(chunk.startLine - 1, chunk.endLine).join(''));
    expect(chunk.nameLine).toBeGreaterThanOrEqual(chunk.startLine);
    expect(chunk.nameLine).toBeLessThanOrEqual(chunk.endLine);
    expect(chunk.name).not.toBe('');
    expect(chunk.qualifiedName).not.toBe('');
    for (const line of [chunk.name, chunk.parameters, chunk.returns, chunk.doc])
      expect(line ?? '').not.toMatch(/[\r\n]/);
    if (chunk.kind.endsWith(' part')) {
      expect(chunk).not.toHaveProperty('parameters');
      expect(chunk).not.toHaveProperty('returns');
      expect(chunk).not.toHaveProperty('doc');
      expect(chunk.nameLine).toBe(chunk.startLine);
    }
    next = chunk.endLine + 1;
  }
  expect(next - 1).toBe(lines.length);
}
