import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { CribsheetError } from '../../src/common/errors.ts';
import { inspectDecoder } from '../../src/engine/model/graph/inspect.ts';
import {
  DataType,
  decodeModel,
  encodeModel,
  float32Constant,
  node,
  tensorInfo,
  type AttributeValue,
  type Model,
  type Node,
} from '../../src/engine/model/graph/onnx.ts';
import { modelFolder } from './fixtures.ts';

const bytes = (name: string): Uint8Array => readFileSync(path.join(modelFolder(name), 'model.onnx'));
const layersOf = (model: Model): Node[] => model.graph!.node!.filter((n) => n.opType === 'GroupQueryAttention');

/** The graph after surgery, as a file would hold it. */
function changed(change: (model: Model, layers: Node[]) => void, name = 'qwen3-fp32'): Model {
  const model = decodeModel(bytes(name));
  change(model, layersOf(model));
  return decodeModel(encodeModel(model));
}

function refusal(model: Model): string {
  try {
    inspectDecoder(model);
  } catch (error) {
    if (CribsheetError.is(error, 'model-unsupported')) return error.message;
    throw error;
  }
  return 'accepted';
}

function setAttribute(target: Node, name: string, value: AttributeValue): void {
  const [attribute] = node('X', [], [], { [name]: value }).attribute!;
  target.attribute = [...target.attribute!.filter((a) => a.name !== name), attribute!];
}

function wire(model: Model, target: Node, index: number, name: string): void {
  while (target.input!.length <= index) target.input!.push('');
  target.input![index] = name;
  model.graph!.initializer!.push(float32Constant(name, [1]));
}

describe('what is there', () => {
  test.each([
    ['llama-fp32', 'float32'],
    ['qwen2-fp16', 'float16'],
    ['qwen3-int4', 'float32'],
  ])('%s', (name, kvType) => {
    const { attention, ...shape } = inspectDecoder(decodeModel(bytes(name)));
    expect(attention.length).toBe(3);
    expect(shape).toMatchObject({ heads: 4, kvHeads: 2, headSize: 32, vocabulary: 512, kvType, maxPositions: 4096 });
    expect(attention[2]).toMatchObject({ pastKey: 'past_key_values.2.key', presentValue: 'present.2.value' });
  });
});

describe('inputs of GroupQueryAttention that the scorer does not know or the CPU cannot compute are refused by name', () => {
  test.each([
    [10, 'attention_bias'],
    [11, 'head_sink'],
    [12, 'k_scale'],
    [13, 'v_scale'],
    [14, 'q_norm_weight'],
    [15, 'k_norm_weight'],
    [16, 'input 16'],
  ])('input %i: %s, in any layer', (index, name) => {
    for (const layer of [0, 2]) {
      const model = changed((m, layers) => {
        wire(m, layers[layer]!, index, `wired_${index}`);
      });
      expect(refusal(model)).toContain(name);
    }
  });

  test('empty inputs are no inputs', () => {
    const model = changed((_, layers) => {
      for (const layer of layers) while (layer.input!.length < 16) layer.input!.push('');
    });
    expect(refusal(model)).toBe('accepted');
  });

  test('positions from the graph input are those that the scorer counts; others are refused', () => {
    const own = changed((model, layers) => {
      model.graph!.input!.push(tensorInfo('position_ids', DataType.int64, ['batch', 'rows']));
      for (const layer of layers) layer.input![9] = 'position_ids';
    });
    expect(inspectDecoder(own).hasPositionIds).toBe(true);
    const computed = changed((model, layers) => {
      wire(model, layers[1]!, 9, 'shifted');
    });
    expect(refusal(computed)).toContain('position_ids');
  });
});

describe('attributes of GroupQueryAttention', () => {
  const refused: [string, AttributeValue][] = [
    ['local_window_size', 128],
    ['softcap', { float: 50 }],
    ['smooth_softmax', 1],
    ['sliding_window_cache', 1],
    ['causal', 0],
    ['kv_cache_bit_width', 8],
    ['k_quant_type', 'PER_TENSOR'],
    ['v_quant_type', 'PER_CHANNEL'],
    ['rotary_interleaved', 1],
    ['do_rotary', 0],
    ['kv_num_heads', 4],
    ['num_heads', 8],
  ];
  test.each(refused)('%s is refused by name, also where only the last layer has it', (name, value) => {
    const every = changed((_, layers) => {
      for (const layer of layers) setAttribute(layer, name, value);
    });
    const last = changed((_, layers) => {
      setAttribute(layers.at(-1)!, name, value);
    });
    if (!['kv_num_heads', 'num_heads'].includes(name)) expect(refusal(every)).toContain(name);
    expect(refusal(last)).toContain(name);
  });

  const harmless: [string, AttributeValue][] = [
    ['local_window_size', -1],
    ['softcap', { float: 0 }],
    ['smooth_softmax', -1],
    ['smooth_softmax', 0],
    ['sliding_window_cache', 0],
    ['causal', 1],
    ['kv_cache_bit_width', 0],
    ['k_quant_type', 'NONE'],
    ['scale', { float: 0.25 }],
    ['qk_output', 0],
  ];
  test.each(harmless)('%s = %o says nothing new', (name, value) => {
    const model = changed((_, layers) => {
      for (const layer of layers) setAttribute(layer, name, value);
    });
    expect(refusal(model)).toBe('accepted');
  });
});

describe('rotary tables', () => {
  test('layers with tables of their own are refused: keys of all layers are moved by one table', () => {
    const model = changed((m, layers) => {
      const cos = m.graph!.initializer!.find((t) => t.name === layers[0]!.input![7])!;
      m.graph!.initializer!.push({ ...cos, name: 'cos_cache_local' });
      layers[1]!.input![7] = 'cos_cache_local';
    });
    expect(refusal(model)).toContain('rotary tables');
  });

  test('a head that is rotated only in part is refused', () => {
    const model = changed((m) => {
      for (const input of m.graph!.input!) {
        const dims = input.type!.tensorType!.shape!.dim!;
        if (input.name!.startsWith('past_')) dims[3] = { dimValue: 64 };
      }
    });
    expect(refusal(model)).toContain('32 of 64');
  });

  test('without tables in the file it is refused', () => {
    const model = changed((m, layers) => {
      m.graph!.initializer = m.graph!.initializer!.filter((t) => t.name !== layers[0]!.input![8]);
      m.graph!.input!.push(tensorInfo('position_ids', DataType.int64, ['batch', 'rows']));
    });
    expect(refusal(model)).toContain('rotary tables');
  });
});

describe('graphs of another kind', () => {
  test('an attention operator other than GroupQueryAttention is named', () => {
    const model = decodeModel(bytes('qwen2-fp16-without-gqa'));
    expect(refusal(model)).toContain('MultiHeadAttention');
  });

  test.each(['LinearAttention', 'CausalConvWithState', 'PagedAttention'])('%s beside it is named', (opType) => {
    const model = changed((m) => {
      m.graph!.node!.push(node(opType, [], ['odd']));
    });
    expect(refusal(model)).toContain(opType);
  });

  test('an input that nobody would fill is named', () => {
    const model = changed((m) => {
      m.graph!.input!.push(tensorInfo('pixel_values', DataType.float32, [1, 3]));
    });
    expect(refusal(model)).toContain('pixel_values');
  });

  test.each(['input_ids', 'attention_mask'])(
    'a graph without %s is refused: nothing else says what to read',
    (name) => {
      const model = changed((m) => {
        m.graph!.input = m.graph!.input!.filter((i) => i.name !== name);
      });
      expect(refusal(model)).toContain(name);
    },
  );

  test('a cache of a type that is not read is refused', () => {
    const model = changed((m) => {
      for (const input of m.graph!.input!) {
        if (input.name!.startsWith('past_')) input.type!.tensorType!.elemType = 3;
      }
    });
    expect(refusal(model)).toContain('type 3');
  });
});
