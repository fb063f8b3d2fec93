import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeRendered } from '../../src/engine/compress/encode.ts';
import { Tokenizer } from '../../src/engine/model/tokenizer.ts';
import { modelFolder } from './fixtures.ts';

interface AddedToken {
  id: number;
  content: string;
  special: boolean;
  [key: string]: unknown;
}
interface TokenizerJson extends Record<string, unknown> {
  model: { vocab: Record<string, number> };
  added_tokens: AddedToken[];
}

function tokenizerOf(family: string, change: (json: TokenizerJson) => void = () => undefined): Tokenizer {
  const read = (name: string): unknown =>
    JSON.parse(readFileSync(path.join(modelFolder(`${family}-fp32`), name), 'utf8')) as unknown;
  const tokenizer = read('tokenizer.json') as TokenizerJson;
  change(tokenizer);
  return new Tokenizer({ tokenizer, tokenizerConfig: read('tokenizer_config.json') as Record<string, unknown> });
}

test('a vocabulary as large as that of Qwen is counted', () => {
  const tokenizer = tokenizerOf('qwen3', ({ model }) => {
    for (let id = 512; id < 151_936; id++) model.vocab[`token${id}`] = id;
  });
  expect(tokenizer.vocabularySize).toBe(151_936);
});

describe('special tokens that overlap', () => {
  const contents = ['<a>', 'a><b>', '<b>', '<a><', '>>'];
  const tokenizer = tokenizerOf('qwen3', (json) => {
    const [first] = json.added_tokens;
    contents.forEach((content, i) => json.added_tokens.push({ ...first!, id: 512 + i, content }));
  });

  test('text never becomes one of them, however they are nested', () => {
    const text = fc.string({ unit: fc.constantFrom(...contents, 'a', 'b', '>', 'x', ' '), maxLength: 12 });
    fc.assert(
      fc.property(text, (written) => {
        const ids = tokenizer.encodeText(written);
        expect(ids.filter((id) => tokenizer.isSpecial(id))).toEqual([]);
        expect(tokenizer.decode(ids, true)).toBe(written);
      }),
    );
  });

  test('in a template they are special', () => {
    expect(tokenizer.encodeTemplate('<a>').some((id) => tokenizer.isSpecial(id))).toBe(true);
  });
});

describe('lines of tokens', () => {
  const letters = ['e\u0301', 'a\u0308', 'é', '\u212B', 'ﬁ', '한', 'x', ' ', '=', '1', '😀', '\u0301'];
  const content = fc.string({ unit: fc.constantFrom(...letters), maxLength: 12 });

  test.each(['qwen2', 'qwen3'])('%s: a tokenizer that normalises loses no line', (family) => {
    const tokenizer = tokenizerOf(family);
    fc.assert(
      fc.property(fc.array(content, { minLength: 1, maxLength: 12 }), (contents) => {
        let text = '### a.ts\n';
        const lines = [{ start: 0, path: 'a.ts', line: 1 }];
        contents.forEach((c, i) => {
          lines.push({ start: text.length, path: 'a.ts', line: i + 1 });
          text += `${c}|${i}\n`;
        });
        const { ids, lineOf } = encodeRendered(tokenizer, text, lines, '### ');
        // The bar and the number of a line are encoded with that line.
        contents.forEach((_, i) => {
          const own = tokenizer.decode(
            ids.filter((__, at) => lineOf[at] === i + 1),
            true,
          );
          expect(own).toContain(String(i));
        });
        expect(ids.filter((_, at) => lineOf[at] === contents.length).length).toBeGreaterThan(0);
      }),
    );
  });
});
