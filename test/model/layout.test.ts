import { cp, mkdir, mkdtemp, open, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CribsheetError, type ErrorRecord } from '../../src/common/errors.ts';
import { Decoder } from '../../src/engine/model/decoder.ts';
import { decodeModel, encodeModel, externalData } from '../../src/engine/model/graph/onnx.ts';
import { readModelFolder } from '../../src/engine/model/layout.ts';
import { priorities } from '../../src/engine/model/runQueue.ts';
import { modelFolder, openTiny, starterFolder } from './fixtures.ts';

let temporary: string;
let folder: string;
let count = 0;
beforeAll(async () => {
  temporary = await mkdtemp(path.join(os.tmpdir(), 'cribsheet-model-'));
});
afterAll(() => rm(temporary, { recursive: true, force: true }));
/** A copy of a good model, to be broken. */
beforeEach(async () => {
  folder = path.join(temporary, `model${count++}`);
  await cp(modelFolder('qwen2-fp32'), folder, { recursive: true });
});

const inFolder = (...names: string[]): string => path.join(folder, ...names);
const json = async (name: string): Promise<Record<string, unknown>> =>
  JSON.parse(await readFile(inFolder(name), 'utf8')) as Record<string, unknown>;
const write = (name: string, value: unknown): Promise<void> =>
  writeFile(inFolder(name), typeof value === 'string' ? value : JSON.stringify(value));

/** How opening the folder fails; every error has a message and a next step. */
async function failure(where = folder): Promise<ErrorRecord> {
  const error: unknown = await Decoder.open({ folder: where, threads: 1 }).then(
    (decoder) => decoder.dispose(),
    (e: unknown) => e,
  );
  if (!CribsheetError.is(error)) throw error ?? new Error('it opened');
  expect(error.action).not.toBe('');
  return error.toRecord();
}

async function logitsOf(where: string, ids: readonly number[]): Promise<Float32Array> {
  const decoder = await Decoder.open({ folder: where, threads: 1, stepTokens: 256 });
  const lane = decoder.lane(priorities.answer, 64);
  await lane.append(ids);
  await decoder.dispose();
  return lane.logits;
}

describe('files that are missing', () => {
  test('no folder', async () => {
    expect(await failure(inFolder('nowhere'))).toMatchObject({ code: 'model-missing' });
  });

  test('no graph', async () => {
    await rm(inFolder('model.onnx'));
    expect(await failure()).toMatchObject({ code: 'model-missing', message: expect.stringContaining('model.onnx') });
  });

  test.each(['tokenizer.json'])('%s', async (name) => {
    await rm(inFolder(name));
    expect(await failure()).toMatchObject({ code: 'model-broken', message: expect.stringContaining(name) });
  });

  test('neither genai_config.json nor config.json', async () => {
    await rm(inFolder('genai_config.json'));
    const { code, message } = await failure();
    expect(code).toBe('model-broken');
    expect(message).toMatch(/genai_config\.json.*config\.json/);
  });

  test('the weights', async () => {
    await rm(inFolder('model.onnx.data'));
    expect(await failure()).toMatchObject({
      code: 'model-broken',
      message: expect.stringMatching(/model\.onnx\.data.*0 of \d+ bytes/),
    });
  });
});

describe('files that are damaged', () => {
  test('truncated weights: both sizes are named', async () => {
    await truncate(inFolder('model.onnx.data'), 1_000_000);
    expect(await failure()).toMatchObject({
      code: 'model-broken',
      message: expect.stringMatching(/model\.onnx\.data.*1000000 of 1176\d{3} bytes/),
    });
  });

  test.each([
    ['garbage', Buffer.from('this is no graph at all, whatever its name says')],
    ['nothing', Buffer.alloc(0)],
    ['a web page', Buffer.from('<!doctype html><title>Sign in</title>')],
    ['a pointer of git-lfs', Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 21167\n')],
  ])('a graph file that holds %s', async (_, bytes) => {
    await writeFile(inFolder('model.onnx'), bytes);
    expect(await failure()).toMatchObject({ code: 'model-broken', message: expect.stringContaining('model.onnx') });
  });

  test.each([0.3, 0.6, 0.97])('a graph file cut off at %f of its length', async (share) => {
    const bytes = await readFile(inFolder('model.onnx'));
    await writeFile(inFolder('model.onnx'), bytes.subarray(0, Math.floor(bytes.length * share)));
    expect((await failure()).code).toBe('model-broken');
  });

  test.each(['tokenizer.json', 'tokenizer_config.json', 'genai_config.json'])('%s that is no JSON', async (name) => {
    await write(name, '{"a":');
    expect(await failure()).toMatchObject({ code: 'model-broken', message: expect.stringContaining(name) });
  });

  test('tokenizer.json that is JSON but no tokenizer', async () => {
    await write('tokenizer.json', { model: 'none' });
    expect(await failure()).toMatchObject({
      code: 'model-broken',
      message: expect.stringContaining('tokenizer.json'),
    });
  });

  test.each([0, -1, 'many', 1.5])('a window of %j', async (context_length) => {
    const config = await json('genai_config.json');
    await write('genai_config.json', { ...config, model: { ...(config['model'] as object), context_length } });
    expect(await failure()).toMatchObject({ code: 'model-broken', message: expect.stringContaining('context_length') });
  });
});

describe('parts that do not belong together', () => {
  test('the tokenizer of another model', async () => {
    await cp(path.join(starterFolder, 'tokenizer.json'), inFolder('tokenizer.json'));
    expect(await failure()).toMatchObject({
      code: 'tokenizer-mismatch',
      message: expect.stringMatching(/has \d+ tokens, the model 512/u),
    });
  });

  test('an end token that the tokenizer does not have', async () => {
    const config = await json('genai_config.json');
    await write('genai_config.json', { ...config, model: { ...(config['model'] as object), eos_token_id: 9_999 } });
    expect(await failure()).toMatchObject({ code: 'tokenizer-mismatch', message: expect.stringContaining('9999') });
  });

  test('a head size that the graph does not have', async () => {
    const config = await json('genai_config.json');
    const model = config['model'] as { decoder: object };
    await write('genai_config.json', { ...config, model: { ...model, decoder: { ...model.decoder, head_size: 64 } } });
    expect(await failure()).toMatchObject({ code: 'model-unsupported', message: expect.stringContaining('64') });
  });

  test('an export without GroupQueryAttention: the operator is named', async () => {
    const { code, message } = await failure(modelFolder('qwen2-fp16-without-gqa'));
    expect(code).toBe('model-unsupported');
    expect(message).toContain('MultiHeadAttention');
  });
});

describe('the profile', () => {
  test.each(['windowTokens', 'constructor', 'toString', '__proto__'])('an unknown key is named: %s', async (key) => {
    await write('cribsheet.json', `{"name":"x","${key}":3}`);
    expect(await failure()).toMatchObject({ code: 'model-broken', message: expect.stringContaining(key) });
  });

  test.each([
    ['segmentTokens', 0],
    ['ratio', 0.5],
    ['context', 'after'],
    ['sampling', { temperature: 0 }],
    ['probePad', { token: '<pad>' }],
    ['doubt', { beyond: 'Beyond me' }],
    ['doubt', { absent: [''] }],
    ['doubt', { confidence: 35 }],
    ['doubt', { certainty: 0.35 }],
  ])('%s: %j does not fit', async (key, value) => {
    await write('cribsheet.json', { [key]: value });
    expect(await failure()).toMatchObject({ code: 'model-broken', message: expect.stringContaining(key) });
  });

  test.each(['[]', 'null', '"x"', '{'])('%s is no profile', async (text) => {
    await write('cribsheet.json', text);
    expect((await failure()).code).toBe('model-broken');
  });

  test('a padding token that the tokenizer does not have is named', async () => {
    await write('cribsheet.json', { probePad: { token: '<padding>', length: 8 } });
    expect(await failure()).toMatchObject({ code: 'model-broken', message: expect.stringContaining('<padding>') });
  });
});

describe('devices', () => {
  test('one that this onnxruntime does not have is refused, not silently replaced', async () => {
    const missing = process.platform === 'darwin' ? 'dml' : 'coreml';
    const error: unknown = await openTiny('qwen2-fp32', { device: missing }).catch((e: unknown) => e);
    expect(CribsheetError.is(error, 'device-unavailable') && error.message).toContain(missing);
  });
});

describe('the layout of onnx-community', () => {
  /** The same model: config.json, graph and weights in `onnx/` with the names that these repositories use. */
  async function toCommunity(suffix = ''): Promise<void> {
    const graph = decodeModel(await readFile(inFolder('model.onnx')));
    const weights = `model${suffix}.onnx_data`;
    for (const tensor of graph.graph!.initializer!) {
      if (externalData(tensor)) tensor.externalData!.find((e) => e.key === 'location')!.value = weights;
    }
    await mkdir(inFolder('onnx'));
    await writeFile(inFolder('onnx', `model${suffix}.onnx`), encodeModel(graph));
    await rename(inFolder('model.onnx.data'), inFolder('onnx', weights));
    for (const name of ['model.onnx', 'genai_config.json']) await rm(inFolder(name));
    await write('config.json', { model_type: 'qwen2', max_position_embeddings: 2_048, eos_token_id: 6, head_dim: 32 });
  }
  const ids = [7, 90, 411, 3, 55, 208, 17];

  test.each(['', '_q4'])('model%s.onnx loads and gives the same logits', async (suffix) => {
    await toCommunity(suffix);
    expect(await logitsOf(folder, ids)).toEqual(await logitsOf(modelFolder('qwen2-fp32'), ids));
    const model = await readModelFolder(folder);
    expect(model).toMatchObject({ contextLength: 2_048, endTokens: [6] });
    expect(path.relative(folder, model.graphFile)).toBe(path.join('onnx', `model${suffix}.onnx`));
  });

  test('its weights are part of the fingerprint', async () => {
    await toCommunity();
    const before = (await readModelFolder(folder)).fingerprint;
    const weights = await readFile(inFolder('onnx', 'model.onnx_data'));
    weights[3]! ^= 1;
    await writeFile(inFolder('onnx', 'model.onnx_data'), weights);
    expect((await readModelFolder(folder)).fingerprint).not.toBe(before);
  });

  test('its missing weights are named', async () => {
    await toCommunity();
    await rm(inFolder('onnx', 'model.onnx_data'));
    expect(await failure()).toMatchObject({
      code: 'model-broken',
      message: expect.stringContaining('model.onnx_data'),
    });
  });

  test('a graph can be chosen by name', async () => {
    await toCommunity('_q4');
    const decoder = await Decoder.open({ folder, graph: 'onnx/model_q4.onnx', threads: 1 });
    await decoder.dispose();
    const other: unknown = await Decoder.open({ folder, graph: 'onnx/model.onnx' }).catch((e: unknown) => e);
    expect(CribsheetError.is(other, 'model-missing')).toBe(true);
  });
});

describe('the fingerprint', () => {
  test('is that of the content, not of the place', async () => {
    const here = (await readModelFolder(folder)).fingerprint;
    expect(here).toBe((await readModelFolder(modelFolder('qwen2-fp32'))).fingerprint);
    expect(here).not.toBe((await readModelFolder(modelFolder('qwen2-fp16'))).fingerprint);
  });

  /** The same model with its weights in files of these names, each as large as the one that there was. */
  async function withWeights(...names: string[]): Promise<void> {
    const graph = decodeModel(await readFile(inFolder('model.onnx')));
    const external = graph.graph!.initializer!.filter((tensor) => externalData(tensor));
    external.forEach((tensor, i) => {
      tensor.externalData!.find(({ key }) => key === 'location')!.value = names[i % names.length]!;
    });
    await writeFile(inFolder('model.onnx'), encodeModel(graph));
    for (const name of names) {
      await mkdir(path.dirname(inFolder(name)), { recursive: true });
      await cp(inFolder('model.onnx.data'), inFolder(name));
    }
    await rm(inFolder('model.onnx.data'));
  }

  /** Does the fingerprint change with every one of these bytes? */
  async function changesWith(name: string, offsets: readonly number[]): Promise<void> {
    const before = (await readModelFolder(folder)).fingerprint;
    const handle = await open(inFolder(name), 'r+');
    for (const at of offsets) {
      const byte = Buffer.alloc(1);
      await handle.read(byte, 0, 1, at);
      await handle.write(Buffer.of(byte[0]! ^ 1), 0, 1, at);
      expect((await readModelFolder(folder)).fingerprint, String(at)).not.toBe(before);
      await handle.write(byte, 0, 1, at);
    }
    await handle.close();
    expect((await readModelFolder(folder)).fingerprint).toBe(before);
  }

  test('changes with weights of any name, in any of several files', async () => {
    await withWeights('weights.bin', 'parts/other weights');
    expect((await logitsOf(folder, [7, 90])).length).toBeGreaterThan(0);
    await changesWith('weights.bin', [0]);
    await changesWith('parts/other weights', [0, 70_000]);
    const before = (await readModelFolder(folder)).fingerprint;
    await rm(inFolder('weights.bin'));
    expect((await readModelFolder(folder)).fingerprint).not.toBe(before);
  });

  test('changes with any byte of small weights', async () => {
    const { size } = await stat(inFolder('model.onnx.data'));
    await changesWith('model.onnx.data', [0, 65_535, 65_536, size >> 1, size - 65_537, size - 1]);
  });

  test('of large weights is read off samples over the whole file', async () => {
    const size = 64 * 1024 ** 2;
    await truncate(inFolder('model.onnx.data'), size);
    const step = (size - 65_536) / 255;
    const inSample = [0, 1, 127, 254, 255].map((i) => Math.floor(i * step) + 9);
    await changesWith('model.onnx.data', [...inSample, size - 1]);
  });

  test.each([
    ['graph', 'model.onnx', 40],
    ['first weights', 'model.onnx.data', 0],
    ['last weights', 'model.onnx.data', -1],
    ['tokenizer', 'tokenizer.json', 30],
  ])('changes with one byte of the %s', async (_, name, at) => {
    const before = (await readModelFolder(folder)).fingerprint;
    const bytes = await readFile(inFolder(name));
    bytes[at < 0 ? bytes.length + at : at] = name.endsWith('.json') ? 0x20 : bytes.at(at)! ^ 1;
    await writeFile(inFolder(name), bytes);
    const after = await readModelFolder(folder).then(
      (m) => m.fingerprint,
      () => 'unreadable',
    );
    expect(after).not.toBe(before);
  });
});

describe('configurations as they are found', () => {
  test('begin and end tokens may be objects, chat templates a list', async () => {
    await rm(inFolder('chat_template.jinja'));
    const template = '{{ bos_token }}{% for m in messages %}<user>{{ m.content }}{% endfor %}';
    await write('tokenizer_config.json', {
      bos_token: { content: '<bos>', lstrip: false },
      chat_template: [
        { name: 'tool_use', template: 'tools' },
        { name: 'default', template },
      ],
    });
    await write('cribsheet.json', { context: 'before-chat' });
    const decoder = await Decoder.open({ folder, threads: 1 });
    expect(decoder.tokenizer.decode(decoder.chat.question('Where?'), true)).toBe('<bos><user>Where?');
    await decoder.dispose();
  });
});
