import type { DecoderGraph } from './inspect.ts';
import { DataType, int64Constant, node, tensorInfo, type Model } from './onnx.ts';

/** Input of layer `l`: what is added to the logit of every key, float32 [kvHeads, this run's total length]. */
export const biasName = (layer: number): string => `crib_bias.${layer}`;

/**
 * Lets every kept key carry a bias (Attention Matching, arXiv 2602.16284: β): GroupQueryAttention takes
 * `attention_bias` as [1, heads, rows, total], which is expanded here from one number a key and KV head. Causality is
 * the operator's. A graph with it is slower, so it is a session of its own, opened where a sheet has biases.
 */
export function addKeyBias(model: Model, { attention, heads, kvHeads, kvType }: DecoderGraph): void {
  const graph = model.graph!;
  const nodes = graph.node!;
  graph.initializer!.push(
    int64Constant('crib_bias_grouped', [1, kvHeads, 1, 1, -1]),
    int64Constant('crib_bias_groups', [1, kvHeads, heads / kvHeads]),
    int64Constant('crib_bias_heads', [1, heads]),
    int64Constant('crib_bias_1', [1]),
    int64Constant('crib_bias_2', [2]),
  );
  const first = Math.min(...attention.map((layer) => nodes.indexOf(layer.node)));
  const added = [
    node('Shape', ['input_ids'], ['crib_bias_ids']),
    node('Slice', ['crib_bias_ids', 'crib_bias_1', 'crib_bias_2'], ['crib_bias_rows']),
  ];
  attention.forEach(({ node: gqa }, layer) => {
    const name = biasName(layer);
    graph.input!.push(tensorInfo(name, DataType.float32, [kvHeads, `total_${layer}`]));
    const p = (part: string): string => `${name}.${part}`;
    added.push(
      node('Shape', [name], [p('shape')]),
      node('Slice', [p('shape'), 'crib_bias_1', 'crib_bias_2'], [p('total')]),
      node('Reshape', [name, 'crib_bias_grouped'], [p('grouped')]),
      node('Concat', ['crib_bias_groups', 'crib_bias_rows', p('total')], [p('wide')], { axis: 0 }),
      node('Expand', [p('grouped'), p('wide')], [p('expanded')]),
      node('Concat', ['crib_bias_heads', 'crib_bias_rows', p('total')], [p('four')], { axis: 0 }),
      node('Reshape', [p('expanded'), p('four')], [p('float')]),
      node('Cast', [p('float')], [p('ready')], { to: DataType[kvType] }),
    );
    const inputs = gqa.input!;
    while (inputs.length < 11) inputs.push('');
    inputs[10] = p('ready');
  });
  nodes.splice(first, 0, ...added);
}
