import path from 'node:path';
import { Decoder } from '../../src/engine/model/decoder.ts';
import type { BenchModels } from '../models/models.ts';
import type { Precision, ShapeName } from '../models/shapes.ts';
import type { Row } from '../report/results.ts';

/** What a measurement gets. */
export interface BenchContext {
  /** Root of the checkout. */
  root: string;
  /** Folder for what is generated; not in version control. */
  work: string;
  models: BenchModels;
  shape: ShapeName;
  /** Precision of measurements that use one. */
  precision: Precision;
  threads: number;
  /** Small sizes and few rounds: a smoke test, no result. */
  quick: boolean;
  /** Where node-llama-cpp is installed, if it is. */
  llamaCpp: string | undefined;
  say: (line: string) => void;
}

interface Measured {
  rows: Row[];
  /** Why there are no rows, where there are none. */
  missing?: string;
}

/** One file of this folder: takes samples and makes rows of them. */
export interface Measurement {
  name: string;
  /** One line for `--help` and the report. */
  title: string;
  run: (context: BenchContext) => Promise<Measured>;
}

/** Opens a generated model, hands it over, and releases it whatever happens. */
export async function withDecoder<T>(
  { models, shape, precision, threads }: BenchContext,
  use: (decoder: Decoder) => Promise<T>,
  which: Precision = precision,
): Promise<T> {
  const decoder = await Decoder.open({ folder: models.onnx(shape, which), device: 'cpu', threads });
  try {
    return await use(decoder);
  } finally {
    await decoder.dispose();
  }
}

/** Folder of blocks and sheets made by the benchmark. */
export const storeFolder = ({ work }: BenchContext): string => path.join(work, 'store');

/** Token ids without meaning, below the smallest vocabulary, for where no text is needed. */
export function anyTokens(count: number): number[] {
  return Array.from({ length: count }, (_, i) => 6 + ((i * 7919 + 13) % 6_000));
}
