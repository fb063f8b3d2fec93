import { describe, expect, it } from 'vitest';
import { rulesOf } from '../../src/engine/corpus/definitions/table.ts';
import { definedNames } from '../../src/engine/corpus/naming.ts';
import { samples, summary, useChunker } from './samples.ts';

describe('definitions', () => {
  const { chunks, grammars } = useChunker();

  it.each(samples.map((one) => [one.path, one] as const))('of %s', async (path, { text, expected }) => {
    const found = await chunks(path, text);
    expect(found.map(summary).join('\n')).toBe(expected.trimEnd());
  });

  it('every language with rules has a sample and a grammar that loads', async () => {
    const languages = new Set(samples.map((one) => one.language).filter((language) => rulesOf(language)));
    expect([...languages].sort()).toEqual(
      'bash c cpp csharp css go java javascript php python ruby rust tsx typescript'.split(' '),
    );
    for (const language of languages) expect(await grammars().has(language)).toBe(true);
    expect(grammars().failures).toEqual(new Map());
  });

  it('the name stands on the name line', async () => {
    for (const { path, text } of samples) {
      const lines = text.split('\n');
      for (const chunk of await chunks(path, text)) {
        const name = definedNames(chunk)[0];
        if (name === undefined || ['section', 'impl', 'rule'].includes(chunk.kind) || name === 'default') continue;
        expect(lines[chunk.nameLine - 1], summary(chunk)).toContain(name.replace(/^operator /, ''));
      }
    }
  });

  it.each(['js', 'ts'])(
    'what a CommonJS module exports has its own name, however it is assigned: .%s',
    async (extension) => {
      const method = '  run() {\n    return 1;\n  }\n';
      const long = Array.from({ length: 60 }, (_, at) => `  step${at}() {\n    return this.run() + ${at};\n  }\n`).join(
        '',
      );
      const definitionsOf = async (text: string): Promise<string[]> =>
        (await chunks(`a.${extension}`, text)).map(({ kind, qualifiedName }) => `${kind} ${qualifiedName}`);
      for (const before of ['module.exports =', 'exports = module.exports =', 'module.exports = exports =']) {
        expect(await definitionsOf(`${before} class Engine {\n${method}};\n`)).toEqual([
          'class Engine',
          'method Engine.run',
        ]);
        expect(await definitionsOf(`${before} function start() {\n  return 1;\n};\n`)).toEqual(['function start']);
        const large = await definitionsOf(`${before} class Engine {\n${method}${long}};\n`);
        expect(large.slice(0, 2)).toEqual(['class Engine', 'method Engine.run']);
        expect(large.filter((name) => / part |exports/u.test(name))).toEqual([]);
      }
      expect(await definitionsOf(`exports = module.exports = class {\n${method}};\n`)).toEqual([
        'class exports',
        'method exports.run',
      ]);
      expect(await definitionsOf(`const Engine = (module.exports = class {\n${method}});\n`)).toEqual([
        'class Engine',
        'method Engine.run',
      ]);
    },
  );

  // Any expression here whose time grows with the square of the text would take an hour.
  const rows = '\n'.repeat(300_000);
  it.each([
    ['a.ts', `/* Opens.${rows}*/\nfunction open() {\n  return 1;\n}\n`, 'function open() - Opens'],
    ['a.cpp', `int Box::operator${rows}+(int other) {\n  return 1;\n}\n`, 'method Box.operator +(int other): int'],
    ['a.cpp', `int Box::operator (${rows})(int other) {\n  return 1;\n}\n`, 'method Box.operator()(int other): int'],
    ['a.py', `def open(${'# a\n'.repeat(20_000)}path):\n    return 1\n`, 'function open(path)'],
  ])('very much of nothing inside a definition is read at once: %s', async (path, text, expected) => {
    const found = await chunks(path, text);
    expect(found.map((chunk) => summary(chunk).replace(/^\S+ \S+ /u, ''))).toContain(expected);
  });

  it('two definitions on one line stay together', async () => {
    const found = await chunks(
      'a.ts',
      'function a() {} function b() {}\nclass C { m() {} n() {} }\nfunction d() {\n} function e() {\n}\n',
    );
    expect(found.map((chunk) => [chunk.name, chunk.startLine, chunk.endLine])).toEqual([
      ['a', 1, 1],
      ['C', 2, 2],
      ['d', 3, 5],
    ]);
  });

  it('a class with methods is split though it is small; one with nothing but a constructor is not', async () => {
    const found = await chunks(
      'a.py',
      'class A(Exception):\n    def __init__(self):\n        pass\n\n\nclass B:\n    def run(self):\n        pass\n',
    );
    expect(found.map((chunk) => `${chunk.kind} ${chunk.qualifiedName}`)).toEqual([
      'class A',
      'class B',
      'method B.run',
    ]);
  });

  it('overloads belong to their implementation, or make one chunk', async () => {
    const source = [
      '/** Doc of f. */',
      'export function f(a: string): string;',
      'export function f(a: number): number;',
      'export function f(a: unknown): unknown {',
      '  return a;',
      '}',
      'declare function g(a: string): void;',
      'declare function g(a: number): void;',
    ];
    expect((await chunks('a.ts', source.join('\n'))).map(summary)).toEqual([
      '1-6 @4 function f(a: unknown): unknown - Doc of f',
      '7-8 @7 function g(a: string): void',
    ]);
  });

  it('many one-line constants in a row become one chunk that names them all, a few stay apart', async () => {
    const constants = (count: number): string =>
      Array.from({ length: count }, (_, at) => `export const value${at} = ${at};\n`).join('');
    const few = await chunks('a.ts', constants(4));
    expect(few.map((chunk) => chunk.kind)).toEqual(Array(4).fill('constant'));
    const many = await chunks('a.ts', constants(20));
    expect(many.every((chunk) => chunk.kind === 'constants')).toBe(true);
    expect(many.flatMap(definedNames)).toEqual(Array.from({ length: 20 }, (_, at) => `value${at}`));
  });

  it('documented constants keep their own chunk and its documentation', async () => {
    const source = Array.from({ length: 8 }, (_, at) => `/** Number ${at}. */\nexport const value${at} = ${at};\n`);
    const found = await chunks('a.ts', source.join(''));
    expect(found.map((chunk) => chunk.doc)).toEqual(source.map((_, at) => `Number ${at}`));
  });

  it('finds definitions inside wrappers: UMD, IIFE, conditions, guards', async () => {
    const filler = '  void 0;\n'.repeat(300);
    const umd = `(function (root, factory) {\n  factory(root);\n})(this, function (exports) {\n${filler}  function inner(a) {\n    return a;\n  }\n});\n`;
    expect((await chunks('a.js', umd)).map((chunk) => chunk.name)).toContain('inner');
    const guarded =
      '#ifndef A_H\n#define A_H\n#ifdef X\nint f(int a) {\n  return a;\n}\n#else\nint g(void) {\n  return 1;\n}\n#endif\n#endif\n';
    expect((await chunks('a.h', guarded)).map(summary)).toEqual([
      '1-6 @4 function f(int a): int',
      '7-12 @8 function g(void): int',
    ]);
  });

  it('finds functions inside a function that is too large to be one chunk', async () => {
    const filler = '  work();\n'.repeat(200);
    const source = `export function create(options: object) {\n${filler}  function start(port: number): void {\n    a();\n    b();\n  }\n${filler}  return { start };\n}\n`;
    const found = await chunks('a.ts', source);
    expect(found.map((chunk) => `${chunk.kind} ${chunk.qualifiedName}`)).toEqual([
      'function create',
      'function create.start',
      'function part create',
    ]);
    expect(found[1]).toMatchObject({ parameters: 'port: number', returns: 'void' });
  });

  it('keeps definitions of a file that is being edited', async () => {
    const source =
      'export function a(x: number): void {\n  b();\n}\n\nexport function c( {\n\nexport function d(): void {\n  b();\n}\n';
    const names = (await chunks('a.ts', source)).map((chunk) => chunk.name);
    expect(names).toContain('a');
  });
});
