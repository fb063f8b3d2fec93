import { describe, expect, test } from 'vitest';
import { Draw } from '../../training/data/draw.ts';
import { extractionPhrasings } from '../../training/data/extraction.ts';
import { instructionFor, ownInstructions } from '../../training/data/instructions.ts';
import { membershipPhrasings } from '../../training/data/membershipPhrasings.ts';
import { needlePhrasings } from '../../training/data/needles.ts';
import { phrasings } from '../../training/data/phrasings.ts';
import { families } from '../../training/data/request.ts';
import { findPhrasings, reviewPhrasings } from '../../training/data/reviewPhrasings.ts';
import { servicePhrasings } from '../../training/data/servicePhrasings.ts';
import { worded } from '../../training/data/wording.ts';

const all: Record<string, readonly string[]> = {
  ...phrasings,
  ...findPhrasings,
  ...membershipPhrasings,
  ...servicePhrasings,
  review: reviewPhrasings,
  needle: needlePhrasings,
  extraction: extractionPhrasings,
};

describe('wording', () => {
  test.each(Object.entries(all))('%s has enough phrasings, each once, with the same slots', (_kind, list) => {
    const slots = (phrasing: string): string =>
      [...phrasing.toLowerCase().matchAll(/\{\w\}/g)]
        .map(([slot]) => slot)
        .sort()
        .join();
    expect(list.length).toBeGreaterThanOrEqual(8);
    expect(new Set(list).size).toBe(list.length);
    expect(new Set(list.map(slots)).size).toBe(1);
  });

  test('a name keeps its letters, however it is asked for', () => {
    for (let seed = 0; seed < 400; seed++) {
      const draw = new Draw(String(seed));
      expect(worded(draw.pick(phrasings.where), { n: 'HTTPServer', kind: 'class' }, draw)).toContain('HTTPServer');
    }
  });

  test.each(families)('%s has instructions of its own, and built-in ones', (family) => {
    const own = new Set(ownInstructions[family]);
    expect(own.size).toBeGreaterThanOrEqual(20);
    const drawn = Array.from({ length: 200 }, (_, seed) => instructionFor(family, new Draw(String(seed))));
    expect(drawn.some((text) => own.has(text))).toBe(true);
    expect(drawn.some((text) => !own.has(text) && text.length > 60)).toBe(true);
  });
});
