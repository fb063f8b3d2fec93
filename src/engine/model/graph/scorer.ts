import type { DecoderGraph } from './inspect.ts';
import { biasName } from './keyBias.ts';
import { SHORT } from './layerLengths.ts';
import {
  DataType,
  float32Constant,
  int64Constant,
  intAttribute,
  MS_DOMAIN,
  node,
  tensorInfo,
  type AttributeValue,
  type Model,
  type Node,
  type Tensor,
} from './onnx.ts';

const MAX_INT64 = 9223372036854775807n;

/** Inputs that switch the scorer; columns `SCORE_START` to `SCORE_END` - 1 of the keys are reported. */
export const SCORE_ON = 'crib_score_on';
export const SCORE_KIND = 'crib_score_kind';
export const SCORE_START = 'crib_score_start';
export const SCORE_END = 'crib_score_end';

/**
 * What the scorer reports of this run's queries, each computed only when it is asked for:
 * `sums` attention summed over rows and the query heads of each KV head, [kvHeads, columns];
 * `stats` the same sums, then the largest weight over rows and heads, the sum of squares, and the last row summed
 * over heads, [4, kvHeads, columns];
 * `moments` of queries before rotation: sum over rows [heads, headSize], then Σ q·qᵀ [heads, headSize, headSize];
 * `raw` as `stats`, then rotated queries [heads, rows, headSize], attention outputs [heads, rows, headSize] of a
 * softmax over the columns alone, and logs of the summed exponentials of the columns and of all keys [heads, rows].
 */
export const scoreKinds = ['sums', 'stats', 'moments', 'raw'] as const;
export type ScoreKind = (typeof scoreKinds)[number];

/** Output of layer `l`: one vector in the layout of the kind, [1] when off. */
export const scoreName = (layer: number): string => `crib_score.${layer}`;

/** Elements of the output of one layer. */
export function scoreSize(
  kind: ScoreKind,
  { heads, kvHeads, headSize }: Pick<DecoderGraph, 'heads' | 'kvHeads' | 'headSize'>,
  rows: number,
  columns: number,
): number {
  if (kind === 'moments') return heads * headSize * (headSize + 1);
  if (kind === 'sums') return kvHeads * columns;
  const stats = 4 * kvHeads * columns;
  return kind === 'stats' ? stats : stats + heads * rows * (2 * headSize + 2);
}

/**
 * Adds to every attention layer a branch that recomputes the attention of this run's queries over all keys:
 * q (before rotation) → RotaryEmbedding → causal softmax over context *and* this run's own keys → reductions → the
 * wanted columns. A softmax over the context alone would be 17–24 % off and keep other positions. The branch stands in
 * one `If` a layer: it costs nothing when off, and an empty tensor (which crashes WebGPU) never occurs.
 */
export function addScorer(model: Model, decoder: DecoderGraph): void {
  const graph = model.graph!;
  const nodes = graph.node!;
  const initializers = graph.initializer!;
  graph.input!.push(
    tensorInfo(SCORE_ON, DataType.bool, []),
    tensorInfo(SCORE_KIND, DataType.int64, []),
    tensorInfo(SCORE_START, DataType.int64, [1]),
    tensorInfo(SCORE_END, DataType.int64, [1]),
  );
  initializers.push(
    int64Constant('crib_0', [0]),
    int64Constant('crib_1', [1]),
    int64Constant('crib_2', [2]),
    int64Constant('crib_flat', [-1]),
    int64Constant('crib_end', [MAX_INT64]),
    int64Constant('crib_s0', [0], []),
    int64Constant('crib_s1', [1], []),
    int64Constant('crib_rows_and_heads', [1, 2]),
    ...scoreKinds.map((kind, i) => int64Constant(`crib_kind_${kind}`, [i], [])),
    float32Constant('crib_minus', [-1e30], []),
    float32Constant('crib_zero', [0], []),
    float32Constant('crib_tiny', [1e-30], []),
    float32Constant('crib_off', [0]),
    float32Constant('crib_off_mask', [0], [1, 1]),
    int64Constant('crib_off_positions', [0], [1, 1]),
    int64Constant('crib_off_total', [1]),
  );
  nodes.unshift(...sharedNodes());
  const opset = Number(model.opsetImport?.find((o) => !o.domain || o.domain === 'ai.onnx')?.version ?? 0);
  decoder.attention.forEach(({ node: attention }, layer) => {
    const branches = new LayerBranches(decoder, attention, layer, opset, initializers);
    nodes.splice(nodes.indexOf(attention) + 1, 0, branches.whole());
    graph.output!.push(tensorInfo(scoreName(layer), DataType.float32, ['score']));
  });
}

/** Rows S of this run, all keys T, positions T-S…T-1, the causal mask [S, T], the kind: computed once, only when on. */
function sharedNodes(): Node[] {
  const flags = scoreKinds.map((kind) => `crib_is_${kind}`);
  const outputs = ['crib_positions', 'crib_mask', 'crib_total', 'crib_rows', 'crib_behind', ...flags];
  const typeOf = (output: string): [number, (string | number)[]] => {
    if (output === 'crib_positions') return [DataType.int64, [1, 'rows']];
    if (output === 'crib_behind') return [DataType.int64, ['layers']];
    if (output === 'crib_mask') return [DataType.float32, ['rows', 'total']];
    return output.startsWith('crib_is_') ? [DataType.bool, []] : [DataType.int64, [1]];
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
    node('Cast', [SHORT], ['crib_behind_on'], { to: DataType.int64 }),
    ...scoreKinds.map((kind) => node('Equal', [SCORE_KIND, `crib_kind_${kind}`], [`crib_is_${kind}_on`])),
  ];
  const off = [
    node('Identity', ['crib_off_positions'], ['crib_positions_off']),
    node('Identity', ['crib_off_mask'], ['crib_mask_off']),
    node('Identity', ['crib_off_total'], ['crib_total_off']),
    node('Identity', ['crib_off_total'], ['crib_rows_off']),
    node('Identity', ['crib_off_total'], ['crib_behind_off']),
    ...flags.map((flag) => node('Identity', [SCORE_ON], [`${flag}_off`])),
  ];
  const branch = (list: Node[], suffix: string) => ({
    graph: {
      name: `crib_shared_${suffix}`,
      node: list,
      output: outputs.map((o) => tensorInfo(`${o}_${suffix}`, ...typeOf(o))),
    },
  });
  return [node('If', [SCORE_ON], outputs, { then_branch: branch(on, 'on'), else_branch: branch(off, 'off') })];
}

/** Writes the nodes of one layer's branches; every value is named after its layer and its branch. */
class LayerBranches {
  private readonly decoder: DecoderGraph;
  private readonly attention: Node;
  private readonly layer: number;
  private readonly opset: number;
  private body: Node[] = [];
  private scope = '';
  /** Keys of this layer and its last wanted column, as values of the branch that is being written. */
  private total = '';
  private end = '';

  constructor(decoder: DecoderGraph, attention: Node, layer: number, opset: number, initializers: Tensor[]) {
    this.decoder = decoder;
    this.attention = attention;
    this.layer = layer;
    this.opset = opset;
    const { heads, kvHeads, headSize, attentionScale } = decoder;
    initializers.push(
      int64Constant(this.shared('layer'), [layer]),
      int64Constant(this.shared('q_end'), [heads * headSize]),
      int64Constant(this.shared('q_shape'), [-1, heads, headSize]),
      int64Constant(this.shared('g_shape'), [kvHeads, -1, headSize]),
      int64Constant(this.shared('kv_group'), [kvHeads, heads / kvHeads]),
      float32Constant(this.shared('scale'), [attentionScale], []),
    );
  }

  /** The layer's `If`: off, or the branch of the kind that is asked for. */
  whole(): Node {
    const off = this.branch('off', () => this.add('Identity', ['crib_off'], 'out'));
    const kinds = this.branch('on', () =>
      this.choose(
        'crib_is_sums',
        this.branch('sums', () => this.sums()),
        this.branch('other', () =>
          this.choose(
            'crib_is_moments',
            this.branch('moments', () => this.moments()),
            this.branch('stats', () => this.stats()),
          ),
        ),
      ),
    );
    const output = scoreName(this.layer);
    return node('If', [SCORE_ON], [output], { then_branch: kinds, else_branch: off });
  }

  private sums(): string {
    const columns = this.reduceRows('ReduceSum', this.weights().weights, 'columns');
    // Summed before it is cut: cutting first would copy the whole of the weights.
    return this.flat(this.cut(columns, 'cut', 'crib_1'), 'out');
  }

  private moments(): string {
    const query = this.add('Transpose', [this.queryHeads(this.plainQuery())], 'q_heads', { perm: [1, 0, 2] });
    const sum = this.add('ReduceSum', [query, 'crib_1'], 'sum', { keepdims: 0 });
    const turned = this.add('Transpose', [query], 'q_t', { perm: [0, 2, 1] });
    const products = this.add('MatMul', [turned, query], 'products');
    return this.join([this.flat(sum, 'sum_flat'), this.flat(products, 'products_flat')], 'out');
  }

  private stats(): string {
    const { weights, masked, query } = this.weights();
    const row = this.add('Sub', ['crib_rows', 'crib_1'], 'last_row');
    const last = this.add('Gather', [weights, row], 'last_4d', { axis: 2 });
    const parts = [
      this.reduceRows('ReduceSum', weights, 'columns'),
      this.reduceRows('ReduceMax', weights, 'largest'),
      this.reduceRows('ReduceSumSquare', weights, 'squares'),
      this.add('ReduceSum', [last, 'crib_rows_and_heads'], 'last', { keepdims: 0 }),
    ];
    const all = this.add('Concat', parts, 'parts', { axis: 0 }); // [4·KV, T]
    const stats = this.flat(this.cut(all, 'parts_cut', 'crib_1'), 'flat');
    return this.choose(
      'crib_is_raw',
      this.branch('raw', () => this.raw(stats, weights, masked, query)),
      this.branch('only', () => this.add('Identity', [stats], 'out')),
    );
  }

  private raw(stats: string, weights: string, masked: string, query: string): string {
    const p = (name: string): string => this.shared(name);
    const axis3 = this.add('Add', ['crib_1', 'crib_2'], 'axis3');
    const columns = this.cut(weights, 'w_cut', axis3); // [KV, G, S, C]
    // A row may look at nothing but its probe.
    const mass = this.add('Max', [this.reduce('ReduceSum', columns, axis3, 3, 'mass', 1), 'crib_tiny'], 'some_mass');
    const local = this.add('Div', [columns, mass], 'local');
    const shape = this.add('Concat', [p('kv_group'), 'crib_rows', 'crib_flat'], 'l_shape', { axis: 0 });
    const values = this.present(2, 'v');
    const value = this.add('Unsqueeze', [this.cut(values, 'v_cut', 'crib_1'), 'crib_1'], 'v_grouped'); // [KV, 1, C, D]
    const outputs = this.add('MatMul', [this.add('Reshape', [local, shape], 'l4'), value], 'outputs'); // [KV, G, S, D]
    // log Σ exp(l) = l - log softmax(l) of any key: of the largest, which is exact. ReduceLogSumExp takes six times as long.
    const largest = this.reduce('ReduceMax', masked, axis3, 3, 'l_max', 1);
    const weight = this.add('Log', [this.reduce('ReduceMax', weights, axis3, 3, 'w_max', 1)], 'w_max_log');
    const logTotal = this.add('Sub', [largest, weight], 'log_total');
    const logMass = this.add('Add', [logTotal, this.add('Log', [mass], 'mass_log')], 'log_mass');
    const flat = [query, outputs, logMass, logTotal].map((name, i) => this.flat(name, `raw_flat${i}`));
    return this.join([stats, ...flat], 'out');
  }

  /** Softmax weights and masked logits [KV, G, S, T], and rotated queries [KV, G·S, D]. */
  private weights(): { weights: string; masked: string; query: string } {
    const { heads } = this.decoder;
    const p = (name: string): string => this.shared(name);
    // A layer that is behind the others has fewer keys, and its queries stand at lower positions.
    const behind = this.add('Gather', ['crib_behind', p('layer')], 'behind', { axis: 0 });
    this.end = this.add('Sub', [SCORE_END, behind], 'end');
    this.total = this.add('Sub', ['crib_total', behind], 'total');
    const positions = this.add('Sub', ['crib_positions', behind], 'positions');
    const mask = this.add('Slice', ['crib_mask', behind, 'crib_end', 'crib_1'], 'mask');
    const [cos, sin] = [this.attention.input![7]!, this.attention.input![8]!];
    const interleaved = intAttribute(this.attention, 'rotary_interleaved', 0);
    const rotated = this.add(
      'RotaryEmbedding',
      [this.plainQuery(), positions, cos, sin],
      'q_rotated',
      { num_heads: heads, interleaved },
      MS_DOMAIN,
    );
    const turned = this.add('Transpose', [this.queryHeads(rotated)], 'q_heads', { perm: [1, 0, 2] }); // [H, S, D]
    const query = this.add('Reshape', [turned, p('g_shape')], 'q_group'); // [KV, G·S, D]
    const scaled = this.add('Mul', [query, p('scale')], 'q_scaled');
    const key = this.add('Transpose', [this.present(1, 'k')], 'k_t', { perm: [0, 2, 1] }); // [KV, D, T]
    const logits = this.add('MatMul', [scaled, key], 'logits'); // [KV, G·S, T]
    const shape = this.add('Concat', [p('kv_group'), 'crib_rows', this.total], 'w_shape', { axis: 0 });
    const windows = this.add('Reshape', [logits, shape], 'windows'); // [KV, G, S, T]
    const causal = this.add('Add', [windows, mask], 'causal');
    const masked = this.decoder.keyBias ? this.add('Add', [causal, this.bias()], 'masked') : causal;
    const weights = this.add('Softmax', [masked], 'weights', { axis: -1 });
    return { weights, masked, query };
  }

  /** The keys' biases, [KV, 1, 1, T]. */
  private bias(): string {
    const axes = this.add('Concat', ['crib_1', 'crib_2'], 'bias_axes', { axis: 0 });
    return this.add('Unsqueeze', [biasName(this.layer), axes], 'bias');
  }

  /** Queries before rotation, [1, S, H·D]. An empty key input means packed q/k/v: they are its first columns. */
  private plainQuery(): string {
    const query = this.attention.input![0]!;
    if (this.attention.input![1]) return query;
    return this.add('Slice', [query, 'crib_0', this.shared('q_end'), 'crib_2'], 'q_only');
  }

  private queryHeads(query: string): string {
    return this.add('Reshape', [this.toFloat(query, 'q_float'), this.shared('q_shape')], 'q3'); // [S, H, D]
  }

  /** Present keys (output 1) or values (2) as floats, [KV, T, D]: the buffers are longer than T. */
  private present(output: 1 | 2, name: string): string {
    const cut = this.add('Slice', [this.attention.output![output]!, 'crib_0', this.total, 'crib_2'], `${name}4`);
    return this.toFloat(this.add('Squeeze', [cut, 'crib_0'], `${name}3`), `${name}_float`);
  }

  private toFloat(value: string, name: string): string {
    return this.decoder.kvType === 'float16' ? this.add('Cast', [value], name, { to: DataType.float32 }) : value;
  }

  /** [KV, G, S, T] over rows and heads → [KV, T]. */
  private reduceRows(op: string, value: string, output: string): string {
    return this.reduce(op, value, 'crib_rows_and_heads', [1, 2], output, 0);
  }

  /** Axes became an input of ReduceSum in opset 13 and of the other reductions in opset 18. */
  private reduce(
    op: string,
    value: string,
    axesInput: string,
    axes: number | readonly number[],
    output: string,
    keepdims: number,
  ): string {
    if (op === 'ReduceSum' || this.opset >= 18) return this.add(op, [value, axesInput], output, { keepdims });
    return this.add(op, [value], output, { keepdims, axes: typeof axes === 'number' ? [axes] : axes });
  }

  private cut(value: string, output: string, axis: string): string {
    return this.add('Slice', [value, SCORE_START, this.end, axis], output);
  }

  private flat(value: string, output: string): string {
    return this.add('Reshape', [value, 'crib_flat'], output);
  }

  private join(values: readonly string[], output: string): string {
    return this.add('Concat', values, output, { axis: 0 });
  }

  private choose(condition: string, then: AttributeValue, otherwise: AttributeValue): string {
    return this.add('If', [condition], 'out', { then_branch: then, else_branch: otherwise });
  }

  private shared(name: string): string {
    return `crib${this.layer}_${name}`;
  }

  private add(
    op: string,
    input: readonly string[],
    output: string,
    attributes: Readonly<Record<string, AttributeValue>> = {},
    domain = '',
  ): string {
    const name = `crib${this.layer}_${this.scope}${output}`;
    this.body.push(node(op, input, [name], attributes, domain));
    return name;
  }

  /** A subgraph with one vector as its output; `write` adds its nodes and names the output. */
  private branch(scope: string, write: () => string): { graph: object } {
    const outer = { body: this.body, scope: this.scope };
    this.body = [];
    this.scope = `${outer.scope}${scope}_`;
    const output = write();
    const nodes = this.body;
    const name = `crib${this.layer}_${this.scope}graph`;
    Object.assign(this, outer);
    return { graph: { name, node: nodes, output: [tensorInfo(output, DataType.float32, ['score'])] } };
  }
}
