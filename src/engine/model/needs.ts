import type { ModelNeeds } from '../../common/protocol.ts';
import { readModelFolder } from './layout.ts';
import { openGraph } from './openSession.ts';
import { parseProfile } from './profile.ts';

/** What Node, onnxruntime and the parsers take besides weights, keys and values; measured, in bytes. */
const BASE_BYTES = 150_000_000;

/** What a model will need, read from its graph without loading it. @throws CribsheetError as `Decoder.open` */
export async function modelNeeds(folder: string): Promise<ModelNeeds> {
  const model = await readModelFolder(folder);
  const { sheetTokens, answerTokens, segmentTokens } = parseProfile(model.profile, 'model');
  const { graph, weightBytes } = await openGraph(model);
  const window = Math.min(graph.maxPositions, model.contextLength);
  const perPosition =
    graph.attention.length * graph.kvHeads * graph.headSize * 2 * (graph.kvType === 'float16' ? 2 : 4);
  const positions = Math.min(window, sheetTokens) + answerTokens + segmentTokens;
  return { window, weightBytes, memoryBytes: BASE_BYTES + weightBytes + positions * perPosition };
}
