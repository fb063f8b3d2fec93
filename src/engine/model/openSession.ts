import { stat } from 'node:fs/promises';
import path from 'node:path';
import type * as Ort from 'onnxruntime-node';
import { CribsheetError } from '../../common/errors.ts';
import type { Device } from '../../common/names.ts';
import { decodeModel, encodeModel, externalData, type Model } from './graph/onnx.ts';
import { inspectDecoder, type DecoderGraph } from './graph/inspect.ts';
import { addKeyBias } from './graph/keyBias.ts';
import { addLayerLengths } from './graph/layerLengths.ts';
import { addSequenceGuard, sliceLastToken } from './graph/rewrite.ts';
import { addScorer } from './graph/scorer.ts';
import { splitHeads } from './graph/splitHeads.ts';
import { addTokenLogs } from './graph/tokenLogs.ts';
import type { ModelFolder } from './layout.ts';

export interface OpenedGraph {
  graph: DecoderGraph;
  /** The rewritten graph for a session with or without the sequence guard. */
  bytes: (guard: boolean) => Uint8Array;
  /** Bytes of the weights on disk: about what the session will take in memory. */
  weightBytes: number;
  /** Weights are int4 or int8: a provider may then round activations differently. */
  quantised: boolean;
}

/** What a session's graph can do beyond the plain one; each form is a session of its own. */
export interface GraphForm {
  /** Keys may carry a bias (`addKeyBias`). */
  keyBias: boolean;
  /** Every KV head has a cache and a length of its own (`splitHeads`). */
  ownHeads: boolean;
}

/**
 * Rewrites a decoder's graph in memory (nothing is written beside a model).
 * @param tokenLogs in the place of the last token's logits, how unexpected each token is (`addTokenLogs`)
 * @throws CribsheetError `model-broken`, `model-unsupported`
 */
export async function openGraph(
  model: ModelFolder,
  { keyBias = false, ownHeads = false, tokenLogs = false }: Partial<GraphForm> & { tokenLogs?: boolean } = {},
): Promise<OpenedGraph> {
  const decoded = decode(model);
  const inspected = { ...inspectDecoder(decoded, model.headSize), keyBias };
  const whole = tokenLogs ? { ...inspected, logitsType: 'float32' as const } : inspected;
  const graph = ownHeads ? splitHeads(decoded, whole) : whole;
  const weightBytes = await checkWeights(decoded, path.dirname(model.graphFile));
  if (tokenLogs) addTokenLogs(decoded);
  else sliceLastToken(decoded);
  addLayerLengths(decoded, graph);
  if (keyBias) addKeyBias(decoded, graph);
  addScorer(decoded, graph);
  const plain = encodeModel(decoded);
  const bytes = (guard: boolean): Uint8Array => {
    if (!guard) return plain;
    const guarded = decodeModel(plain);
    addSequenceGuard(guarded);
    return encodeModel(guarded);
  };
  const quantised = decoded.graph?.node?.some((n) => n.opType === 'MatMulNBits') ?? false;
  return { graph, bytes, weightBytes, quantised };
}

function decode(model: ModelFolder): Model {
  let cause: unknown;
  try {
    const decoded = decodeModel(model.graphBytes);
    // An empty file is a message of which every field is absent.
    if (decoded.graph) return decoded;
  } catch (error) {
    cause = error;
  }
  throw broken(model, `${path.basename(model.graphFile)} is no ONNX graph or is cut off`, cause);
}

/** A truncated download is the commonest broken model, and onnxruntime's own message for it names no file. */
async function checkWeights(decoded: Model, folder: string): Promise<number> {
  const needed = new Map<string, number>();
  for (const tensor of decoded.graph?.initializer ?? []) {
    const external = externalData(tensor);
    if (external)
      needed.set(external.file, Math.max(needed.get(external.file) ?? 0, external.offset + external.length));
  }
  let total = 0;
  for (const [file, bytes] of needed) {
    const size = await stat(path.join(folder, file)).then(
      (s) => s.size,
      () => 0,
    );
    if (size < bytes) {
      throw new CribsheetError(
        'model-broken',
        `The weights ${file} are incomplete: ${size} of ${bytes} bytes are there.`,
        'Download or copy the model again.',
      );
    }
    total += size;
  }
  return total;
}

/** @throws CribsheetError `device-unavailable` or `model-broken` */
export async function openSession(
  ort: typeof Ort,
  model: ModelFolder,
  bytes: Uint8Array,
  device: Exclude<Device, 'auto'>,
  threads: number,
): Promise<Ort.InferenceSession> {
  try {
    return await ort.InferenceSession.create(bytes, {
      executionProviders: device === 'cpu' ? ['cpu'] : [device, 'cpu'],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      enableMemPattern: false,
      logSeverityLevel: 4,
      extra: {
        session: {
          // Without it decoding over real caches is up to five times slower: tiny values become denormals.
          set_denormal_as_zero: '1',
          model_external_initializers_file_folder_path: path.dirname(model.graphFile),
        },
      },
    });
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    if (device !== 'cpu') {
      throw new CribsheetError(
        'device-unavailable',
        `The device ${device} does not start: ${firstLine(message)}`,
        'Use --device cpu.',
        { cause },
      );
    }
    throw broken(model, firstLine(message), cause);
  }
}

const firstLine = (text: string): string => text.split('\n')[0]!.slice(0, 300);

function broken(model: ModelFolder, why: string, cause: unknown): CribsheetError {
  return new CribsheetError(
    'model-broken',
    `The model in ${model.folder} cannot be loaded: ${why}.`,
    'Install the model again, or choose another with --model.',
    { cause },
  );
}
