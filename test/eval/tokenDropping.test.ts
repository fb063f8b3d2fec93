import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeSegment } from '../../src/engine/compress/encode.ts';
import { Grammars } from '../../src/engine/corpus/grammars.ts';
import type { Decoder } from '../../src/engine/model/decoder.ts';
import { priorities } from '../../src/engine/model/runQueue.ts';
import type { ReadRequest } from '../../src/eval/arms/arm.ts';
import { judge, llmLingua, selectiveContext } from '../../src/eval/arms/promptCompression.ts';
import { truncation } from '../../src/eval/arms/raw.ts';
import { keepTokens, keepUnits, type Unit } from '../../src/eval/arms/tokenDropping.ts';
import { dataSets } from '../../src/eval/data/sets.ts';
import { totalBytes } from '../../src/eval/run/bytes.ts';
import { OpenCorpus } from '../../src/eval/run/openCorpus.ts';
import { lookupTask, SmallWorkspaces } from '../engine/smallWorkspace.ts';
import { request } from './made.ts';

const logs = fc.array(fc.double({ min: 0, max: 20, noNaN: true }), { maxLength: 60 }).map((l) => Float32Array.from(l));

describe('tokens', () => {
  test('as many as the budget, forced ones first, then the least expected: nothing dropped beats what is kept', () => {
    fc.assert(
      fc.property(logs, fc.nat({ max: 70 }), fc.array(fc.nat({ max: 59 })), (surprisal, budget, some) => {
        const forced = [...new Set(some.filter((i) => i < surprisal.length))].sort((a, b) => a - b);
        const kept = [...keepTokens(surprisal, forced, budget)];
        // The reference sorts; equal ones go to the earlier token.
        const rank = (i: number): number => (forced.includes(i) ? 1 : 0);
        const order = [...surprisal.keys()].sort(
          (a, b) => rank(b) - rank(a) || (rank(a) ? 0 : surprisal[b]! - surprisal[a]!) || a - b,
        );
        expect(kept).toEqual(order.slice(0, budget).sort((a, b) => a - b));
      }),
    );
  });

  test('a token with nothing before it does not push out a forced one', () => {
    expect([...keepTokens(Float32Array.of(Infinity, 1, 2), [1], 1)]).toEqual([1]);
  });
});

describe('units', () => {
  const problems = fc
    .array(
      fc.record({
        size: fc.integer({ min: 1, max: 6 }),
        surprisal: fc.integer({ min: 0, max: 5 }),
        opens: fc.boolean(),
      }),
    )
    .map((list) => {
      let [at, file] = [0, 0];
      return list.map(({ size, surprisal, opens }, i): Unit => {
        if (opens || i === 0) file = i;
        const unit = { start: at, end: at + size, surprisal, needs: file };
        at += size;
        return unit;
      });
    });

  test('whole units within the budget, none without what it needs, and no better one left that would have fitted', () => {
    fc.assert(
      fc.property(problems, fc.nat({ max: 60 }), (units, budget) => {
        const kept = new Set(keepUnits(units, budget));
        expect(kept.size).toBeLessThanOrEqual(budget);
        const parts = units.map(({ start, end }) => {
          const inside = Array.from({ length: end - start }, (_, i) => kept.has(start + i));
          expect(new Set(inside).size).toBe(1);
          return inside[0]!;
        });
        const left = budget - kept.size;
        units.forEach(({ start, end, needs }, i) => {
          if (parts[i]) expect(parts[needs!]).toBe(true);
          else {
            const cost = end - start + (parts[needs!] || needs === i ? 0 : units[needs!]!.end - units[needs!]!.start);
            expect(cost).toBeGreaterThan(left);
          }
        });
      }),
    );
  });

  test('the least expected line of each file, with the line that names the file', () => {
    const units = [
      { start: 0, end: 2, surprisal: 1, needs: 0 },
      { start: 2, end: 5, surprisal: 3, needs: 0 },
      { start: 5, end: 7, surprisal: 1, needs: 2 },
      { start: 7, end: 9, surprisal: 9, needs: 2 },
      { start: 9, end: 10, surprisal: 2, needs: 2 },
    ];
    expect([...keepUnits(units, 5)]).toEqual([5, 6, 7, 8, 9]);
    expect([...keepUnits(units, 10)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect([...keepUnits(units, 1)]).toEqual([]);
  });
});

describe('with a real session', () => {
  const small = new SmallWorkspaces();
  afterAll(() => small.dispose());
  let decoder: Decoder;
  let corpus: OpenCorpus;
  let reading: ReadRequest;
  beforeAll(async () => {
    decoder = await small.decoder('qwen3-fp32', { segmentTokens: 256, answerTokens: 12 });
    const grammars = await Grammars.open(await small.grammarFolder());
    const [made] = dataSets
      .find((d) => d.name === 'twin')!
      .make({
        ...request({ breadth: 'few', questions: 4, tokens: 900 }),
        count: (t) => decoder.tokenizer.encodeText(t).length,
      });
    corpus = await OpenCorpus.open(made!, await small.folder('corpus'), decoder, grammars);
    const scratch = decoder.lane(priorities.answer, 1_024);
    const folder = await small.folder('sheet');
    reading = {
      decoder,
      grammars,
      corpus,
      task: lookupTask,
      ratio: 4,
      ragTokens: 0,
      perplexity: true,
      features: false,
      scratch,
      folder,
    };
  });
  afterAll(() => {
    corpus.close();
  });

  test('every token is judged after the preamble and its own segment; lines and marks are those of the text', async () => {
    const { ids, surprisal, marks, lines } = await judge(reading);
    expect(ids.length).toBe(corpus.tokens);
    expect(surprisal.length).toBe(ids.length);
    expect(lines.reduce((sum, l) => sum + l.end - l.start, 0)).toBe(ids.length);
    let at = 0;
    for (const segment of corpus.segments) {
      const own = encodeSegment(decoder.tokenizer, segment, decoder.profile.fileMark).ids;
      const alone = await decoder.surprisals(decoder.chat.preamble(), own);
      expect(surprisal.slice(at, at + own.length)).toEqual(alone);
      at += own.length;
    }
    const text = (from: number, to: number): string => decoder.tokenizer.decode(ids.slice(from, to), true);
    const mark = decoder.profile.fileMark.trim();
    expect(marks.length).toBeGreaterThanOrEqual(corpus.files.length);
    for (const i of marks)
      expect(
        text(i, i + 4)
          .trimStart()
          .startsWith(mark),
      ).toBe(true);
    for (const { needs } of lines) expect(text(lines[needs!]!.start, lines[needs!]!.end)).toContain(mark);
  });

  test.each([llmLingua, selectiveContext])('$name answers from no more bytes than truncation', async (arm) => {
    for (const ratio of [4, 16]) {
      const asked = { ...reading, ratio };
      const [question] = corpus.made.questions;
      const cut = await (await truncation.read(asked)).ask(question!, question!.gold.join(', '));
      const read = await arm.read(asked);
      const reply = await read.ask(question!, question!.gold.join(', '));
      expect(totalBytes(reply.bytes)).toBeLessThanOrEqual(totalBytes(cut.bytes));
      if (arm === llmLingua) expect(reply.positions).toBe(cut.positions);
      else expect(reply.positions).toBeGreaterThan(cut.positions - 40);
      expect(reply.gold!.tokens).toBeGreaterThan(0);
      expect(read.coverage).toBeCloseTo((reply.positions - decoder.chat.preamble().length) / corpus.tokens);
    }
  });
});
