import { DataType, int64Constant, node, sequenceInfo, tensorInfo, type Model } from './onnx.ts';

/** Name of the guard output; see `addSequenceGuard`. */
export const GUARD = 'cribsheet_guard';

const MAX_INT64 = 9223372036854775807n;

/** Keeps only the last token before the output projection: a prompt of n tokens then costs one row of logits, not n. */
export function sliceLastToken(model: Model): void {
  const graph = model.graph!;
  const nodes = graph.node!;
  // Some exports cast the logits after the projection: walk back to the matrix product.
  let at = nodes.findIndex((n) => n.output?.includes('logits'));
  while (at >= 0 && nodes[at]!.opType === 'Cast') {
    const source = nodes[at]!.input![0]!;
    at = nodes.findIndex((n) => n.output?.includes(source));
  }
  const projection = nodes[at];
  if (!projection) throw new Error('no node produces the logits');
  graph.initializer!.push(
    int64Constant('crib_last_start', [-1]),
    int64Constant('crib_last_end', [MAX_INT64]),
    int64Constant('crib_last_axis', [1]),
  );
  const slice = node(
    'Slice',
    [projection.input![0]!, 'crib_last_start', 'crib_last_end', 'crib_last_axis'],
    ['crib_last'],
  );
  projection.input![0] = 'crib_last';
  nodes.splice(at, 0, slice);
  const logits = graph.output!.find((o) => o.name === 'logits')!;
  const vocabulary = Number(logits.type!.tensorType!.shape!.dim![2]!.dimValue);
  logits.type = tensorInfo('logits', logits.type!.tensorType!.elemType!, ['batch_size', 1, vocabulary]).type!;
  graph.valueInfo = [];
}

/**
 * The sequence guard: onnxruntime-node 1.30 copies every returned output into new buffers, also those that the
 * caller has pre-allocated. A sequence as the graph's first output makes the binding throw after the run and before
 * any copy; the results then stand in the caller's buffers. `StepRunner` catches exactly that error, and
 * `test/model/guard.test.ts` fails when the binding changes.
 */
export function addSequenceGuard(model: Model): void {
  const graph = model.graph!;
  graph.node!.push(node('SequenceEmpty', [], [GUARD], { dtype: DataType.float32 }));
  graph.output!.unshift(sequenceInfo(GUARD));
}
