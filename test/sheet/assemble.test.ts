import { afterAll, describe, expect, test } from 'vitest';
import { CribsheetError } from '../../src/common/errors.ts';
import { encodeSegment } from '../../src/engine/compress/encode.ts';
import type { Segment } from '../../src/engine/corpus/types.ts';
import type { Decoder } from '../../src/engine/model/decoder.ts';
import { priorities } from '../../src/engine/model/runQueue.ts';
import { AssembledSheet } from '../../src/engine/sheet/assemble.ts';
import { decodeBlock, type Block } from '../../src/engine/sheet/block.ts';
import type { SheetFile } from '../../src/engine/sheet/sheetFile.ts';
import { linesOf, lookupTask, smallFiles, SmallWorkspaces, type Opened } from '../engine/smallWorkspace.ts';
import { maxDifference, starterFolder } from '../model/fixtures.ts';

const small = new SmallWorkspaces();
afterAll(() => small.dispose());

/**
 * Blocks hold keys and values in half precision: largest difference in logits, as a share of the largest logit. Rounding
 * the keys and values of the uncompressed cache alone makes up to 3.4e-4 on these models.
 */
const THROUGH_HALF = 5e-4;
const oneFile = { 'src/berths/util.ts': smallFiles['src/berths/util.ts']! };

async function built(decoder: Decoder, files = smallFiles, ratio = 4): Promise<Opened & { file: SheetFile }> {
  const opened = await small.workspace(decoder, files);
  await opened.workspace.compress({ task: lookupTask, ratio });
  return { ...opened, file: (await opened.workspace.sheetFor('api-lookup'))! };
}

async function refusal(loading: Promise<unknown>): Promise<string> {
  const error: unknown = await loading.catch((e: unknown) => e);
  if (!CribsheetError.is(error, 'sheet-missing')) throw error ?? new Error('it loaded');
  expect(error.action).toContain('cribsheet compress');
  return error.message;
}

describe.each(['llama', 'qwen2', 'qwen3'])('%s', (family) => {
  test('keep-all of one segment through half-precision blocks is no compression', async () => {
    const decoder = await small.decoder(`${family}-fp32`);
    const { workspace, blocks, file } = await built(decoder, oneFile, 1);
    const [segment, ...more] = await workspace.segments();
    expect(more).toEqual([]);
    const ids = encodeSegment(decoder.tokenizer, segment!, decoder.profile.fileMark).ids;
    const question = decoder.chat.question('What does berthName return?');

    const plain = decoder.lane(priorities.answer, 64);
    await plain.append([...decoder.chat.preamble(), ...ids, ...question]);
    const sheet = await AssembledSheet.load(file, decoder, blocks);
    expect(sheet.length).toBe(plain.kv.length - question.length);
    await sheet.lane.append(question);
    const largest = Math.max(...plain.logits.map(Math.abs));
    expect(maxDifference(sheet.lane.logits, plain.logits) / largest).toBeLessThan(THROUGH_HALF);
    // The comparison is worth something: without the source the logits are others.
    const bare = decoder.lane(priorities.answer, 64);
    await bare.append([...decoder.chat.preamble(), ...question]);
    expect(maxDifference(bare.logits, plain.logits) / largest).toBeGreaterThan(100 * THROUGH_HALF);
  });
});

describe('blocks of several segments', () => {
  test('stand one after the other, each where it would be had it been appended in memory', async () => {
    const decoder = await small.decoder('qwen3-fp32', { segmentTokens: 160 });
    const { blocks, file } = await built(decoder);
    const sheet = await AssembledSheet.load(file, decoder, blocks);
    expect(sheet.length).toBe(file.preamble.kept + file.segments.reduce((sum, s) => sum + s.kept, 0));
    expect(file.segments.length).toBeGreaterThan(10);
    const question = decoder.chat.question('Where is Harbour defined?');
    await sheet.lane.append(question);
    const first = sheet.lane.logits.slice();
    sheet.rewind();
    expect(sheet.lane.kv.length).toBe(sheet.length);
    await sheet.lane.append(question);
    expect(sheet.lane.logits).toEqual(first);
    const again = await AssembledSheet.load(file, decoder, blocks);
    await again.lane.append(question);
    expect(again.lane.logits).toEqual(first);
  });

  test('a half-precision model loads its own blocks', async () => {
    const decoder = await small.decoder('qwen2-fp16');
    const { workspace, blocks, file } = await built(decoder, oneFile, 1);
    const sheet = await AssembledSheet.load(file, decoder, blocks);
    const ids = encodeSegment(decoder.tokenizer, (await workspace.segments())[0]!, decoder.profile.fileMark).ids;
    const question = decoder.chat.question('What does berthName return?');
    const plain = decoder.lane(priorities.answer, 64);
    await plain.append([...decoder.chat.preamble(), ...ids, ...question]);
    await sheet.lane.append(question);
    expect(maxDifference(sheet.lane.logits, plain.logits)).toBeLessThan(0.1);
  });
});

/** Text of a rendered line without its end. */
function renderedLine({ text, lines }: Segment, line: number): string {
  return text.slice(lines[line]!.start, lines[line + 1]?.start ?? text.length).replace(/\n$/, '');
}

const isHeading = (line: string, fileMark: string): boolean => line.startsWith(fileMark) || / - \w+ in \S+/.test(line);

describe.each([
  ['qwen3-fp32', () => small.decoder('qwen3-fp32', { segmentTokens: 160 })],
  ['qwen2-fp32, which normalises', () => small.decoder('qwen2-fp32')],
  ['starter', () => small.open(starterFolder)],
])('provenance with %s', (_, open) => {
  test('every kept position of every layer and head leads to a line that holds its token', async () => {
    const decoder = await open();
    const decomposed = {
      'src/caf\u0065\u0301.py':
        '# le caf\u0065\u0301\nnom = "Re\u0301sume\u0301"\n\n\ndef cafe\u0301(a):\n    return a\n',
    };
    const { workspace, root, blocks, file } = await built(decoder, { ...smallFiles, ...decomposed });
    const segments = await workspace.segments();
    const sheet = await AssembledSheet.load(file, decoder, blocks);
    const sources = new Map<string, string[]>();
    for (const path of file.paths) sources.set(path, await linesOf(root, path));
    const { tokenizer, profile, graph } = decoder;
    let [checked, headings, broken] = [0, 0, 0];
    // A strategy may keep more in some layers than in others.
    const starts = graph.attention.map(() => file.preamble.kept);
    for (const [i, placed] of file.segments.entries()) {
      const segment = segments[i]!;
      const { ids } = encodeSegment(tokenizer, segment, profile.fileMark);
      const block: Block = decodeBlock((await blocks.read(placed.key))!, graph.kvType)!;
      expect(block.tokens).toBe(ids.length);
      for (const [layer, heads] of block.positions.entries()) {
        for (const [head, positions] of heads.entries()) {
          positions.forEach((token, rank) => {
            const origin = sheet.origin(layer, head, starts[layer]! + rank)!;
            const rendered = renderedLine(segment, block.lineOf[token]!);
            const source = sources.get(origin.path)![origin.startLine - 1];
            expect(source).not.toBe(undefined);
            expect(origin.endLine).toBe(origin.startLine);
            const said = tokenizer.decode([ids[token]!], true);
            // Part of a character decodes to nothing that could be looked for.
            if (said.includes('\uFFFD')) broken++;
            else if (isHeading(rendered, profile.fileMark)) headings++;
            else {
              // A token may run over the line break: it belongs to the line where it begins. Some tokenizers compose é.
              const begin = said.trimStart().split('\n')[0]!.trim();
              expect([source, source!.normalize('NFC')].some((line) => line!.includes(begin))).toBe(true);
              checked++;
            }
          });
        }
      }
      for (const [layer, heads] of block.positions.entries()) starts[layer]! += heads[0]!.length;
    }
    expect(Math.max(...starts)).toBe(sheet.length);
    expect(checked).toBeGreaterThan(500);
    expect(headings).toBeGreaterThan(20);
    expect(broken).toBeLessThan(checked / 10);
  });

  test('the preamble and what follows the sheet come from nowhere', async () => {
    const decoder = await open();
    const { blocks, file } = await built(decoder, oneFile);
    const sheet = await AssembledSheet.load(file, decoder, blocks);
    for (const position of [-1, file.preamble.kept - 1, sheet.length, sheet.length + 5])
      expect(sheet.origin(0, 0, position)).toBe(undefined);
    expect(sheet.origin(0, 0, file.preamble.kept)?.path).toBe('src/berths/util.ts');
    expect(sheet.origin(99, 0, file.preamble.kept)).toBe(undefined);
    expect(sheet.origin(0, 99, file.preamble.kept)).toBe(undefined);
  });
});

describe('a sheet that cannot be loaded', () => {
  test('that of another model is refused, and both sides are named', async () => {
    const { blocks, file } = await built(await small.decoder('qwen3-fp32', { name: 'first' }), oneFile);
    const other = await small.decoder('qwen2-fp32', { name: 'second' });
    const message = await refusal(AssembledSheet.load(file, other, blocks));
    expect(message).toContain('first');
    expect(message).toContain('second');
  });

  test('and a workspace does not even find it', async () => {
    const first = await small.workspace(await small.decoder('qwen3-fp32'), oneFile);
    await first.workspace.compress({ task: lookupTask });
    const second = await small.workspace(await small.decoder('qwen2-fp32'), {}, first);
    const answer = await second.workspace.ask({ id: '1', question: 'x', mode: 'cache', task: 'api-lookup' });
    expect(answer.error).toMatchObject({
      code: 'sheet-missing',
      action: expect.stringContaining('cribsheet compress'),
    });
    expect((await first.workspace.ask({ id: '1', question: 'x', mode: 'cache', task: 'api-lookup' })).error).toBe(
      undefined,
    );
  });

  test.each(['preamble', 'only segment'])('one whose %s is gone', async (which) => {
    const decoder = await small.decoder('qwen3-fp32');
    const { blocks, file } = await built(decoder, oneFile);
    await blocks.delete(which === 'preamble' ? file.preamble.key : file.segments[0]!.key);
    expect(await refusal(AssembledSheet.load(file, decoder, blocks))).toContain('missing or damaged');
  });
});
