import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CribsheetError } from '../../src/common/errors.ts';
import { rendererVersion } from '../../src/engine/corpus/render.ts';
import { packSegments } from '../../src/engine/corpus/segments.ts';
import type { Chunk, RenderProfile, Segment } from '../../src/engine/corpus/types.ts';
import { editorLines } from './invariants.ts';
import { countTokens, profile, renderedLines, smallFile } from './packing.ts';
import { samples, useChunker } from './samples.ts';

const { chunks } = useChunker();

type Files = { path: string; chunks: Chunk[] }[];

/** All samples as files of one folder, each text `times` times. */
async function sampleFiles(times = 1): Promise<{ files: Files; sources: Map<string, string> }> {
  const files: Files = [];
  const sources = new Map<string, string>();
  for (const { path, text } of samples) {
    const full = `src/${path}`;
    sources.set(full, text.repeat(times));
    files.push({ path: full, chunks: await chunks(full, text.repeat(times)) });
  }
  return { files, sources };
}

/** What must hold for any packing: limit, ids, origins, and that no source line is lost. */
function expectPacked(
  segments: readonly Segment[],
  sources: ReadonlyMap<string, string>,
  { segmentTokens }: RenderProfile,
): void {
  const shown = new Map<string, string>();
  const last = new Map<string, number>();
  for (const segment of segments) {
    expect(segment.tokens).toBe(countTokens(segment.text));
    expect(segment.tokens).toBeLessThanOrEqual(segmentTokens);
    expect(segment.id).toBe(createHash('sha256').update(`${rendererVersion}\0${segment.text}`).digest('hex'));
    expect(new Set(segment.lines.map(({ path }) => path))).toEqual(new Set(segment.paths));
    expect(segment.lines[0]?.start).toBe(0);
    for (const { path, line, content } of renderedLines(segment)) {
      const heading = content.startsWith('### src/') || / (?:in src\/|part in )/.test(content);
      const source = editorLines(sources.get(path) ?? '')[line - 1];
      expect(source).toBeDefined();
      expect(content.endsWith('\n')).toBe(true);
      if (heading) continue;
      expect(source).toContain(content.slice(0, -1));
      expect(line).toBeGreaterThanOrEqual(last.get(path) ?? 1);
      last.set(path, line);
      shown.set(path, (shown.get(path) ?? '') + content);
    }
  }
  const squeezed = (text: string): string => text.replace(/\s+/g, '');
  for (const [path, text] of sources) expect(squeezed(shown.get(path) ?? ''), path).toBe(squeezed(text));
}

describe('packSegments', () => {
  it.each([64, 128, 320, 1_024, 100_000])('keeps to %i tokens and loses no line', async (segmentTokens) => {
    for (const times of [1, 4]) {
      const { files, sources } = await sampleFiles(times);
      expectPacked(packSegments(files, profile(segmentTokens), countTokens), sources, profile(segmentTokens));
    }
  });

  it('holds every chunk once where chunks fit', async () => {
    const { files } = await sampleFiles();
    const segments = packSegments(files, profile(1_024), countTokens);
    const packed = segments.flatMap((segment) =>
      segment.chunks.map((one) => `${one.path} ${one.startLine} ${one.endLine} ${one.name}`),
    );
    const expected = files.flatMap((file) =>
      file.chunks.map((one) => `${one.path} ${one.startLine} ${one.endLine} ${one.name}`),
    );
    expect(packed.sort()).toEqual(expected.sort());
  });

  it('does not depend on the order of the files', async () => {
    const { files } = await sampleFiles();
    const segments = packSegments(files, profile(320), countTokens);
    fc.assert(
      fc.property(fc.shuffledSubarray(files, { minLength: files.length }), (shuffled) => {
        expect(packSegments(shuffled, profile(320), countTokens)).toEqual(segments);
      }),
      { numRuns: 10 },
    );
  });

  it('comes in path order, and in line order within a file', async () => {
    const { files } = await sampleFiles(4);
    const segments = packSegments(files, profile(320), countTokens);
    const first = segments.map(
      (segment) => `${segment.paths[0]} ${String(segment.chunks[0]!.startLine).padStart(6, '0')}`,
    );
    expect(first).toEqual([...first].sort());
  });

  it('packs small files of a folder together, and never files of two folders', () => {
    const files = ['a', 'b', 'b/c'].flatMap((folder) =>
      Array.from({ length: 12 }, (_, at) => smallFile(`${folder}/f${at}.js`, 90)),
    );
    const segments = packSegments(files, profile(1_024), countTokens);
    for (const { paths } of segments)
      expect(new Set(paths.map((path) => path.slice(0, path.lastIndexOf('/'))))).toHaveProperty('size', 1);
    expect(segments.length).toBeLessThan(files.length / 3);
    expect(segments.flatMap((segment) => segment.paths).sort()).toEqual(files.map((file) => file.path).sort());
  });

  it('gives a large file segments of its own', () => {
    const files = [smallFile('a/large.js', 700), smallFile('a/small.js', 50), smallFile('a/tiny.js', 30)];
    expect(packSegments(files, profile(1_024), countTokens).map((segment) => segment.paths)).toEqual([
      ['a/large.js'],
      ['a/small.js', 'a/tiny.js'],
    ]);
  });

  it('cuts a chunk that is larger than a segment by whole lines; one piece is the definition', () => {
    const { path, chunks: large } = smallFile('a/large.js', 2_000);
    const sources = new Map([[path, large[0]!.text]]);
    const segments = packSegments([{ path, chunks: large }], profile(300), countTokens);
    expect(segments.length).toBeGreaterThan(6);
    expect(segments[0]!.text).toMatch(
      /^### a\/large\.js defines largejs\n# largejs - function in a\/large\.js\nfunction f\(\) \{\n/,
    );
    for (const segment of segments.slice(1)) {
      expect(segment.text).toMatch(
        /^### a\/large\.js\n# largejs - function part in a\/large\.js\n {2}word\(\d, word\);\n/,
      );
      expect(segment.chunks).toHaveLength(1);
    }
    const spans = segments.map(({ chunks: [one] }) => [one!.startLine, one!.endLine]);
    expect(spans[0]![0]).toBe(1);
    spans.slice(1).forEach(([start], at) => expect(start).toBe(spans[at]![1]! + 1));
    expect(spans.at(-1)![1]).toBe(editorLines(sources.get(path)!).length);
  });

  it('cuts a line that is larger than a segment, says so, and loses nothing of it', async () => {
    const text = `const a = 1;\nconst table = [${'"é🚀", 12, '.repeat(400)}];\nconst b = 2;\n`;
    for (const path of ['src/a.js', 'src/a.json']) {
      const segments = packSegments([{ path, chunks: await chunks(path, text) }], profile(128), countTokens);
      expectPacked(segments, new Map([[path, text]]), profile(128));
      const pieces = segments.filter((segment) => segment.text.includes(' line part in '));
      expect(pieces.length).toBeGreaterThan(10);
      for (const {
        lines,
        chunks: [one],
      } of pieces) {
        expect(one).toMatchObject({ startLine: 2, endLine: 2, nameLine: 2 });
        // The last piece may have the next line for company.
        expect(lines.every(({ line }) => line === 2 || line === 3)).toBe(true);
      }
      expect(segments.every((segment) => segment.text.isWellFormed())).toBe(true);
    }
  });

  it('keeps to the limit with paths and names that would fill a segment', () => {
    const {
      chunks: [chunk],
    } = smallFile('x', 300);
    const path = `src/${'long folder/'.repeat(40)}a.js`;
    const huge = { ...chunk!, path, name: 'n'.repeat(2_000), parameters: 'p, '.repeat(500), doc: 'd '.repeat(300) };
    for (const size of [64, 200]) {
      const segments = packSegments([{ path, chunks: [huge] }], profile(size), countTokens);
      expect(Math.max(...segments.map((segment) => segment.tokens))).toBeLessThanOrEqual(size);
      expect(new Set(segments.flatMap((segment) => segment.lines.map(({ line }) => line))).size).toBe(
        editorLines(chunk!.text).length,
      );
    }
  });

  it('keeps to the limit with a tokenizer whose counts do not add up', async () => {
    const { files, sources } = await sampleFiles();
    // Longer texts cost more a character here: sums of parts foretell too little.
    const odd = (text: string): number => Math.ceil(countTokens(text) * (1 + Math.min(1, text.length / 3_000)));
    const segments = packSegments(files, profile(320), odd);
    expect(Math.max(...segments.map((segment) => odd(segment.text)))).toBeLessThanOrEqual(320);
    expectPacked(
      segments.map((segment) => ({ ...segment, tokens: countTokens(segment.text) })),
      sources,
      profile(320),
    );
  });

  it('calls the tokenizer about once a chunk and once a segment', () => {
    const files = Array.from({ length: 2_000 }, (_, at) => smallFile(`f${at % 40}/g${at}.js`, 100));
    let calls = 0;
    const segments = packSegments(files, profile(1_024), (text) => {
      calls++;
      return countTokens(text);
    });
    expect(calls).toBeLessThanOrEqual(2 * files.length + 2 * segments.length);
  });

  it('refuses a segment size that has no room for a line', () => {
    for (const size of [0, -1, 63, Number.NaN]) {
      expect(() => packSegments([], profile(size), countTokens)).toThrow(CribsheetError);
    }
  });

  it('makes nothing of nothing', () => {
    expect(packSegments([], profile(1_024), countTokens)).toEqual([]);
    expect(packSegments([{ path: 'empty.ts', chunks: [] }], profile(1_024), countTokens)).toEqual([]);
  });
});
