import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import onnxProto, { type onnx as Onnx } from 'onnx-proto';
import {
  DataType,
  encodeModel,
  node,
  tensorInfo,
  type AttributeValue,
  type Node,
  type Tensor,
} from '../../src/engine/model/graph/onnx.ts';

const UINT8 = 2;
const PAGE = 4096;

/** Collects a graph; the data of large tensors goes straight to one external file beside it, as exporters do it. */
export class OnnxWriter {
  private readonly file: string;
  private readonly data: number;
  private offset = 0;
  private readonly nodes: Node[] = [];
  private readonly initializers: Tensor[] = [];
  private readonly inputs: Onnx.IValueInfoProto[] = [];
  private readonly outputs: Onnx.IValueInfoProto[] = [];

  /** @param file path of the graph; the data gets the same name with `.data` */
  constructor(file: string) {
    this.file = file;
    this.data = openSync(`${file}.data`, 'w');
  }

  /** Adds a node and returns the name of its first output. */
  add(
    op: string,
    input: readonly string[],
    output: string | readonly string[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
    domain = '',
  ): string {
    const outputs = typeof output === 'string' ? [output] : output;
    this.nodes.push(node(op, input, outputs, attributes, domain));
    return outputs[0]!;
  }

  input(name: string, type: number, dims: readonly (number | string)[]): void {
    this.inputs.push(tensorInfo(name, type, dims));
  }

  output(name: string, type: number, dims: readonly (number | string)[]): void {
    this.outputs.push(tensorInfo(name, type, dims));
  }

  /** A small tensor inside the graph. */
  constant(tensor: Tensor): string {
    this.initializers.push(tensor);
    return tensor.name!;
  }

  floats(name: string, dims: readonly number[], values: Float32Array): string {
    return this.external(name, DataType.float32, dims, values);
  }

  bytes(name: string, dims: readonly number[], values: Uint8Array): string {
    return this.external(name, UINT8, dims, values);
  }

  /** Writes the graph and closes the data. */
  finish(): void {
    closeSync(this.data);
    const model = onnxProto.onnx.ModelProto.fromObject({
      irVersion: 10,
      producerName: 'cribsheet-bench',
      opsetImport: [
        { domain: '', version: 21 },
        { domain: 'com.microsoft', version: 1 },
      ],
      graph: { name: 'decoder' },
    });
    Object.assign(model.graph!, {
      node: this.nodes,
      initializer: this.initializers,
      input: this.inputs,
      output: this.outputs,
    });
    writeFileSync(this.file, encodeModel(model));
  }

  private external(name: string, dataType: number, dims: readonly number[], values: Float32Array | Uint8Array): string {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    const padding = (PAGE - (this.offset % PAGE)) % PAGE;
    writeAll(this.data, new Uint8Array(padding));
    const start = this.offset + padding;
    writeAll(this.data, bytes);
    this.offset = start + bytes.length;
    const entries = { location: `${path.basename(this.file)}.data`, offset: start, length: bytes.length };
    const tensor = onnxProto.onnx.TensorProto.fromObject({
      name,
      dims,
      dataType,
      dataLocation: onnxProto.onnx.TensorProto.DataLocation.EXTERNAL,
      externalData: Object.entries(entries).map(([key, value]) => ({ key, value: String(value) })),
    });
    this.initializers.push(tensor);
    return name;
  }
}

/** One write takes at most 2 GiB, and may take less than it is given. */
export function writeAll(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done, Math.min(bytes.length - done, 1 << 28));
}
