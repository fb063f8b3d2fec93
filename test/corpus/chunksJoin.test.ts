import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { limits } from '../../src/common/limits.ts';
import { expectWhole } from './invariants.ts';
import { samples, useChunker } from './samples.ts';

/** One way to damage a text; positions are shares of its length. */
type Damage = (text: string) => string;

const share = fc.double({ min: 0, max: 1, noNaN: true });
const damage: fc.Arbitrary<Damage> = fc.oneof(
  fc.tuple(share, share).map(([from, length]): Damage => (text) => {
    const at = Math.floor(from * text.length);
    return text.slice(0, at) + text.slice(at + Math.floor(length * 80));
  }),
  fc
    .tuple(
      share,
      fc.constantFrom(
        '{',
        '}',
        '(',
        ')',
        '"',
        '`',
        '/*',
        '*/',
        '\n',
        '\r',
        '\r\n',
        '\n\n\n',
        '#',
        '\0',
        '\u2028',
        '🚀é',
        '\uD83D',
        'end\n',
        '<',
      ),
    )
    .map(([from, text]): Damage => (source) => {
      const at = Math.floor(from * source.length);
      return source.slice(0, at) + text + source.slice(at);
    }),
  fc.constant<Damage>((text) => text.replaceAll('\n', '\r\n')),
  fc.constant<Damage>((text) => text.replaceAll('\n', '\r')),
  fc.constant<Damage>((text) => text.replaceAll('\n', ' ')),
  fc.constant<Damage>((text) => `\uFEFF${text}`),
  fc.constant<Damage>((text) => text.trimEnd()),
  fc.constant<Damage>((text) => text.replaceAll('\n', '\n\n')),
  fc.constant<Damage>((text) => text + text),
);

const modules = new URL('../../node_modules/', import.meta.url);
const installed = [
  'acorn/dist',
  'yaml/dist/compose',
  'fast-check/lib',
  'web-tree-sitter',
  'tinyglobby',
  'picomatch/lib',
  'vscode-jsonrpc/lib/common',
]
  .flatMap((folder) =>
    readdirSync(new URL(`${folder}/`, modules))
      .filter((name) => /\.(?:[cm]?[jt]s|md|json)$/.test(name))
      .map((name) => `${folder}/${name}`),
  )
  .slice(0, 80);

describe('chunks join up to the text', () => {
  const { chunks } = useChunker();

  it('for damaged code of every language', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...samples),
        fc.array(damage, { maxLength: 6 }),
        async ({ path, text }, damages) => {
          const damaged = damages.reduce((source, change) => change(source), text);
          expectWhole(await chunks(path, damaged), damaged);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('for any text under any name', async () => {
    const path = fc.constantFrom('a.ts', 'a.py', 'a.md', 'a.yaml', 'a.rb', 'a.css', 'b/c.php', 'LICENSE');
    const piece = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('\r', '\n', '\r\n', '# A', '```', '---', '  ', '\t', '/** d */'),
    );
    await fc.assert(
      fc.asyncProperty(path, fc.array(piece), async (name, pieces) => {
        const text = pieces.join('');
        expectWhole(await chunks(name, text), text);
      }),
      { numRuns: 300 },
    );
  });

  it.each(installed)('for the installed file %s', async (path) => {
    const text = readFileSync(new URL(path, modules), 'utf8');
    const found = await chunks(path, text);
    expectWhole(found, text);
    for (const chunk of found) {
      if (chunk.startLine < chunk.endLine) expect(chunk.text.length).toBeLessThanOrEqual(limits.maxChunkChars);
    }
  });

  it('with line ends of any kind the same definitions are found on the same lines', async () => {
    for (const { path, text } of samples) {
      const places = (found: Awaited<ReturnType<typeof chunks>>): string[] =>
        found.map(
          (chunk) => `${chunk.startLine} ${chunk.kind} ${chunk.qualifiedName} ${chunk.parameters} ${chunk.doc}`,
        );
      const expected = places(await chunks(path, text));
      expect(places(await chunks(path, text.replaceAll('\n', '\r\n')))).toEqual(expected);
      expect(places(await chunks(path, text.replaceAll('\n', '\r')))).toEqual(expected);
      expect(places(await chunks(path, `\uFEFF${text}`))).toEqual(expected);
    }
  });

  it('for an empty file there is none, for blank lines one', async () => {
    expect(await chunks('a.ts', '')).toEqual([]);
    expect(await chunks('a.md', '')).toEqual([]);
    const blank = await chunks('a.ts', '\n \n\r\n');
    expect(blank).toHaveLength(1);
    expect(blank[0]).toMatchObject({ kind: 'code', startLine: 1, endLine: 3, name: 'a.ts' });
  });
});
