import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Segment } from '../../src/engine/corpus/types.ts';
import { chooseSegments, heaviestFirst, structuralWeights } from '../../src/engine/sheet/weight.ts';

/** A segment of `tokens` tokens that defines `names`, by default in a file of its own. */
function segment(
  index: number,
  tokens: number,
  names: readonly string[],
  text = '',
  path = `src/f${index}.ts`,
): Segment {
  const chunk = { path, startLine: 1, endLine: 9, nameLine: 1, kind: 'function' };
  return {
    id: String(index).padStart(64, '0'),
    paths: [path],
    tokens,
    text: `${names.join(' ')} ${text}`,
    chunks: names.map((name) => ({ ...chunk, name, qualifiedName: name })),
    lines: [{ start: 0, path, line: 1 }],
  };
}

const words = ['parse', 'render', 'load', 'constructor', 'toString', '__proto__', 'hasOwnProperty', '$el'];
const anySegments = fc
  .array(
    fc.record({
      tokens: fc.integer({ min: 1, max: 400 }),
      names: fc.array(fc.constantFrom(...words), { maxLength: 3 }),
      uses: fc.array(fc.constantFrom(...words), { maxLength: 4 }),
    }),
    { maxLength: 20 },
  )
  .map((all) => all.map(({ tokens, names, uses }, i) => segment(i, tokens, names, uses.join(' '))));
const slotsOf = (segments: readonly Segment[]): number[] => segments.map((s) => Math.ceil(s.tokens / 4));
const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

describe('the choice', () => {
  test('always fits, and is as full as it can be: nothing left out would still have fitted', async () => {
    await fc.assert(
      fc.asyncProperty(anySegments, fc.integer({ min: -10, max: 900 }), async (segments, positions) => {
        const slots = slotsOf(segments);
        const chosen = await chooseSegments(segments, slots, positions);
        const used = sum([...chosen].map((i) => slots[i]!));
        expect(used).toBeLessThanOrEqual(Math.max(0, positions));
        slots.forEach((slot, i) => {
          if (!chosen.has(i)) expect(used + slot).toBeGreaterThan(positions);
        });
      }),
    );
  });

  test('takes whole files; single segments only where not one file fits', async () => {
    const shared = fc.array(
      fc.record({ tokens: fc.integer({ min: 1, max: 400 }), file: fc.nat(4), name: fc.constantFrom(...words) }),
      { minLength: 1, maxLength: 20 },
    );
    await fc.assert(
      fc.asyncProperty(shared, fc.nat(600), async (all, positions) => {
        const segments = all.map(({ tokens, file, name }, i) => segment(i, tokens, [name], '', `src/${file}.ts`));
        const slots = slotsOf(segments);
        const chosen = await chooseSegments(segments, slots, positions);
        const files = Map.groupBy(segments.keys(), (i) => segments[i]!.paths[0]!);
        const whole = [...files.values()].filter((own) => own.every((i) => chosen.has(i)));
        const smallest = Math.min(...[...files.values()].map((own) => sum(own.map((i) => slots[i]!))));
        expect(sum([...chosen].map((i) => slots[i]!))).toBeLessThanOrEqual(positions);
        if (smallest <= positions) expect(sum(whole.map((own) => own.length))).toBe(chosen.size);
        else expect(chosen.size > 0).toBe(Math.min(...slots) <= positions);
      }),
    );
  });

  test('is everything where everything fits', async () => {
    await fc.assert(
      fc.asyncProperty(anySegments, async (segments) => {
        const slots = slotsOf(segments);
        expect([...(await chooseSegments(segments, slots, sum(slots)))]).toEqual([...segments.keys()]);
      }),
    );
  });

  test('is the same every time', async () => {
    await fc.assert(
      fc.asyncProperty(anySegments, fc.nat(900), async (segments, positions) => {
        const slots = slotsOf(segments);
        const again = structuredClone(segments);
        expect([...(await chooseSegments(again, slots, positions))]).toEqual([
          ...(await chooseSegments(segments, slots, positions)),
        ]);
      }),
    );
  });

  test('comes in the order of the segments', async () => {
    await fc.assert(
      fc.asyncProperty(anySegments, fc.nat(900), async (segments, positions) => {
        const chosen = [...(await chooseSegments(segments, slotsOf(segments), positions))];
        expect(chosen).toEqual(chosen.toSorted((a, b) => a - b));
      }),
    );
  });
});

describe('the weight', () => {
  test('what many files name goes before what nobody names', async () => {
    const lonely = segment(0, 100, ['lonelyHelper']);
    const core = segment(1, 100, ['sharedCore']);
    const users = [2, 3, 4, 5].map((i) => segment(i, 100, [`user${i}`], 'calls sharedCore here'));
    const segments = [lonely, core, ...users];
    const weights = await structuralWeights(segments);
    expect(weights[1]).toBeGreaterThan(weights[0]!);
    expect([...(await chooseSegments(segments, slotsOf(segments), 25))]).toEqual([1]);
  });

  test('what defines something goes before plain code of the same size', async () => {
    const plain = segment(0, 100, []);
    const segments = [plain, segment(1, 100, ['something'])];
    expect([...(await chooseSegments(segments, slotsOf(segments), 25))]).toEqual([1]);
  });

  test('of two equal segments the earlier one stays', async () => {
    const segments = [segment(0, 100, ['first']), segment(1, 100, ['other'])];
    expect([...(await chooseSegments(segments, slotsOf(segments), 25))]).toEqual([0]);
  });

  test('many definitions in few tokens go before one in many', async () => {
    const segments = [segment(0, 100, ['one']), segment(1, 100, ['some', 'more', 'names'])];
    expect([...(await chooseSegments(segments, slotsOf(segments), 25))]).toEqual([1]);
  });

  test('names that objects have by birth are names like all others', async () => {
    const weights = await structuralWeights(words.map((name, i) => segment(i, 50, [name])));
    expect(new Set(weights).size).toBe(1);
    expect(weights[0]).toBeGreaterThan(0);
  });
});

describe('a large workspace', () => {
  const text = 'function names other things '.repeat(200);
  const many = (): Segment[] => Array.from({ length: 1_500 }, (_, i) => segment(i, 400, [`name${i}`], text));

  test('is gone through once', async () => {
    const segments = many();
    expect(await structuralWeights(segments)).toBe(await structuralWeights(segments));
  });

  test('lets others in meanwhile, and can be cancelled', async () => {
    let turns = 0;
    const others = setInterval(() => turns++, 0);
    await structuralWeights(many());
    clearInterval(others);
    expect(turns).toBeGreaterThan(2);
    const controller = new AbortController();
    const weights = structuralWeights(many(), controller.signal);
    controller.abort();
    await expect(weights).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('the order of work', () => {
  test('has every chosen segment once, those of a file together and in their order', async () => {
    const shared = fc.array(
      fc.record({ tokens: fc.integer({ min: 1, max: 400 }), file: fc.nat(4), name: fc.constantFrom(...words) }),
      { maxLength: 20 },
    );
    await fc.assert(
      fc.asyncProperty(shared, fc.nat(600), async (all, positions) => {
        const segments = all.map(({ tokens, file, name }, i) => segment(i, tokens, [name], '', `src/${file}.ts`));
        const chosen = await chooseSegments(segments, slotsOf(segments), positions);
        const order = await heaviestFirst(segments, chosen);
        expect(order.toSorted((a, b) => a - b)).toEqual([...chosen].sort((a, b) => a - b));
        const files = order.map((i) => segments[i]!.paths[0]!);
        const runs = files.filter((file, i) => file !== files[i - 1]);
        expect(runs).toHaveLength(new Set(files).size);
        order.forEach((index, i) => {
          if (i > 0 && files[i] === files[i - 1]) expect(index).toBeGreaterThan(order[i - 1]!);
        });
      }),
    );
  });

  test('begins with what much code leans on', async () => {
    const segments = [
      segment(0, 100, ['lonely']),
      segment(1, 100, ['used']),
      segment(2, 100, [], 'used'),
      segment(3, 100, [], 'used'),
    ];
    expect(await heaviestFirst(segments, new Set([0, 1, 2, 3]))).toEqual([1, 0, 2, 3]);
  });
});
