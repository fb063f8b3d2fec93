import type { DecoderGraph } from './inspect.ts';
import { DataType, int64Constant, node, tensorInfo, type Model } from './onnx.ts';

/** Input: by how many positions each layer is behind the longest one, int32 [layers]. */
export const SHORT = 'crib_short';

/**
 * Gives every attention layer its own length: GroupQueryAttention takes the length of its cache and the position of
 * the new tokens from inputs 5 and 6, which exports compute once for all layers. A sheet may then hold more positions
 * in some layers than in others, at consecutive positions in each.
 */
export function addLayerLengths(model: Model, { attention }: DecoderGraph): void {
  const graph = model.graph!;
  const nodes = graph.node!;
  const layers = attention.length;
  graph.input!.push(tensorInfo(SHORT, DataType.int32, [layers]));
  graph.initializer!.push(int64Constant('crib_ones', Array<number>(layers).fill(1)));
  const first = Math.min(...attention.map((layer) => nodes.indexOf(layer.node)));
  const added = [];
  const separate = (source: string, name: string): string[] => {
    const parts = attention.map((_, layer) => `crib_${name}.${layer}`);
    added.push(
      node('Sub', [source, SHORT], [`crib_${name}_all`]),
      node('Split', [`crib_${name}_all`, 'crib_ones'], parts, { axis: 0 }),
    );
    return parts;
  };
  const inputs = attention[0]!.node.input!;
  const lengths = separate(inputs[5]!, 'length');
  const totals = separate(inputs[6]!, 'total_length');
  const positions = inputs[9];
  if (positions) {
    added.push(
      node('Cast', [SHORT], ['crib_short_64'], { to: DataType.int64 }),
      node(
        'Split',
        ['crib_short_64', 'crib_ones'],
        attention.map((_, l) => `crib_short_64.${l}`),
        { axis: 0 },
      ),
      ...attention.map((_, l) => node('Sub', [positions, `crib_short_64.${l}`], [`crib_position_ids.${l}`])),
    );
  }
  attention.forEach((layer, l) => {
    layer.node.input![5] = lengths[l]!;
    layer.node.input![6] = totals[l]!;
    if (positions) layer.node.input![9] = `crib_position_ids.${l}`;
  });
  nodes.splice(first, 0, ...added);
}
