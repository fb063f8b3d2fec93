import type { DecoderGraph } from './inspect.ts';
import {
  DataType,
  float32Constant,
  floatAttribute,
  int64Constant,
  intAttribute,
  MS_DOMAIN,
  node,
  tensorInfo,
  type Model,
  type Node,
} from './onnx.ts';

/** Inputs that switch the scorer; `SCORE_CONTEXT` is the number of leading key columns to report. */
export const SCORE_ON = 'crib_score_on';
export const SCORE_CONTEXT = 'crib_score_context';

/** Output of layer `l`: attention sums of this run's queries, shape [kvHeads, context] (or [1, 1] when off). */
export const scoreName = (layer: number): string => `crib_score.${layer}`;

/**
 * Adds to every attention layer a branch that recomputes the attention of this run's queries over all keys:
 * q (before rotation) → RotaryEmbedding → causal softmax over context *and* this run's own keys → the context's
 * columns → sum over rows and over the query heads of each KV head. A softmax over the context alone would be
 * 17–24 % off and keep other positions. The branch stands in an `If`: it costs nothing when off, and an empty tensor
 * (which crashes WebGPU) never occurs.
 */
export function addScorer(model: Model, decoder: DecoderGraph): void {
  const graph = model.graph!;
  const nodes = graph.node!;
  graph.input!.push(tensorInfo(SCORE_ON, DataType.bool, []), tensorInfo(SCORE_CONTEXT, DataType.int64, [1]));
  graph.initializer!.push(
    int64Constant('crib_0', [0]),
    int64Constant('crib_1', [1]),
    int64Constant('crib_2', [2]),
    int64Constant('crib_s0', [0], []),
    int64Constant('crib_s1', [1], []),
    int64Constant('crib_rows_and_heads', [1, 2]),
    float32Constant('crib_minus', [-1e30], []),
    float32Constant('crib_zero', [0], []),
    float32Constant('crib_off', [0], [1, 1]),
    int64Constant('crib_off_positions', [0], [1, 1]),
    int64Constant('crib_off_total', [1]),
  );
  nodes.unshift(...sharedNodes());
  decoder.attention.forEach(({ node: attention }, layer) => {
    const body = layerNodes(graph.initializer!, decoder, attention, layer);
    const name = scoreName(layer);
    const type = [DataType.float32, ['kv_heads', 'context']] as const;
    const branch = (nodeList: Node[], output: string) => ({
      graph: { name: output, node: nodeList, output: [tensorInfo(output, ...type)] },
    });
    const off = `crib${layer}_off`;
    nodes.splice(
      nodes.indexOf(attention) + 1,
      0,
      node('If', [SCORE_ON], [name], {
        then_branch: branch(body, `crib${layer}_sum`),
        else_branch: branch([node('Identity', ['crib_off'], [off])], off),
      }),
    );
    graph.output!.push(tensorInfo(name, ...type));
  });
}

/** Rows S of this run, all keys T, positions T-S…T-1 and the causal mask [S, T]: computed once, only when on. */
function sharedNodes(): Node[] {
  const outputs = ['positions', 'mask', 'total', 'rows'].map((o) => `crib_${o}`);
  const shapes: Record<string, [number, (string | number)[]]> = {
    crib_positions: [DataType.int64, [1, 'rows']],
    crib_mask: [DataType.float32, ['rows', 'total']],
    crib_total: [DataType.int64, [1]],
    crib_rows: [DataType.int64, [1]],
  };
  const on = [
    node('Shape', ['input_ids'], ['crib_ids_shape']),
    node('Slice', ['crib_ids_shape', 'crib_1', 'crib_2'], ['crib_rows_on']),
    node('Shape', ['attention_mask'], ['crib_mask_shape']),
    node('Slice', ['crib_mask_shape', 'crib_1', 'crib_2'], ['crib_total_on']),
    node('Sub', ['crib_total_on', 'crib_rows_on'], ['crib_first']),
    node('Squeeze', ['crib_first'], ['crib_first_s']),
    node('Squeeze', ['crib_total_on'], ['crib_total_s']),
    node('Range', ['crib_first_s', 'crib_total_s', 'crib_s1'], ['crib_positions_1d']),
    node('Unsqueeze', ['crib_positions_1d', 'crib_0'], ['crib_positions_on']),
    node('Unsqueeze', ['crib_positions_1d', 'crib_1'], ['crib_row_positions']),
    node('Range', ['crib_s0', 'crib_total_s', 'crib_s1'], ['crib_columns']),
    node('Greater', ['crib_columns', 'crib_row_positions'], ['crib_future']),
    node('Where', ['crib_future', 'crib_minus', 'crib_zero'], ['crib_mask_on']),
  ];
  const off = [
    node('Identity', ['crib_off_positions'], ['crib_positions_off']),
    node('Identity', ['crib_off'], ['crib_mask_off']),
    node('Identity', ['crib_off_total'], ['crib_total_off']),
    node('Identity', ['crib_off_total'], ['crib_rows_off']),
  ];
  const branch = (list: Node[], suffix: string) => ({
    graph: {
      name: `crib_shared_${suffix}`,
      node: list,
      output: outputs.map((o) => tensorInfo(`${o}_${suffix}`, ...shapes[o]!)),
    },
  });
  return [node('If', [SCORE_ON], outputs, { then_branch: branch(on, 'on'), else_branch: branch(off, 'off') })];
}

function layerNodes(
  initializers: NonNullable<NonNullable<Model['graph']>['initializer']>,
  { heads, kvHeads, headSize, kvType }: DecoderGraph,
  attention: Node,
  layer: number,
): Node[] {
  const p = (name: string) => `crib${layer}_${name}`;
  const group = heads / kvHeads;
  const scale = floatAttribute(attention, 'scale', 0) || 1 / Math.sqrt(headSize);
  initializers.push(
    int64Constant(p('q_end'), [heads * headSize]),
    int64Constant(p('q_shape'), [-1, heads, headSize]),
    int64Constant(p('g_shape'), [kvHeads, -1, headSize]),
    int64Constant(p('kv_group'), [kvHeads, group]),
    float32Constant(p('scale'), [scale], []),
  );
  const body: Node[] = [];
  const add = (op: string, input: string[], output: string, attributes = {}, domain = ''): string => {
    body.push(node(op, input, [p(output)], attributes, domain));
    return p(output);
  };
  const toFloat = (value: string, name: string): string =>
    kvType === 'float16' ? add('Cast', [value], name, { to: DataType.float32 }) : value;

  let query = attention.input![0]!;
  // An empty key input means packed q/k/v: the queries are the first heads·headSize columns.
  if (!attention.input![1]) query = add('Slice', [query, 'crib_0', p('q_end'), 'crib_2'], 'q_only');
  const [cos, sin] = [attention.input![7]!, attention.input![8]!];
  const interleaved = intAttribute(attention, 'rotary_interleaved', 0);
  query = add(
    'RotaryEmbedding',
    [query, 'crib_positions', cos, sin],
    'q_rotated',
    { num_heads: heads, interleaved },
    MS_DOMAIN,
  );
  query = toFloat(query, 'q_float');
  query = add('Reshape', [query, p('q_shape')], 'q3'); // [S, H, D]
  query = add('Transpose', [query], 'q_heads', { perm: [1, 0, 2] }); // [H, S, D]
  query = add('Reshape', [query, p('g_shape')], 'q_group'); // [KV, G·S, D]
  query = add('Mul', [query, p('scale')], 'q_scaled');

  let key = add('Slice', [attention.output![1]!, 'crib_0', 'crib_total', 'crib_2'], 'k4'); // buffers are longer than T
  key = add('Squeeze', [key, 'crib_0'], 'k3');
  key = toFloat(key, 'k_float');
  key = add('Transpose', [key], 'k_t', { perm: [0, 2, 1] }); // [KV, D, T]

  const logits = add('MatMul', [query, key], 'logits'); // [KV, G·S, T]
  const shape = add('Concat', [p('kv_group'), 'crib_rows', 'crib_total'], 'w_shape', { axis: 0 });
  const windows = add('Reshape', [logits, shape], 'windows'); // [KV, G, S, T]
  const masked = add('Add', [windows, 'crib_mask'], 'masked');
  const weights = add('Softmax', [masked], 'weights', { axis: -1 });
  // Summed before it is cut: cutting first would copy the whole of the weights.
  const columns = add('ReduceSum', [weights, 'crib_rows_and_heads'], 'columns', { keepdims: 0 }); // [KV, T]
  add('Slice', [columns, 'crib_0', SCORE_CONTEXT, 'crib_1'], 'sum'); // [KV, context]
  return body;
}
