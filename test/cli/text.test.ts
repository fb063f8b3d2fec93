import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanLine, cleanText, jsonLine } from '../../src/cli/cleanText.ts';
import { displayWidth, sideBySide, wrap } from '../../src/cli/columns.ts';
import { bytes, duration, plural, reasonCounts } from '../../src/cli/format.ts';
import { Output, type OutputStream } from '../../src/cli/output.ts';
import { bold } from '../../src/cli/styled.ts';
import { editDistance, nearest } from '../../src/common/nearest.ts';

const hostile = fc.string({
  unit: fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 3 }),
    fc.constantFrom(
      '\u001B[31m',
      '\u001B]8;;https://x\u0007',
      '\u001B]0;title\u001B\\',
      '\u009B2J',
      '\r',
      '\b',
      '\u007F',
    ),
    fc.constantFrom('\u202E', '\u2066', '\u200F', '\u061C', '\uFEFF', '\u2028', '\u{E0041}', '\u200B', 'a', '\n', '\t'),
  ),
});
const forbidden = /(?![\n\t\u200C\u200D])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

describe('cleanText', () => {
  it('leaves no control, format or direction character in any text, and is done after one time', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const clean = cleanText(text);
        expect(clean).not.toMatch(forbidden);
        expect(cleanText(clean)).toBe(clean);
        expect(cleanLine(text)).not.toMatch(/[\n\t]/u);
      }),
    );
  });

  it('leaves plain text alone and takes whole escape sequences away', () => {
    expect(cleanText('a\tb\nc ü 漢 👩‍👩‍👧')).toBe('a\tb\nc ü 漢 👩‍👩‍👧');
    expect(cleanText('\u001B[31mred\u001B[0m \u001B]8;;https://x\u0007link\u001B]8;;\u0007\r\n')).toBe('red link\n');
    expect(cleanText('if (admin\u202E)\u2066 {')).toBe('if (admin) {');
  });
});

describe('jsonLine', () => {
  it('gives back the same value and holds nothing that a terminal acts on', () => {
    fc.assert(
      fc.property(hostile, fc.jsonValue(), (text, value) => {
        const line = jsonLine({ text, value });
        expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify({ text, value })));
      }),
    );
  });
});

describe('Output', () => {
  const collect = (isTTY: boolean, env: NodeJS.ProcessEnv = {}): { output: Output; text: () => string } => {
    let text = '';
    const stream: OutputStream = {
      isTTY,
      write: (part, done) => {
        text += part;
        done?.();
        return true;
      },
      once: () => undefined,
    };
    return { output: new Output(stream, env), text: () => text };
  };

  it('colours and links only on a terminal, and colours only without NO_COLOR', async () => {
    const pieces = [bold('a\u001B[2Jb'), { text: 'file', href: 'file:///tmp/a%20b' }];
    const written = async (isTTY: boolean, env?: NodeJS.ProcessEnv): Promise<string> => {
      const { output, text } = collect(isTTY, env);
      await output.line(...pieces);
      return text();
    };
    expect(await written(false)).toBe('abfile\n');
    expect(await written(true)).toBe('\u001B[1mab\u001B[0m\u001B]8;;file:///tmp/a%20b\u001B\\file\u001B]8;;\u001B\\\n');
    expect(await written(true, { NO_COLOR: '1' })).toBe(
      'ab\u001B]8;;file:///tmp/a%20b\u001B\\file\u001B]8;;\u001B\\\n',
    );
    expect(await written(true, { TERM: 'dumb' })).toBe('abfile\n');
  });
});

describe('columns', () => {
  it('never make a line wider than asked, and lose no character but white space', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', 'bc', ' ', '\n', '漢', 'é', '-') }),
        fc.integer({ min: 4, max: 40 }),
        (text, width) => {
          const lines = wrap(text, width);
          for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(width);
          expect(lines.join('').replace(/\s/gu, '')).toBe(text.replace(/\s/gu, ''));
        },
      ),
    );
  });

  it('stand side by side where there is room, and not where there is none', () => {
    expect(sideBySide(['one\ntwo', 'three'], 80)).toEqual([`one${' '.repeat(38)}three`, 'two']);
    expect(sideBySide(['one', 'two', 'three'], 60)).toBeUndefined();
  });
});

describe('suggestions', () => {
  it('measure a distance: symmetric, zero only for equal words, at most the longer length', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        const distance = editDistance(a, b);
        expect(distance).toBe(editDistance(b, a));
        expect(distance === 0).toBe(a === b);
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });

  it('find what was meant, and nothing where nothing is near', () => {
    const names = ['compress', 'compare', 'chunks', 'ask'];
    expect(nearest('comprss', names)).toBe('compress');
    expect(nearest('ka', names)).toBeUndefined();
    expect(nearest('aks', names)).toBe('ask');
    expect(nearest('chu', names)).toBe('chunks');
    expect(nearest('frobnicate', names)).toBeUndefined();
  });
});

describe('numbers', () => {
  it('are written for people', () => {
    expect([999, 12_345, 12_345_678, 8_589_934_592].map(bytes)).toEqual(['999 B', '12.3 kB', '12.3 MB', '8.59 GB']);
    expect([12.4, 3_456, 61_000, 3_725_000].map(duration)).toEqual(['12 ms', '3.5 s', '1:01', '1:02:05']);
    expect([plural(1, 'file'), plural(1_234, 'file')]).toEqual(['1 file', '1,234 files']);
    const reasons = ['binary', 'secret', 'binary'].map((reason) => ({ reason }));
    expect(reasonCounts(reasons)).toBe('2 binary, 1 secret');
  });
});
