import type { DecoderGraph } from './inspect.ts';
import { DataType, int64Constant, node, tensorInfo, type Model, type Node } from './onnx.ts';

/**
 * One attention node for each KV head, each with its own cache, length and positions: a sheet may then hold more
 * positions in some heads than in others, and what a head does not keep takes no memory. Masking would be as exact and
 * save nothing.
 *
 * In the graph that comes out, KV head `h` of layer `l` is the layer `l · kvHeads + h`, with one KV head and the query
 * heads of its group. Whoever knows of layers (lengths, biases, scorer, cache) need not know of the split.
 * @returns the decoder as it is then: layers × kvHeads layers of heads ÷ kvHeads query heads and one KV head
 */
export function splitHeads(model: Model, decoder: DecoderGraph): DecoderGraph {
  const graph = model.graph!;
  const { heads, kvHeads, headSize, kvType } = decoder;
  if (kvHeads === 1) return decoder;
  const nodes = graph.node!;
  const group = heads / kvHeads;
  const [wide, narrow] = [Array<number>(kvHeads).fill(group * headSize), Array<number>(kvHeads).fill(headSize)];
  graph.initializer!.push(
    int64Constant('crib_split_q', wide),
    int64Constant('crib_split_kv', narrow),
    int64Constant('crib_split_qkv', [...wide, ...narrow, ...narrow]),
  );
  const parts = (name: string): string[] => Array.from({ length: kvHeads }, (_, h) => `${name}.${h}`);
  const replaced = new Set<string>();
  const attention = decoder.attention.flatMap((layer, l) => {
    const { node: whole } = layer;
    const [query = '', key = '', value = '', , , ...shared] = whole.input!;
    const [q, k, v] = [parts(`crib_q.${l}`), parts(`crib_k.${l}`), parts(`crib_v.${l}`)];
    const split = (from: string, sizes: string, into: readonly string[]): Node =>
      node('Split', [from, `crib_split_${sizes}`], into, { axis: 2 });
    // An empty key input means packed q/k/v, which stand one after the other.
    const splits = key
      ? [split(query, 'q', q), split(key, 'kv', k), split(value, 'kv', v)]
      : [split(query, 'qkv', [...q, ...k, ...v])];
    for (const name of [layer.pastKey, layer.pastValue, layer.presentKey, layer.presentValue]) replaced.add(name);
    const outputs = parts(`crib_attended.${l}`);
    const ofHeads = outputs.map((output, h) => {
      const past = { key: `${layer.pastKey}.${h}`, value: `${layer.pastValue}.${h}` };
      const present = { key: `${layer.presentKey}.${h}`, value: `${layer.presentValue}.${h}` };
      const one = node(
        'GroupQueryAttention',
        [q[h]!, k[h]!, v[h]!, past.key, past.value, ...shared],
        [output, present.key, present.value],
        { num_heads: group, kv_num_heads: 1 },
        whole.domain ?? '',
      );
      const kept = whole.attribute!.filter(({ name }) => name !== 'num_heads' && name !== 'kv_num_heads');
      one.attribute!.push(...kept);
      const shape = (length: string): (number | string)[] => ['batch_size', 1, length, headSize];
      const info = (name: string, length: string) => tensorInfo(name, DataType[kvType], shape(length));
      graph.input!.push(info(past.key, `past_${l}_${h}`), info(past.value, `past_${l}_${h}`));
      graph.output!.push(info(present.key, `present_${l}_${h}`), info(present.value, `present_${l}_${h}`));
      return {
        node: one,
        pastKey: past.key,
        pastValue: past.value,
        presentKey: present.key,
        presentValue: present.value,
      };
    });
    const joined = node('Concat', outputs, [whole.output![0]!], { axis: 2 });
    nodes.splice(nodes.indexOf(whole), 1, ...splits, ...ofHeads.map((head) => head.node), joined);
    return ofHeads;
  });
  graph.input = graph.input!.filter(({ name }) => !replaced.has(name ?? ''));
  graph.output = graph.output!.filter(({ name }) => !replaced.has(name ?? ''));
  // Shapes that were inferred for the whole layers name what is gone.
  graph.valueInfo = [];
  return { ...decoder, attention, heads: group, kvHeads: 1 };
}
