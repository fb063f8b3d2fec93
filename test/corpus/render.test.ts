import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bodyLines, cardLine, fileLine, renderChunk } from '../../src/engine/corpus/render.ts';
import { packSegments } from '../../src/engine/corpus/segments.ts';
import type { Chunk } from '../../src/engine/corpus/types.ts';
import { editorLines } from './invariants.ts';
import { countTokens, profile, renderedLines } from './packing.ts';
import { samples, useChunker } from './samples.ts';

const { chunks } = useChunker();
const golden = (name: string): string => readFileSync(new URL(`./golden/${name}`, import.meta.url), 'utf8');

const bare: Chunk = {
  path: 'src/net/server.ts',
  startLine: 7,
  endLine: 9,
  nameLine: 8,
  kind: 'method',
  name: 'start',
  qualifiedName: 'Server.start',
  language: 'typescript',
  text: '\n  async start(port: number): Promise<void> {\n  }\n',
};
const chunk: Chunk = { ...bare, parameters: 'port: number', returns: 'Promise<void>', doc: 'Starts to listen' };

describe('rendering', () => {
  it('is what the golden file says', async () => {
    const files = [];
    for (const path of ['counter.ts', 'store.py']) {
      files.push({ path: `src/${path}`, chunks: await chunks(`src/${path}`, golden(`${path}.txt`)) });
    }
    const segments = packSegments(files, profile(2_000, { dedentTabs: 2 }), countTokens);
    expect(segments).toHaveLength(1);
    expect(segments[0]!.text).toBe(golden('segment.txt'));
    // The id is SHA-256 over the renderer's version, a zero and the text: blocks on disk are found by it.
    expect(segments[0]!.id).toBe(golden('segment.id').trim());
  });

  it('names what a chunk has and leaves out the rest with its punctuation', () => {
    const card = (change: Partial<Chunk>): string | undefined => cardLine({ ...chunk, ...change }, profile(100));
    expect(card({})).toBe('# start(port: number): Promise<void> - method in src/net/server.ts - Starts to listen');
    expect(card({ parameters: '' })).toBe('# start(): Promise<void> - method in src/net/server.ts - Starts to listen');
    expect(cardLine(bare, profile(100))).toBe('# start - method in src/net/server.ts');
    expect(cardLine({ ...bare, returns: 'T' }, profile(100))).toBe('# start: T - method in src/net/server.ts');
    expect(card({ kind: 'code' })).toBeUndefined();
  });

  it('one chunk stands below its file line and card line', () => {
    const { text, lines } = renderChunk(chunk, profile(100));
    expect(text).toBe(
      '### src/net/server.ts defines start\n' +
        '# start(port: number): Promise<void> - method in src/net/server.ts - Starts to listen\n' +
        '  async start(port: number): Promise<void> {\n  }\n',
    );
    expect(lines.map(({ line }) => line)).toEqual([7, 8, 8, 9]);
    expect(lines.map(({ path }) => path)).toEqual(Array(4).fill('src/net/server.ts'));
  });

  it('a profile may shorten paths in the text; origins never are', () => {
    const { text, lines } = renderChunk(
      { ...chunk, path: 'a/b/c/d.ts' },
      profile(100, { pathParts: 2, fileMark: '<chunk>' }),
    );
    expect(text.split('\n').slice(0, 2)).toEqual([
      '<chunk>c/d.ts defines start',
      '# start(port: number): Promise<void> - method in c/d.ts - Starts to listen',
    ]);
    expect(lines[0]!.path).toBe('a/b/c/d.ts');
    expect(fileLine('d.ts', [], profile(100, { pathParts: 3 }))).toBe('### d.ts');
  });

  it('a file line names each definition once', () => {
    expect(fileLine('a.ts', ['f', 'g', 'f'], profile(100))).toBe('### a.ts defines f, g');
  });

  it('code, further parts and imports define nothing', () => {
    expect(renderChunk({ ...chunk, kind: 'code' }, profile(100)).text).toMatch(/^### src\/net\/server\.ts\n {2}async/);
    expect(renderChunk({ ...bare, kind: 'method part' }, profile(100)).text).toMatch(
      /^### src\/net\/server\.ts\n# start - method part in src\/net\/server\.ts\n/,
    );
  });

  it('merged definitions are all named', () => {
    const merged = { ...bare, kind: 'constants', name: 'a, b', qualifiedName: 'a, b' };
    expect(renderChunk(merged, profile(100)).text).toMatch(/defines a, b\n# a, b - constants in /);
  });

  it('no heading is longer than a few lines, whatever the source says', () => {
    const long = 'x'.repeat(5_000);
    const { text } = renderChunk(
      { ...chunk, path: long, name: long, parameters: long, returns: long, doc: long },
      profile(100),
    );
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(1_100);
  });

  it('dedents, turns tabs into spaces and drops a byte-order mark, line for line', () => {
    const text = '\uFEFF\t\tif (a) {\r\n\t\t\tb(\t1);\r\n\r\n\t\t}\r\n\t}\r\n}\r\n';
    expect(bodyLines({ text, startLine: 3 }, 2)).toEqual([
      { line: 3, content: 'if (a) {' },
      { line: 4, content: '  b(  1);' },
      { line: 5, content: '' },
      { line: 6, content: '}' },
      { line: 7, content: '}' },
      { line: 8, content: '}' },
    ]);
    expect(bodyLines({ text, startLine: 3 })[1]).toEqual({ line: 4, content: '\t\t\tb(\t1);' });
  });

  it.each([undefined, 4])(
    'every line of text has its very source line as origin (dedentTabs %s)',
    async (dedentTabs) => {
      for (const sample of samples) {
        for (const ends of ['\n', '\r\n', '\r']) {
          const text = sample.text.replaceAll('\n', ends);
          const source = editorLines(text);
          for (const one of await chunks(sample.path, text)) {
            const rendered = renderedLines(
              renderChunk(one, profile(100, dedentTabs === undefined ? {} : { dedentTabs })),
            );
            const body = rendered.slice(one.kind === 'code' ? 1 : 2);
            expect(body.length).toBeGreaterThan(0);
            for (const { content, line } of body) {
              const original = source[line - 1]!.replace(/[\r\n]+$/, '');
              if (dedentTabs === undefined) expect(content).toBe(`${original}\n`);
              else expect(content.trim()).toBe(original.replaceAll('\t', ' '.repeat(dedentTabs)).trim());
            }
            const shown = new Set(body.map(({ line }) => line));
            for (let line = one.startLine; line <= one.endLine; line++) {
              if (source[line - 1]!.trim() !== '') expect(shown).toContain(line);
            }
          }
        }
      }
    },
  );
});
