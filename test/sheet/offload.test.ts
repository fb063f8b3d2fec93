import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CribsheetError } from '../../src/common/errors.ts';
import { Compressor } from '../../src/engine/compress/compressor.ts';
import { encodeSegment } from '../../src/engine/compress/encode.ts';
import { appendKept, gatherKept } from '../../src/engine/compress/gather.ts';
import { rowAttention } from '../../src/engine/compress/rowAttention.ts';
import { SegmentKv } from '../../src/engine/compress/segmentKv.ts';
import { topPositions } from '../../src/engine/compress/select.ts';
import type { Segment } from '../../src/engine/corpus/types.ts';
import type { Decoder } from '../../src/engine/model/decoder.ts';
import { halfToFloat, floatToHalf } from '../../src/engine/model/half.ts';
import { priorities } from '../../src/engine/model/runQueue.ts';
import { choosePositions, queriesAt } from '../../src/engine/sheet/offload/choosePositions.ts';
import { FullStore, type FullSegment } from '../../src/engine/sheet/offload/fullStore.ts';
import { readQueries } from '../../src/engine/sheet/offload/question.ts';
import type { BlockStore } from '../../src/engine/sheet/store.ts';
import { smallFiles, SmallWorkspaces } from '../engine/smallWorkspace.ts';
import { maxDifference } from '../model/fixtures.ts';

const small = new SmallWorkspaces();
afterAll(() => small.dispose());

let decoder: Decoder;
let blocks: BlockStore;
let segments: Segment[];
let full: FullStore;
const seen: FullSegment[] = [];
beforeAll(async () => {
  decoder = await small.decoder('qwen3-fp32', { segmentTokens: 160 });
  const opened = await small.workspace(decoder, {
    'src/berths/util.ts': smallFiles['src/berths/util.ts']!,
    'src/ships/util.ts': smallFiles['src/ships/util.ts']!,
  });
  blocks = opened.blocks;
  segments = await opened.workspace.segments();
  const onSegment = (segment: FullSegment): number => seen.push(segment);
  full = await FullStore.write({ decoder, store: blocks, segments, received: true, onSegment });
});

const everywhere = (positions: Int32Array): Int32Array[][] =>
  decoder.graph.attention.map(() => Array.from({ length: decoder.graph.kvHeads }, () => positions));
const counted = (from: number, to: number): Int32Array => Int32Array.from({ length: to - from }, (_, i) => from + i);
const idsOf = (segment: Segment): number[] => encodeSegment(decoder.tokenizer, segment, decoder.profile.fileMark).ids;

describe('keys and values on disk', () => {
  test('all of a segment, fetched, are no compression', async () => {
    const preamble = await new Compressor(decoder, decoder.lane(priorities.compress, 64)).compressPreamble();
    const question = decoder.chat.question('What does berthName return?');
    const [before, one] = full.segments as [number, number];
    expect(segments.length).toBeGreaterThan(1);
    const lane = decoder.lane(priorities.answer, 64);
    appendKept(lane.kv, preamble, decoder.frequencies);
    appendKept(lane.kv, await full.fetch(everywhere(counted(before, before + one))), decoder.frequencies);
    await lane.append(question);
    const plain = decoder.lane(priorities.answer, 64);
    await plain.append([...decoder.chat.preamble(), ...idsOf(segments[1]!), ...question]);
    expect(lane.kv.length).toBe(plain.kv.length);
    const largest = Math.max(...plain.logits.map(Math.abs));
    // Half precision on disk; the bound of `assemble.test.ts`.
    expect(maxDifference(lane.logits, plain.logits) / largest).toBeLessThan(5e-4);
  });

  test('any positions of any heads, over the seams of segments, are those of the prefill, moved together', async () => {
    const { kvHeads, headSize } = decoder.graph;
    const lane = decoder.lane(priorities.compress, 256);
    const total = full.segments.reduce((sum, t) => sum + t, 0);
    // Each layer its own number, each head its own positions.
    const chosen = decoder.graph.attention.map((_, layer) =>
      Array.from({ length: kvHeads }, (_, head) =>
        counted(0, total).filter((p) => (p * 7 + head * 3) % total < 12 + 5 * layer),
      ),
    );
    const fetched = await full.fetch(chosen);
    expect(fetched.counts).toEqual(chosen.map((heads) => heads[0]!.length));
    let first = 0;
    for (const [s, segment] of segments.entries()) {
      lane.kv.truncate(0);
      await lane.append([...decoder.chat.preamble(), ...idsOf(segment)]);
      const offset = decoder.chat.preamble().length;
      chosen.forEach((heads, layer) => {
        heads.forEach((positions, head) => {
          positions.forEach((position, rank) => {
            const own = position - first;
            if (own < 0 || own >= full.segments[s]!) return;
            // `gatherKept` moves a key to its rank among those that it is given: as many before it as before this one.
            const padded = Int32Array.from({ length: rank + 1 }, () => own);
            const { keys, values } = gatherKept(lane.kv, offset, everywhere(padded), decoder.frequencies);
            const from = (head * (rank + 1) + rank) * headSize;
            const to = (head * positions.length + rank) * headSize;
            const off = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
              maxDifference(Array.from(a).slice(from, from + headSize), Array.from(b).slice(to, to + headSize));
            expect(off(keys[layer]!, fetched.keys[layer]!)).toBeLessThan(0.01);
            expect(
              off(
                Array.from(values[layer]!, (x) => halfToFloat(floatToHalf(x))),
                fetched.values[layer]!,
              ),
            ).toBeLessThan(1e-4);
          });
        });
      });
      first += full.segments[s]!;
    }
  });

  test('an index gets the keys that are written, and what each position received of its segment', () => {
    expect(seen.map((s) => s.tokens)).toEqual(segments.map((s) => s.tokens));
    for (const { tokens, keys, received } of seen) {
      const { kvHeads, headSize, heads } = decoder.graph;
      expect(keys.map((k) => k.length)).toEqual(keys.map(() => kvHeads * tokens * headSize));
      for (const layer of received!) {
        expect(layer.length).toBe(kvHeads * tokens);
        // Every row gives at most one, some of it to the preamble.
        const given = layer.reduce((sum, x) => sum + x, 0);
        expect(given).toBeLessThanOrEqual(heads * tokens * 1.001);
        expect(given).toBeGreaterThan(0);
      }
    }
  });

  test('nothing chosen is nothing read; a block that is gone is said', async () => {
    expect((await full.fetch(everywhere(new Int32Array(0)))).kept).toBe(0);
    for (const { key } of await blocks.list()) await blocks.delete(key);
    const error: unknown = await full.fetch(everywhere(counted(0, 1))).catch((e: unknown) => e);
    expect(CribsheetError.is(error, 'sheet-missing')).toBe(true);
  });
});

test('what a question picks of one segment is what the model looks at when it reads it there', async () => {
  const [segment] = segments as [Segment];
  const ids = idsOf(segment);
  const preamble = decoder.chat.preamble();
  const question = decoder.chat.question('What does maximalDraught return?');
  const lane = decoder.lane(priorities.answer, 256);
  await lane.append([...preamble, ...ids]);
  const end = lane.kv.length;
  const looked = await lane.observe(question, { kind: 'raw', start: preamble.length, end });
  lane.kv.truncate(end);
  const { heads, kvHeads, headSize, attention, attentionScale: scale } = decoder.graph;
  const { frequencies } = decoder;
  const tokens = ids.length;
  const kv = new SegmentKv(lane.kv, preamble.length, tokens, { frequencies, scale });
  // The session's own sum over the segment alone is the denominator.
  const raw = { ...looked.raw!, logTotal: looked.raw!.logMass };
  const view = { layers: attention.length, kvHeads, heads, tokens, random: Math.random, ...looked, kv, raw };
  const shape = { layers: attention.length, kvHeads, headSize, frequencies };
  const index = {
    bytesOf: () => 0,
    add: () => undefined,
    keys: (_: number, layer: number, head: number) =>
      seen[0]!.keys[layer]!.slice(head * tokens * headSize, (head + 1) * tokens * headSize),
  };
  const keep = Math.round(tokens / 4);
  const queries = await readQueries(lane, question);
  const chosen = await choosePositions(index, queries, { ...shape, heads, scale, segments: [tokens] }, keep);
  chosen.forEach((own, layer) => {
    own.forEach((positions, head) => {
      const scores = new Float64Array(tokens);
      for (let h = (head * heads) / kvHeads; h < ((head + 1) * heads) / kvHeads; h++)
        for (const row of rowAttention(view, layer, h, 0)) row.forEach((x, i) => (scores[i]! += x));
      const best = topPositions(scores, keep);
      // Equal but for what lies at the threshold within rounding.
      expect(positions.filter((p) => best.includes(p)).length).toBeGreaterThanOrEqual(keep - 1);
    });
  });
});

test('the queries of a question are those of its tokens, and the lane is left as it was', async () => {
  const question = decoder.chat.question('Where is berthName defined?');
  const read = async (before: readonly number[]): ReturnType<typeof readQueries> => {
    const lane = decoder.lane(priorities.answer, 64);
    if (before.length > 0) await lane.append(before);
    const queries = await readQueries(lane, question);
    expect(lane.kv.length).toBe(before.length);
    return queries;
  };
  const [near, far] = [await read([1]), await read(idsOf(segments[0]!))];
  expect([near.rows, near.first, far.first]).toEqual([question.length, 1, segments[0]!.tokens]);
  const shape = { ...decoder.graph, frequencies: decoder.frequencies };
  for (let head = 0; head < decoder.graph.kvHeads; head++) {
    // The first layer sees nothing but its token: there, and only there, what stands before makes no difference but the turn.
    expect(maxDifference(queriesAt(near, shape, 0, head, 9), queriesAt(far, shape, 0, head, 9))).toBeLessThan(1e-4);
    expect(maxDifference(queriesAt(near, shape, 1, head, 9), queriesAt(far, shape, 1, head, 9))).toBeGreaterThan(1e-3);
  }
});
