import type * as Ort from 'onnxruntime-node';
import { inspectDecoder } from './graph/inspect.ts';
import { decodeModel } from './graph/onnx.ts';
import { gramName, outputGramGraph } from './graph/outputProjection.ts';
import { readModelFolder } from './layout.ts';
import { openSession } from './openSession.ts';

/**
 * Reads off a model how much every KV head's values write into its state (`outputGramGraph`): per layer
 * [kvHeads, headSize, headSize]. Opens a session of its own for it, of a fraction of the weights, and closes it again.
 * @returns undefined where the model has no plain output projection
 */
export async function outputGrams(folder: string, graphFile?: string): Promise<Float32Array[] | undefined> {
  const model = await readModelFolder(folder, graphFile);
  const decoded = decodeModel(model.graphBytes);
  const decoder = inspectDecoder(decoded, model.headSize);
  const bytes = outputGramGraph(decoded, decoder);
  if (!bytes) return undefined;
  const ort: typeof Ort = await import('onnxruntime-node');
  const session = await openSession(ort, model, bytes, 'cpu', 1);
  try {
    const results = await session.run({});
    return decoder.attention.map((_, layer) => {
      const tensor = results[gramName(layer)]!;
      const gram = (tensor.data as Float32Array).slice();
      tensor.dispose();
      return gram;
    });
  } finally {
    await session.release();
  }
}
