import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { Parser, Tree } from 'web-tree-sitter';
import { CribsheetError } from '../../src/common/errors.ts';
import { limits } from '../../src/common/limits.ts';
import { chunkFile } from '../../src/engine/corpus/chunker.ts';
import { Grammars } from '../../src/engine/corpus/grammars.ts';
import { definedNames } from '../../src/engine/corpus/naming.ts';
import { expectWhole } from './invariants.ts';
import { samples, useChunker } from './samples.ts';

const { grammars, chunks } = useChunker();

describe('a definition over the limit', () => {
  const statements = Array.from(
    { length: 120 },
    (_, at) => `  if (a > ${at}) {\n    b(${at},\n      'x');\n  }\n`,
  ).join('');
  const source = `/** Does much. */\nexport function big(a: number): string {\n${statements}  return '';\n}\n`;

  it('is cut between statements; only its first part is the definition', async () => {
    const found = await chunks('a.ts', source);
    expectWhole(found, source);
    expect(found.length).toBeGreaterThan(2);
    expect(found[0]).toMatchObject({
      kind: 'function',
      name: 'big',
      parameters: 'a: number',
      returns: 'string',
      doc: 'Does much',
    });
    for (const part of found.slice(1)) {
      expect(part).toMatchObject({ kind: 'function part', name: 'big', qualifiedName: 'big' });
      expect(part.text).toMatch(/^ {2}(?:if|return)/);
      expect(definedNames(part)).toEqual([]);
    }
  });

  it('after an edit its later parts are the same again', async () => {
    const edited = source.replace("b(3,\n      'x')", "b(3,\n      'another, longer argument')");
    const before = new Set((await chunks('a.ts', source)).map((chunk) => chunk.text));
    const fresh = (await chunks('a.ts', edited)).filter((chunk) => !before.has(chunk.text));
    expect(fresh.length).toBeLessThanOrEqual(2);
  });

  it('a documentation longer than a chunk leaves the definition its name', async () => {
    const text = `/**\n${' * Words and words and words.\n'.repeat(200)} */\nfunction f(a) {\n  return a;\n}\n`;
    const found = await chunks('a.js', text);
    const named = found.filter((chunk) => chunk.kind === 'function');
    expect(named).toHaveLength(1);
    expect(named[0]!.text).toContain('function f(a)');
    expect(named[0]!.doc).toBe('Words and words and words');
  });

  it('a line longer than a chunk is a chunk of its own', async () => {
    const text = `const a = 1;\nconst b = [${'1, '.repeat(2_000)}];\nconst c = 2;\n`;
    const found = await chunks('a.js', text);
    expectWhole(found, text);
    expect(found.filter((chunk) => chunk.text.length > limits.maxChunkChars)).toHaveLength(1);
  });

  it('other languages are cut where their text begins anew', async () => {
    const text = Array.from({ length: 200 }, (_, at) => `key${at}:\n  port: ${at}\n  hosts:\n    - a\n\n`).join('');
    const found = await chunks('a.yaml', text);
    expectWhole(found, text);
    expect(found.length).toBeGreaterThan(2);
    for (const chunk of found) expect(chunk).toMatchObject({ kind: 'code', name: 'a.yaml' });
    for (const chunk of found) expect(chunk.text).toMatch(/^key/);
  });
});

describe('text that the parser cannot take', () => {
  it.each([
    ['brackets', '('.repeat(60_000)],
    ['brackets on lines', '(\n'.repeat(60_000)],
    ['types without end', 'a<\n'.repeat(20_000)],
    ['classes in classes', 'class A {\n'.repeat(20_000)],
    ['functions in functions', 'function f() {\n'.repeat(20_000)],
    ['closing brackets', '}{)(\n'.repeat(20_000)],
    ['a long line', `x${' + x'.repeat(100_000)}`],
  ])('is still cut into whole chunks: %s', async (_, text) => {
    expectWhole(await chunks('a.ts', text), text);
  });

  it('text of another language is cut by lines', async () => {
    const markup = '<TS version="2">\n<context>\n<name>A &amp; B</name>\n</context>\n'.repeat(30);
    const found = await chunks('a.ts', markup);
    expectWhole(found, markup);
    expect(found.every((chunk) => chunk.kind === 'code')).toBe(true);
  });

  it('parsing ends when it is cancelled', async () => {
    const stop = new AbortController();
    const file = { path: 'a.ts', text: 'f(1);\n'.repeat(150_000), language: 'typescript' };
    const chunked = chunkFile(file, grammars(), stop.signal);
    setImmediate(() => stop.abort());
    await expect(chunked).rejects.toSatisfy((error) => CribsheetError.is(error, 'cancelled'));
  });
});

describe('Grammars', () => {
  it('a missing and a broken grammar mean windows of lines and leave a reason', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cribsheet-grammars-'));
    try {
      const modules = new URL('../../node_modules/', import.meta.url).pathname;
      await copyFile(join(modules, 'web-tree-sitter/web-tree-sitter.wasm'), join(folder, 'web-tree-sitter.wasm'));
      await writeFile(join(folder, 'tree-sitter-python.wasm'), 'no grammar');
      const few = await Grammars.open(folder);
      for (const { path, text, language } of samples) {
        const found = await chunkFile({ path, text, language }, few);
        expectWhole(found, text);
        if (language !== 'markdown') expect(found.every((chunk) => chunk.kind === 'code')).toBe(true);
      }
      expect(few.failures.get('python')).toMatch(/tree-sitter-python\.wasm/);
      expect(few.failures.get('rust')).toMatch(/ENOENT/);
      expect(await few.has('python')).toBe(false);
      expect(await few.parse('text', 'x')).toBeUndefined();
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('parses C with the C++ grammar where it has no other', async () => {
    const tree = await grammars().parse('c', 'int f(int a) { return a; }');
    expect(tree?.rootNode.firstNamedChild?.type).toBe('function_definition');
    tree?.delete();
  });

  it('every tree and parser is deleted: they live outside of the garbage-collected heap', async () => {
    const parsed = vi.spyOn(Parser.prototype, 'parse');
    const trees = vi.spyOn(Tree.prototype, 'delete');
    const parsers = vi.spyOn(Parser.prototype, 'delete');
    try {
      for (const { path, text } of samples) await chunks(path, text);
      await chunks('a.ts', '<TS>&amp;</TS>\n'.repeat(50));
      const made = parsed.mock.results.filter((result) => result.type === 'return' && result.value !== null).length;
      expect(made).toBeGreaterThan(13);
      expect(trees).toHaveBeenCalledTimes(made);
      expect(parsers).toHaveBeenCalledTimes(made);
    } finally {
      vi.restoreAllMocks();
    }
  });
});
