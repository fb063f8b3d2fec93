import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countTokens } from '../../src/engine/compress/encode.ts';
import { definedNames } from '../../src/engine/corpus/naming.ts';
import { Tokenizer } from '../../src/engine/model/tokenizer.ts';
import { augment } from '../../training/data/augment.ts';
import { mostShared } from '../../training/data/rename.ts';
import { Draw } from '../../training/data/draw.ts';
import { findingNames, findingsIn } from '../../training/data/findings.ts';
import { identifiers, isFreeName, nearDuplicate, spelled, styleOf, wordsOf } from '../../training/data/names.ts';
import { insertLines, placesIn } from '../../training/data/places.ts';
import { makerOf } from '../../training/data/planted.ts';
import { selectChunks, renderedPath, type Selection, type WorkChunk } from '../../training/data/select.ts';
import { TokenCounter } from '../../training/data/tokens.ts';
import { Vocabulary } from '../../training/data/vocabulary.ts';
import { defectPatterns } from './defectPatterns.ts';
import { tokenizerFolder, useCorpus } from './makerCorpus.ts';

const seeds = fc.string({ maxLength: 12 });
const tools = useCorpus();

function selection(seed: string): Selection {
  const limits = {
    split: 'train' as const,
    tokens: 1500,
    chunkTokens: 500,
    bodyLines: 12,
    keepBodies: true,
    scatter: true,
  };
  return selectChunks(tools().corpus, limits, ({ text }) => text.length / 3, new Draw(seed));
}

describe('token counts', () => {
  const json = (name: string): Record<string, unknown> =>
    JSON.parse(readFileSync(path.join(tokenizerFolder, name), 'utf8')) as Record<string, unknown>;
  const exact = countTokens(
    new Tokenizer({ tokenizer: json('tokenizer.json'), tokenizerConfig: json('tokenizer_config.json') }),
    '<chunk>',
  );
  const { count } = new TokenCounter(tokenizerFolder, '<chunk>');

  test('are those of the engine for any text', () => {
    const part = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('<chunk>', '<end>', '\n    ', '  x', 'getHTTPName42', '\t', 'é日本'),
    );
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        expect(count(parts.join(''))).toBe(exact(parts.join('')));
      }),
    );
  });

  test('are those of the engine for source', () => {
    for (const { text } of selection('source').chunks) expect(count(text)).toBe(exact(text));
  });
});

describe('names', () => {
  const word = fc.stringMatching(/^[a-z]{2,6}$/);
  test('are spelled and taken apart alike', () => {
    fc.assert(
      fc.property(
        fc.array(word, { minLength: 2, maxLength: 4 }),
        fc.constantFrom('camel', 'pascal', 'snake', 'capitals'),
        (words, style) => {
          const name = spelled(words, style as 'camel');
          expect(wordsOf(name)).toEqual(words);
          expect(styleOf(name)).toBe(style);
        },
      ),
    );
  });

  test('a near-duplicate is another name', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z]{2}[A-Za-z_]{1,12}$/), seeds, (name, seed) => {
        fc.pre(isFreeName(name) && wordsOf(name).length > 0);
        const near = nearDuplicate(name, new Draw(seed));
        expect(near.match(identifiers)).toEqual([near]);
      }),
    );
  });
});

describe('augmentation', () => {
  test('keeps names apart, facts together and paths different', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const chosen = selection(seed);
        const before = chosen.chunks.map((chunk) => ({ ...chunk }));
        augment(chosen, tools(), 'train', new Draw(`${seed}x`));
        const renamed = new Map<string, string>();
        for (const [i, chunk] of chosen.chunks.entries()) {
          const old = definedNames(before[i]!);
          definedNames(chunk).forEach((name, at) => {
            // One name becomes one name, wherever it is defined.
            expect(renamed.get(old[at]!) ?? name).toBe(name);
            renamed.set(old[at]!, name);
            // Documentation may have been swapped for another's: a part of a definition may name it nowhere else.
            const text = before[i]!.text.replace(before[i]!.doc ?? '', '');
            if (new RegExp(`(?<![\\w$])${old[at]!.replace(/[^\w]/g, '\\$&')}(?![\\w$])`).test(text))
              expect(chunk.text).toContain(name);
          });
          if (before[i]!.doc && before[i]!.text.includes(before[i]!.doc)) expect(chunk.text).toContain(chunk.doc);
        }
        const olds = Map.groupBy(renamed, ([, name]) => name);
        expect([...olds.values()].filter((list) => list.length > 1).length).toBeLessThanOrEqual(mostShared);
        const files = (chunks: readonly Pick<WorkChunk, 'path'>[]): number =>
          new Set(chunks.map((one) => renderedPath(one.path))).size;
        expect(files(chosen.chunks)).toBe(files(before));
      }),
      { numRuns: 40 },
    );
  });
});

describe('planted code', () => {
  const languages = ['typescript', 'tsx', 'javascript', 'python', 'go', 'rust', 'java'];
  const made = (
    kind: 'defect' | 'clean',
    language: string,
    finding: (typeof findingNames)[number],
    seed: string,
  ): string | undefined => {
    const chunk = { name: 'f', parameters: 'a, b', language, text: 'def f(a, b):\n    return a\n' } as WorkChunk;
    const draw = new Draw(seed);
    const planted = makerOf(kind, finding, language)?.(new Vocabulary(language, draw), draw, chunk);
    return planted && (planted.lines ? `${planted.lines.join('\n')}\n` : chunk.text.replace(planted.from, planted.to));
  };

  test.each(findingNames)('%s: the defect shows, and what looks like it does not', (finding) => {
    fc.assert(
      fc.property(seeds, fc.constantFrom(...languages), (seed, language) => {
        const [bad, good] = [made('defect', language, finding, seed), made('clean', language, finding, seed)];
        if (bad !== undefined) {
          expect(findingsIn(bad), bad).toContain(finding);
          expect(bad).toMatch(defectPatterns[finding]!);
        }
        if (good !== undefined) expect(findingsIn(good), good).toEqual([]);
        expect(bad === undefined && good !== undefined && language !== 'rust').toBe(false);
      }),
    );
  });

  test('every finding can be written into TypeScript or Python', () => {
    for (const finding of findingNames) {
      const ways = ['typescript', 'python'].flatMap((language) => made('defect', language, finding, 'a') ?? []);
      expect(ways.length, finding).toBeGreaterThan(0);
    }
  });

  test('is written into the body of a function, as deep as its statements', () => {
    for (const chunk of selection('places').chunks) {
      for (const place of placesIn(chunk)) {
        const text = insertLines(chunk.text, place, ['if (x) {', '  y();', '}']);
        const lines = text.split('\n');
        expect(lines.toSpliced(place.at, 3).join('\n').trimEnd()).toBe(chunk.text.trimEnd());
        expect(lines[place.at]!.startsWith(`${place.indentation}if`)).toBe(true);
        expect(place.at).toBeGreaterThan(chunk.nameLine - chunk.startLine);
      }
    }
  });
});
