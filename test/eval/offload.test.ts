import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CribsheetError } from '../../src/common/errors.ts';
import { Grammars } from '../../src/engine/corpus/grammars.ts';
import type { Decoder } from '../../src/engine/model/decoder.ts';
import { priorities } from '../../src/engine/model/runQueue.ts';
import type { Reading, ReadRequest, Reply } from '../../src/eval/arms/arm.ts';
import { armNamed } from '../../src/eval/arms/arms.ts';
import { offloadArms } from '../../src/eval/arms/offload.ts';
import { dataSets } from '../../src/eval/data/sets.ts';
import { totalBytes } from '../../src/eval/run/bytes.ts';
import { OpenCorpus } from '../../src/eval/run/openCorpus.ts';
import { lookupTask, SmallWorkspaces } from '../engine/smallWorkspace.ts';
import { request } from './made.ts';

const small = new SmallWorkspaces();
afterAll(() => small.dispose());

let decoder: Decoder;
let corpus: OpenCorpus;
let grammars: Grammars;
beforeAll(async () => {
  decoder = await small.decoder('qwen3-fp32', { segmentTokens: 256, answerTokens: 8 });
  grammars = await Grammars.open(await small.grammarFolder());
  const [made] = dataSets
    .find((d) => d.name === 'twin')!
    .make({
      ...request({ breadth: 'few', questions: 3, tokens: 900 }),
      count: (t) => decoder.tokenizer.encodeText(t).length,
    });
  // A few files are enough, whatever the questions are about.
  const few = { ...made!, files: new Map([...made!.files].slice(0, 6)) };
  corpus = await OpenCorpus.open(few, await small.folder('corpus'), decoder, grammars);
});
afterAll(() => {
  corpus.close();
});

async function read(name: string, ratio: number, perplexity = false): Promise<Reading> {
  const folder = path.join(await small.folder('blocks'), 'sheet');
  await mkdir(folder);
  const scratch = decoder.lane(priorities.answer, 256);
  const asked: ReadRequest = {
    decoder,
    grammars,
    corpus,
    task: lookupTask,
    ratio,
    ragTokens: 0,
    perplexity,
    features: false,
    scratch,
    folder,
  };
  return armNamed(name)!.read(asked);
}

const ask = (reading: Reading, question = 0): Promise<Reply> => reading.ask(corpus.made.questions[question]!, 'a');
const names = offloadArms.map((arm) => arm.name);

test('each is there at equal bytes and at a share of its own', () => {
  const kinds = ['blocks', 'exact', 'twice', 'landmark', 'low-rank'].map((kind) => `offload-${kind}`);
  expect(names).toEqual(kinds.flatMap((name) => [name, `${name}/32`]));
  expect(armNamed('offload-low-rank/7')).toMatchObject({ name: 'offload-low-rank/7', byRatio: false });
  for (const name of ['offload/7', 'rag/7', 'offload-exact/0', 'offload-exact/'])
    expect(armNamed(name)).toBe(undefined);
  expect(offloadArms.map((arm) => arm.byRatio)).toEqual(kinds.flatMap(() => [true, false]));
});

describe.each(names.filter((name) => !name.endsWith('/32')))('%s', (name) => {
  test('index and fetched positions take no more than the sheet, and the same question fetches the same', async () => {
    const sheet = await ask(await read('recent', 4));
    const reading = await read(name, 4);
    const first = await ask(reading);
    await ask(reading, 1);
    const again = await ask(reading);
    expect(again.said).toBe(first.said);
    expect(first.bytes.index).toBeGreaterThan(0);
    expect(totalBytes(first.bytes)).toBeLessThanOrEqual(totalBytes(sheet.bytes));
    // What is left over is less than a unit, or than a position.
    const one = (first.bytes.keys + first.bytes.values + first.bytes.provenance) / (first.positions - preamble());
    const left = totalBytes(sheet.bytes) - totalBytes(first.bytes);
    expect(left).toBeLessThan(one * (name === 'offload-blocks' ? 128 : 1));
    expect(first.prefilled).toBe((name === 'offload-twice' ? 3 : 2) * first.question);
    // Keys and values of everything, two bytes each.
    const { attention, kvHeads, headSize } = decoder.graph;
    expect(first.disk!).toBeGreaterThan(corpus.tokens * attention.length * kvHeads * headSize * 2 * 2);
    expect(reading.coverage).toBe(1);
  });
});

const preamble = (): number => decoder.chat.preamble().length;

test('a 32nd of the positions is fetched whatever the index takes', async () => {
  const reply = await ask(await read('offload-exact/32', 1));
  expect(reply.positions).toBe(preamble() + Math.round(corpus.tokens / 32));
});

test('an index that takes more than the sheet is said, not cut', async () => {
  const error: unknown = await read('offload-exact', 64).catch((e: unknown) => e);
  expect(CribsheetError.is(error, 'context-too-long')).toBe(true);
  expect((error as Error).message).toContain('offload-exact at 64x');
  // Its index is small, but a whole unit does not fit.
  const units: unknown = await read('offload-blocks', 64).catch((e: unknown) => e);
  expect((units as Error).message).toContain('128 positions');
});

test('with everything fetched the answer is that of the sheet that keeps everything', async () => {
  const all = await ask(await read('offload-exact/1', 1, true));
  const sheet = await ask(await read('recent', 1, true));
  expect(all.positions).toBe(sheet.positions);
  expect(all.said).toBe(sheet.said);
  expect(all.gold!.nll).toBeCloseTo(sheet.gold!.nll, 2);
});

test('on a device whose self-test knows nothing of queries it says so by name, before any work', async () => {
  const elsewhere = Object.create(decoder, { device: { value: { ...decoder.device, device: 'webgpu' } } }) as Decoder;
  for (const arm of offloadArms) {
    const error: unknown = await Promise.resolve()
      .then(() => arm.prepare!(elsewhere))
      .catch((e: unknown) => e);
    expect(CribsheetError.is(error, 'device-unavailable')).toBe(true);
    expect((error as Error).message).toContain(arm.name.replace('/32', ''));
    await arm.prepare!(decoder);
  }
});
