import type { DecoderGraph } from './inspect.ts';
import { DataType, encodeModel, int64Constant, node, tensorInfo, decodeModel, type Model, type Node } from './onnx.ts';

const projections = new Set(['MatMul', 'MatMulNBits']);

/** Output of layer `l` of the small graph: [kvHeads, headSize, headSize]. */
export const gramName = (layer: number): string => `crib_gram.${layer}`;

/**
 * A graph of its own that tells how much a head's output writes into the model's state: for every layer and KV head
 * Σ W_hᵀ·W_h over the query heads h of its group, W_h being that head's columns of the output projection. Then
 * ‖W_O V‖² = Vᵀ·gram·V (the weighting of CriticalKV, arXiv 2502.03805). The weights are found by sending unit vectors
 * through the model's own operator, so that it does not matter how they are quantised.
 * @returns undefined where the attention's output does not go straight into a matrix product
 */
export function outputGramGraph(model: Model, decoder: DecoderGraph): Uint8Array | undefined {
  const source = model.graph!;
  const { heads, kvHeads, headSize, attention, kvType } = decoder;
  const width = heads * headSize;
  const nodes: Node[] = [
    node('ConstantOfShape', ['crib_square'], ['crib_zeros']),
    node('EyeLike', ['crib_zeros'], ['crib_eye_float'], { dtype: DataType.float32 }),
    node('Unsqueeze', ['crib_eye_float', 'crib_0'], ['crib_eye_3d']),
    node('Cast', ['crib_eye_3d'], ['crib_eye'], { to: DataType[kvType] }),
  ];
  const used = new Set<string>();
  for (const [layer, { node: gqa }] of attention.entries()) {
    const output = gqa.output![0]!;
    const users = source.node!.filter((n) => n.input?.includes(output));
    const projection = users[0];
    if (users.length !== 1 || !projections.has(projection!.opType!) || projection!.input![0] !== output)
      return undefined;
    const p = (name: string): string => `crib${layer}_${name}`;
    for (const name of projection!.input!.slice(1)) used.add(name);
    nodes.push(
      { ...projection!, name: p('projection'), input: ['crib_eye', ...projection!.input!.slice(1)], output: [p('w')] },
      node('Cast', [p('w')], [p('w_float')], { to: DataType.float32 }),
      node('Reshape', [p('w_float'), 'crib_by_head'], [p('w_group')]),
      node('Transpose', [p('w_group')], [p('w_by_size')], { perm: [0, 2, 1, 3] }),
      node('Reshape', [p('w_by_size'), 'crib_by_group'], [p('w_rows')]),
      node('Transpose', [p('w_rows')], [p('w_columns')], { perm: [0, 2, 1] }),
      node('MatMul', [p('w_rows'), p('w_columns')], [gramName(layer)]),
    );
  }
  const initializer = source.initializer!.filter((t) => used.has(t.name!));
  // What is no initializer would have to be computed first.
  if (initializer.length !== [...used].filter((name) => name !== '').length) return undefined;
  const small = decodeModel(encodeModel({ ...model, graph: null } as Model));
  small.graph = {
    name: 'crib_output_projection',
    node: nodes,
    input: [],
    output: attention.map((_, l) => tensorInfo(gramName(l), DataType.float32, [kvHeads, headSize, headSize])),
    initializer: [
      ...initializer,
      int64Constant('crib_0', [0]),
      int64Constant('crib_square', [width, width]),
      int64Constant('crib_by_head', [kvHeads, heads / kvHeads, headSize, -1]),
      int64Constant('crib_by_group', [kvHeads, headSize, -1]),
    ],
  };
  return encodeModel(small);
}
