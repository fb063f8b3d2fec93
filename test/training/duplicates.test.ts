import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SimilarityIndex, signatureOf, similarity } from '../../training/corpus/minhash.ts';
import { shingleHashes } from '../../training/corpus/shingles.ts';
import { Deduplicator, nearDuplicate, splitOf } from '../../training/corpus/split.ts';

const numbers = (from: number, to: number): Set<number> => {
  const hashes = new Set<number>();
  for (let n = from; n < to; n++) hashes.add(Math.imul(n, 0x9e3779b1) >>> 0);
  return hashes;
};

function jaccard(a: ReadonlySet<number>, b: ReadonlySet<number>): number {
  const both = [...a].filter((n) => b.has(n)).length;
  return both / (a.size + b.size - both);
}

describe('signatures', () => {
  test('equal sets agree in every bin, also small ones', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 0, max: 0xffffffff }), { minLength: 1, maxLength: 400 }),
        (hashes) => {
          const one = signatureOf(new Set(hashes));
          expect(similarity(one, signatureOf(new Set(hashes.toReversed())))).toBe(1);
        },
      ),
    );
  });

  test('the estimate is near the Jaccard similarity', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (from, share) => {
        const overlap = Math.round(2_000 * share);
        const a = numbers(from, from + 2_000);
        const b = numbers(from + 2_000 - overlap, from + 4_000 - overlap);
        // Five standard errors of 128 bins.
        expect(Math.abs(similarity(signatureOf(a), signatureOf(b)) - jaccard(a, b))).toBeLessThan(0.23);
      }),
      { seed: 4, numRuns: 100 },
    );
  });

  test('nothing is similar to nothing', () => {
    expect(similarity(signatureOf(new Set()), signatureOf(new Set()))).toBe(0);
  });

  test('the index finds what a comparison of all pairs finds', () => {
    const index = new SimilarityIndex<number>(nearDuplicate);
    const sets = [0, 100, 500, 5_000, 5_400].map((from) => numbers(from, from + 2_000));
    sets.forEach((set, at) => {
      const found = index.find(signatureOf(set));
      const earlier = sets.slice(0, at).map((other) => similarity(signatureOf(other), signatureOf(set)));
      const best = Math.max(0, ...earlier);
      expect(found?.similarity).toBe(best >= nearDuplicate ? best : undefined);
      index.add(signatureOf(set), at);
    });
  });
});

describe('shingles', () => {
  test('layout does not count, words do', () => {
    const one = shingleHashes('function add(a, b) {\n  return a + b;\n}');
    expect(shingleHashes('function add(a,b){return a+b;}')).toEqual(one);
    expect(shingleHashes('function sub(a, b) {\n  return a - b;\n}')).not.toEqual(one);
  });

  test('a short text has one shingle', () => {
    expect(shingleHashes('a b c').size).toBe(1);
    expect(shingleHashes('').size).toBe(1);
  });
});

describe('split', () => {
  test('goes by the name: known names stay on their side', () => {
    // Computed with another tool: the digests modulo 11 are 8, 6, 0 and 0.
    expect(['express', 'flask', '@noble/curves', 'fastapi'].map(splitOf)).toEqual([
      'train',
      'train',
      'heldout',
      'heldout',
    ]);
    const names = Array.from({ length: 1_100 }, (_, n) => `package-${String(n)}`);
    const heldOut = names.filter((name) => splitOf(name) === 'heldout').length;
    expect(heldOut).toBeGreaterThan(60);
    expect(heldOut).toBeLessThan(140);
  });

  const body = (from: number, lines: number): string =>
    Array.from({ length: lines }, (_, n) => `const value${String(from + n)} = compute${String(n)}(${String(n)});`).join(
      '\n',
    );

  test('a file that repeats an earlier one is dropped and says which', () => {
    const deduplicator = new Deduplicator();
    expect(deduplicator.repeats({ id: 'npm-a', path: 'a.ts', split: 'train' }, body(0, 60))).toBeUndefined();
    expect(deduplicator.repeats({ id: 'npm-b', path: 'b.ts', split: 'train' }, body(1_000, 60))).toBeUndefined();
    const again = deduplicator.repeats(
      { id: 'npm-c', path: 'c.ts', split: 'train' },
      `${body(0, 60)}\nconst more = 1;\n`,
    );
    expect(again).toMatchObject({ path: 'c.ts', like: 'npm-a a.ts' });
    expect(again!.similarity).toBeGreaterThanOrEqual(nearDuplicate);
  });

  test('training files are compared with held-out files that were dropped, not with dropped training files', () => {
    // Each is near the one before it, but the first and the third are not near each other.
    const chain = [body(0, 100), body(0, 82) + body(5_000, 18), body(0, 64) + body(5_000, 18) + body(9_000, 18)];
    const signatures = chain.map((text) => signatureOf(shingleHashes(text)));
    expect(similarity(signatures[0]!, signatures[1]!)).toBeGreaterThanOrEqual(nearDuplicate);
    expect(similarity(signatures[1]!, signatures[2]!)).toBeGreaterThanOrEqual(nearDuplicate);
    expect(similarity(signatures[0]!, signatures[2]!)).toBeLessThan(nearDuplicate);
    for (const split of ['heldout', 'train'] as const) {
      const deduplicator = new Deduplicator();
      const dropped = chain.map((text, at) =>
        deduplicator.repeats({ id: 'npm-x', path: String(at), split: at < 2 ? split : 'train' }, text),
      );
      expect(dropped.map((found) => found?.like)).toEqual([
        undefined,
        'npm-x 0',
        split === 'heldout' ? 'npm-x 1' : undefined,
      ]);
    }
  });
});
