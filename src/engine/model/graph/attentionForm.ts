import { floatAttribute, intAttribute, stringAttribute, type Node } from './onnx.ts';

/** Inputs of GroupQueryAttention (com.microsoft, version 1) from index 10 on. */
const lateInputs = ['attention_bias', 'head_sink', 'k_scale', 'v_scale', 'q_norm_weight', 'k_norm_weight'];
const firstLateInput = 10;

/**
 * What a GroupQueryAttention node is told beyond plain causal attention over rotated keys, in words for a refusal.
 * The scorer recomputes attention and would not know of it (bias, sinks, windows, caps), or the CPU cannot compute it
 * (quantised caches, norms inside the operator).
 * @param first the first layer: all layers must agree, for keys of all layers are moved alike
 * @returns undefined where there is nothing
 */
export function unusableAttention(node: Node, first: Node): string | undefined {
  const inputs = node.input ?? [];
  const late = inputs.findIndex((name, i) => i >= firstLateInput && name !== '');
  if (late >= 0) return `its attention takes ${lateInputs[late - firstLateInput] ?? `input ${late}`}`;
  // Positions that count on from the cache are what attention and scorer do by themselves.
  if (inputs[9] && inputs[9] !== 'position_ids') return 'its attention takes position_ids that the graph computes';
  const says = (name: string): string => `its attention has the attribute ${name}`;
  const wanted: readonly [name: string, fallback: number, isPlain: (value: number) => boolean][] = [
    ['do_rotary', 0, (v) => v === 1],
    ['rotary_interleaved', 0, (v) => v === 0],
    ['causal', 1, (v) => v === 1],
    ['local_window_size', -1, (v) => v <= 0],
    ['sliding_window_cache', 0, (v) => v === 0],
    ['smooth_softmax', -1, (v) => v <= 0],
    ['kv_cache_bit_width', 0, (v) => v === 0],
  ];
  for (const [name, fallback, isPlain] of wanted) {
    const value = intAttribute(node, name, fallback);
    if (!isPlain(value)) return `${says(name)} = ${value}`;
  }
  if (floatAttribute(node, 'softcap', 0) !== 0) return says('softcap');
  if (floatAttribute(node, 'scale', 0) !== floatAttribute(first, 'scale', 0)) return 'its layers differ in scale';
  for (const name of ['k_quant_type', 'v_quant_type']) {
    if (stringAttribute(node, name, 'NONE') !== 'NONE') return says(name);
  }
  for (const name of ['num_heads', 'kv_num_heads']) {
    if (intAttribute(node, name, 0) !== intAttribute(first, name, 0)) return `its layers differ in ${name}`;
  }
  for (const at of [7, 8]) {
    if (inputs[at] !== first.input?.[at]) return 'its layers have different rotary tables';
  }
  for (const at of [5, 6]) {
    if (inputs[at] !== first.input?.[at]) return 'its layers take their lengths from different places';
  }
  return undefined;
}
