import { DataType, int64Constant, node, tensorInfo, type Model } from './onnx.ts';

const MAX_INT64 = 9223372036854775807n;

/**
 * Turns the logits of a decoder into what its own text was to it: output `logits` becomes -ln p(next token), float32
 * [1, 1, rows], where the next token of a row is that of the row after it in the same run. The last row has none (it
 * is given the first token, and its number means nothing). All rows go through the output projection, so this is for
 * a session of its own; the vocabulary's worth of numbers a row never leaves the graph.
 */
export function addTokenLogs(model: Model): void {
  const graph = model.graph!;
  const source = graph.node!.find((n) => n.output?.includes('logits'));
  if (!source) throw new Error('no node produces the logits');
  source.output = source.output!.map((name) => (name === 'logits' ? 'crib_all_logits' : name));
  graph.initializer!.push(
    int64Constant('crib_next_0', [0]),
    int64Constant('crib_next_1', [1]),
    int64Constant('crib_next_axis', [1]),
    int64Constant('crib_next_end', [MAX_INT64]),
    int64Constant('crib_next_last', [2]),
    int64Constant('crib_next_shape', [1, 1, -1]),
  );
  graph.node!.push(
    node('Slice', ['input_ids', 'crib_next_1', 'crib_next_end', 'crib_next_axis'], ['crib_next_most']),
    node('Slice', ['input_ids', 'crib_next_0', 'crib_next_1', 'crib_next_axis'], ['crib_next_first']),
    node('Concat', ['crib_next_most', 'crib_next_first'], ['crib_next_ids'], { axis: 1 }),
    node('Unsqueeze', ['crib_next_ids', 'crib_next_last'], ['crib_next_index']), // [1, rows, 1]
    node('Cast', ['crib_all_logits'], ['crib_all_floats'], { to: DataType.float32 }),
    node('LogSoftmax', ['crib_all_floats'], ['crib_all_logs'], { axis: -1 }),
    node('GatherElements', ['crib_all_logs', 'crib_next_index'], ['crib_next_logs'], { axis: 2 }),
    node('Neg', ['crib_next_logs'], ['crib_next_surprisal']),
    node('Reshape', ['crib_next_surprisal', 'crib_next_shape'], ['logits']),
  );
  graph.output!.find((o) => o.name === 'logits')!.type = tensorInfo('logits', DataType.float32, [1, 1, 'rows']).type!;
  graph.valueInfo = [];
}
