import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { estimateTokens } from '../../src/engine/compress/estimate.ts';
import { countTokens } from '../../src/engine/compress/encode.ts';
import { packSegments } from '../../src/engine/corpus/segments.ts';
import type { Chunk } from '../../src/engine/corpus/types.ts';
import { parseProfile } from '../../src/engine/model/profile.ts';
import { Tokenizer } from '../../src/engine/model/tokenizer.ts';

const model = new URL('../../models/starter/', import.meta.url);
const text = (name: string): string => readFileSync(new URL(name, model), 'utf8');
const json = (name: string) => JSON.parse(text(name)) as Record<string, unknown>;
const tokenizer = new Tokenizer({ tokenizer: json('tokenizer.json'), tokenizerConfig: json('tokenizer_config.json') });
const profile = parseProfile(text('cribsheet.json'), 'starter');

test('an estimate comes within a quarter of what packing counts', () => {
  const files = Array.from({ length: 90 }, (_, f) => ({
    path: `src/part${f % 7}/file${f}.ts`,
    chunks: Array.from({ length: 1 + (f % 9) }, (_, c): Chunk => {
      const name = `compute${f}Value${c}`;
      const body = `export function ${name}(input: string): number {\n${`  total += input.length * ${c};\n`.repeat(1 + ((f * c) % 11))}}\n`;
      const at = {
        path: `src/part${f % 7}/file${f}.ts`,
        startLine: 1 + c * 20,
        endLine: 19 + c * 20,
        nameLine: 1 + c * 20,
      };
      return { ...at, kind: 'function', name, qualifiedName: name, language: 'typescript', text: body };
    }),
  }));
  const counted = packSegments(files, profile, countTokens(tokenizer, profile.fileMark)).reduce(
    (s, x) => s + x.tokens,
    0,
  );
  const byPath = new Map(files.map((f) => [f.path, f.chunks]));
  const characters = files.flatMap((f) => f.chunks).reduce((s, c) => s + c.text.length, 0);
  const estimated = estimateTokens([...byPath.keys()], (p) => byPath.get(p)!, characters, tokenizer, profile);
  expect(estimated / counted).toBeGreaterThan(0.75);
  expect(estimated / counted).toBeLessThan(1.25);
});
