import { createHash } from 'node:crypto';
import { open, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { CribsheetError } from '../../common/errors.ts';
import { decodeModel, externalFiles } from './graph/onnx.ts';

/** The files of an installed model, in the layout of the onnxruntime-genai builder or of onnx-community. */
export interface ModelFolder {
  folder: string;
  /** The graph file; external weights stand beside it. */
  graphFile: string;
  graphBytes: Uint8Array;
  tokenizer: Record<string, unknown>;
  tokenizerConfig: Record<string, unknown>;
  /** Jinja source; absent for base models. */
  chatTemplate?: string;
  /** Token ids that end an answer. */
  endTokens: number[];
  /** Positions that the model was made for. */
  contextLength: number;
  /** As the configuration names it; absent where it does not. */
  headSize?: number;
  /** Raw text of `cribsheet.json`, the model's profile, where it has one. */
  profile?: string;
  /** Names graph, weights and tokenizer by content: part of every block's key. */
  fingerprint: string;
}

const graphCandidates = [
  'model.onnx',
  'onnx/model.onnx',
  'onnx/model_int8.onnx',
  'onnx/model_q4.onnx',
  'onnx/model_q4f16.onnx',
  'onnx/model_fp16.onnx',
  'onnx/model_quantized.onnx',
];

/**
 * Reads what stands in a model folder. `graph` names a graph file inside it where there are several.
 * @throws CribsheetError `model-missing` or `model-broken`
 */
export async function readModelFolder(folder: string, graph?: string): Promise<ModelFolder> {
  const graphFile = await findGraph(folder, graph);
  const graphBytes = await readFile(graphFile);
  const tokenizerText = await required(folder, 'tokenizer.json');
  const tokenizer = json(tokenizerText, 'tokenizer.json');
  const tokenizerConfig = json((await optional(folder, 'tokenizer_config.json')) ?? '{}', 'tokenizer_config.json');
  const genai = await optional(folder, 'genai_config.json');
  const config = await optional(folder, 'config.json');
  if (!genai && !config) throw broken(folder, 'it has neither genai_config.json nor config.json');
  const model = genai ? record(json(genai, 'genai_config.json')['model']) : json(config!, 'config.json');
  const template = (await optional(folder, 'chat_template.jinja')) ?? templateIn(tokenizerConfig);
  const profile = await optional(folder, 'cribsheet.json');
  const contextLength = Number(model['context_length'] ?? model['max_position_embeddings'] ?? 2048);
  if (!Number.isInteger(contextLength) || contextLength < 1) {
    throw broken(folder, 'its context_length or max_position_embeddings is no number of positions');
  }
  const headSize = record(model['decoder'])['head_size'] ?? model['head_dim'];
  return {
    folder,
    graphFile,
    graphBytes,
    tokenizer,
    tokenizerConfig,
    ...(template === undefined ? {} : { chatTemplate: template }),
    ...(profile === undefined ? {} : { profile }),
    endTokens: [model['eos_token_id'] ?? []].flat().map(Number),
    contextLength,
    ...(typeof headSize === 'number' ? { headSize } : {}),
    fingerprint: await fingerprint(graphFile, graphBytes, tokenizerText),
  };
}

async function findGraph(folder: string, graph: string | undefined): Promise<string> {
  const candidates = graph === undefined ? graphCandidates : [graph];
  for (const candidate of candidates) {
    const file = path.join(folder, candidate);
    if (
      await stat(file).then(
        (s) => s.isFile(),
        () => false,
      )
    )
      return file;
  }
  throw new CribsheetError(
    'model-missing',
    `There is no model in ${folder} (looked for ${candidates.slice(0, 2).join(' and ')}).`,
    'Name the folder of an ONNX model with --model, or leave --model out to use the bundled starter model.',
  );
}

const sampleBytes = 65_536;
/** Samples of a file of weights: up to 16 MiB it is read in full, and a two-gigabyte file not twice. */
const samples = 256;

/** Graph and tokenizer in full; of every file of weights that the graph names its size, and samples from its first byte to its last. */
async function fingerprint(graphFile: string, graphBytes: Uint8Array, tokenizerText: string): Promise<string> {
  const hash = createHash('sha256').update(graphBytes).update(tokenizerText);
  for (const name of weightsOf(graphBytes)) {
    const file = path.join(path.dirname(graphFile), name);
    const info = await stat(file).catch(() => undefined);
    // What is missing is told where the graph is opened.
    if (!info?.isFile()) continue;
    hash.update(String(info.size));
    await using handle = await open(file);
    const sample = Buffer.alloc(Math.min(sampleBytes, info.size));
    const count = Math.min(samples, Math.ceil(info.size / sampleBytes));
    for (let i = 0; i < count; i++) {
      const at = count === 1 ? 0 : Math.floor((i * (info.size - sample.length)) / (count - 1));
      const { bytesRead } = await handle.read(sample, 0, sample.length, at);
      hash.update(sample.subarray(0, bytesRead));
    }
  }
  return hash.digest('hex');
}

/** A graph that is none is refused where it is opened. */
function weightsOf(graphBytes: Uint8Array): string[] {
  try {
    return externalFiles(decodeModel(graphBytes));
  } catch {
    return [];
  }
}

function templateIn(tokenizerConfig: Record<string, unknown>): string | undefined {
  const template = tokenizerConfig['chat_template'];
  // Models with several have a list of {name, template}.
  const found = Array.isArray(template)
    ? record(template.find((t: unknown) => record(t)['name'] === 'default'))['template']
    : template;
  return typeof found === 'string' ? found : undefined;
}

async function optional(folder: string, name: string): Promise<string | undefined> {
  return readFile(path.join(folder, name), 'utf8').catch(() => undefined);
}

async function required(folder: string, name: string): Promise<string> {
  const text = await optional(folder, name);
  if (text === undefined) throw broken(folder, `${name} is missing`);
  return text;
}

function json(text: string, name: string): Record<string, unknown> {
  try {
    return record(JSON.parse(text));
  } catch (cause) {
    throw new CribsheetError('model-broken', `${name} of the model is not valid JSON.`, 'Install the model again.', {
      cause,
    });
  }
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function broken(folder: string, why: string): CribsheetError {
  return new CribsheetError(
    'model-broken',
    `The model in ${folder} is not complete: ${why}.`,
    'Install the model again, with all of its files.',
  );
}
