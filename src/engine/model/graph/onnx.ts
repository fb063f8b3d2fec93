import onnxProto, { type onnx as Onnx } from 'onnx-proto';

// The package is CommonJS: its namespace arrives as the default export.
const { onnx } = onnxProto;

/** Small vocabulary for reading and writing ONNX graphs; `onnx-proto` has the format itself. */
export type Model = Onnx.ModelProto;
export type Node = Onnx.INodeProto;
export type Tensor = Onnx.ITensorProto;

export const DataType = { float32: 1, int32: 6, int64: 7, bool: 9, float16: 10 } as const;
export const MS_DOMAIN = 'com.microsoft';

export type AttributeValue = number | string | readonly number[] | { float: number } | { graph: Onnx.IGraphProto };

export function decodeModel(bytes: Uint8Array): Model {
  return onnx.ModelProto.decode(bytes);
}

export function encodeModel(model: Model): Uint8Array {
  return onnx.ModelProto.encode(model).finish();
}

function attribute(name: string, value: AttributeValue): Onnx.IAttributeProto {
  const Type = onnx.AttributeProto.AttributeType;
  if (typeof value === 'number') return { name, type: Type.INT, i: value };
  if (typeof value === 'string') return { name, type: Type.STRING, s: Buffer.from(value) };
  if ('float' in value) return { name, type: Type.FLOAT, f: value.float };
  if ('graph' in value) return { name, type: Type.GRAPH, g: value.graph };
  return { name, type: Type.INTS, ints: [...value] };
}

/** A node named after its first output, which keeps names unique as long as outputs are. */
export function node(
  opType: string,
  input: readonly string[],
  output: readonly string[],
  attributes: Readonly<Record<string, AttributeValue>> = {},
  domain = '',
): Node {
  return onnx.NodeProto.fromObject({
    opType,
    domain,
    name: `${opType}:${output[0] ?? ''}`,
    input: [...input],
    output: [...output],
    attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
  });
}

/** Declares a tensor of a graph's inputs or outputs; a string is a symbolic dimension. */
export function tensorInfo(name: string, elemType: number, dims: readonly (number | string)[]): Onnx.IValueInfoProto {
  const dim = dims.map((d) => (typeof d === 'string' ? { dimParam: d } : { dimValue: d }));
  return onnx.ValueInfoProto.fromObject({ name, type: { tensorType: { elemType, shape: { dim } } } });
}

/** Declares an empty sequence of float tensors (see `addSequenceGuard`). */
export function sequenceInfo(name: string): Onnx.IValueInfoProto {
  const elemType = { tensorType: { elemType: DataType.float32 } };
  return onnx.ValueInfoProto.fromObject({ name, type: { sequenceType: { elemType } } });
}

export function int64Constant(name: string, values: readonly (number | bigint)[], dims = [values.length]): Tensor {
  const data = BigInt64Array.from(values, BigInt);
  const rawData = new Uint8Array(data.buffer);
  return onnx.TensorProto.fromObject({ name, dims, dataType: DataType.int64, rawData });
}

export function float32Constant(name: string, values: readonly number[], dims = [values.length]): Tensor {
  const rawData = new Uint8Array(Float32Array.from(values).buffer);
  return onnx.TensorProto.fromObject({ name, dims, dataType: DataType.float32, rawData });
}

/** Integer attribute of a node, or `fallback` where it is absent. */
export function intAttribute(n: Node, name: string, fallback: number): number {
  const found = n.attribute?.find((a) => a.name === name);
  return found?.i === undefined || found.i === null ? fallback : Number(found.i);
}

export function floatAttribute(n: Node, name: string, fallback: number): number {
  return n.attribute?.find((a) => a.name === name)?.f ?? fallback;
}

export function stringAttribute(n: Node, name: string, fallback: string): string {
  const found = n.attribute?.find((a) => a.name === name)?.s;
  return found?.length ? Buffer.from(found).toString('utf8') : fallback;
}

/** Dimensions of a declared input or output: numbers where fixed, undefined where symbolic. */
export function dimsOf(info: Onnx.IValueInfoProto): (number | undefined)[] {
  const dims = info.type?.tensorType?.shape?.dim ?? [];
  return dims.map((d) =>
    d.dimValue === undefined || d.dimValue === null || Number(d.dimValue) === 0 ? undefined : Number(d.dimValue),
  );
}

export function elementTypeOf(info: Onnx.IValueInfoProto): number {
  return info.type?.tensorType?.elemType ?? 0;
}

/** Names of all external data files of a model, relative to the graph's folder, each once and in order. */
export function externalFiles(model: Model): string[] {
  const files = [...tensorsOf(model.graph ?? {})].map((tensor) => externalData(tensor)?.file);
  return [...new Set(files.filter((file) => file !== undefined))].sort();
}

/** Initializers and constants, also those of the graphs that nodes hold. */
function* tensorsOf(graph: Onnx.IGraphProto): Generator<Tensor> {
  yield* graph.initializer ?? [];
  for (const { attribute = [] } of graph.node ?? []) {
    for (const { t, tensors = [], g, graphs = [] } of attribute ?? []) {
      yield* [...(t ? [t] : []), ...(tensors ?? [])];
      for (const inner of [...(g ? [g] : []), ...(graphs ?? [])]) yield* tensorsOf(inner);
    }
  }
}

/** Where an initializer's bytes are in the external data file; undefined where they are in the graph itself. */
export function externalData(tensor: Tensor): { file: string; offset: number; length: number } | undefined {
  if (tensor.dataLocation !== onnx.TensorProto.DataLocation.EXTERNAL) return undefined;
  const entry = (key: string) => tensor.externalData?.find((e) => e.key === key)?.value ?? undefined;
  return { file: entry('location') ?? '', offset: Number(entry('offset') ?? 0), length: Number(entry('length') ?? 0) };
}
