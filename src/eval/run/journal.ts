import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { CribsheetError } from '../../common/errors.ts';
import type { Group } from '../types.ts';
import type { Features } from '../../engine/model/router.ts';
import type { ContextBytes } from './bytes.ts';

/** Everything that decides an answer besides its key. Two runs that differ here never share a file. */
export interface EvalConfig {
  /** Of this layout. */
  version: 1;
  program: string;
  model: { name: string; fingerprint: string };
  device: string;
  seed: string;
  /** Questions of a draw, over all data sets in their shares. */
  questions: number;
  breadth: string;
  size: number | null;
  perplexity: boolean;
  /** Data sets: how many there are decides how many questions each gets. */
  data: string;
  /** Questions and budgets of the development split. */
  development: string;
  /** Hash of the code that is asked about. */
  code: string;
  /** What was measured of the model, and the router of `auto`: their hashes, null where there are none. */
  measured: string | null;
  router: string | null;
}

/** Which answer it is: no two rows of a file have the same. */
export interface RowKey {
  arm: string;
  /** Null for arms without one. */
  ratio: number | null;
  data: string;
  draw: number;
  corpus: string;
  question: string;
}

/** One answer, as it stands in the file. */
export interface Row extends RowKey {
  kind: string;
  group: Group;
  by?: Readonly<Record<string, string | number>>;
  asked: string;
  gold: readonly string[];
  said: string;
  score: number;
  right: boolean;
  /** Why there is no answer; such rows count in no figure. */
  unable?: string;
  goldNll?: number;
  goldTokens?: number;
  recall?: number;
  /** What `auto` would decide by; on the development split, for arms that read nothing but a sheet. */
  features?: Features;
  /** The mode that `auto` took. */
  routed?: string;
  coverage: number;
  ttftMs: number;
  totalMs: number;
  prepareMs: number;
  prefilled: number;
  positions: number;
  answerTokens: number;
  bytes: ContextBytes;
  /** Bytes on disk that the answer could draw on; absent where there are none. */
  disk?: number;
}

export const keyOf = ({ arm, ratio, data, draw, corpus, question }: RowKey): string =>
  JSON.stringify([arm, ratio, data, draw, corpus, question]);

/**
 * Answers in a file of lines, each on disk before the next is asked. The first line is the configuration. A last line
 * that a kill has cut in half is dropped; a broken line elsewhere is an error, since nobody knows what it said.
 */
export class Journal {
  readonly file: string;
  readonly rows: Row[];
  private readonly keys: Set<string>;
  private readonly handle: number;

  private constructor(file: string, rows: Row[], handle: number) {
    this.file = file;
    this.rows = rows;
    this.keys = new Set(rows.map(keyOf));
    this.handle = handle;
  }

  /**
   * Opens the answers of a folder, or begins them.
   * @throws CribsheetError `usage` where they are of another configuration; `file-unreadable` where a line is broken;
   * `store-unwritable`
   */
  static open(folder: string, config: EvalConfig): Journal {
    const file = path.join(folder, 'answers.jsonl');
    let handle: number;
    try {
      mkdirSync(folder, { recursive: true });
      handle = openSync(file, existsSync(file) ? 'r+' : 'w+');
    } catch (cause) {
      throw new CribsheetError(
        'store-unwritable',
        `The folder ${folder} cannot be written.`,
        'Choose another one with --out.',
        { cause },
      );
    }
    try {
      const bytes = readFileSync(file);
      // What follows the last line end was cut off by a kill.
      const whole = bytes.lastIndexOf(0x0a) + 1;
      ftruncateSync(handle, whole);
      const lines = bytes.subarray(0, whole).toString('utf8').split('\n').slice(0, -1);
      const [head, ...rest] = lines;
      if (head === undefined) writeAt(handle, 0, `${JSON.stringify({ config })}\n`);
      else checkConfig(file, parseLine(file, head, 1), config);
      return new Journal(
        file,
        rest.map((line, i) => rowOf(file, line, i + 2)),
        handle,
      );
    } catch (error) {
      closeSync(handle);
      throw error;
    }
  }

  has(key: RowKey): boolean {
    return this.keys.has(keyOf(key));
  }

  /** Writes an answer through to the disk. */
  add(row: Row): void {
    writeAt(this.handle, null, `${JSON.stringify(row)}\n`);
    this.rows.push(row);
    this.keys.add(keyOf(row));
  }

  close(): void {
    closeSync(this.handle);
  }
}

/**
 * The configuration and the answers of a run, in full or until a kill.
 * @param folder of the run, or its `answers.jsonl`
 * @throws CribsheetError `file-unreadable`
 */
export function readAnswers(folder: string): { config: EvalConfig; rows: Row[] } {
  const file = folder.endsWith('.jsonl') ? folder : path.join(folder, 'answers.jsonl');
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new CribsheetError(
      'file-unreadable',
      `There are no answers in ${file}.`,
      'Name the folder of an evaluation: what --out said.',
      { cause },
    );
  }
  // What follows the last line end was cut off by a kill.
  const [head, ...rest] = text.split('\n').slice(0, -1);
  const { config } = (head === undefined ? {} : parseLine(file, head, 1)) as { config?: EvalConfig };
  if (typeof config?.model.fingerprint !== 'string')
    throw broken(file, 1, 'it does not hold the configuration of a run');
  return { config, rows: rest.map((line, i) => rowOf(file, line, i + 2)) };
}

function writeAt(handle: number, position: number | null, line: string): void {
  const end = position ?? lengthOf(handle);
  writeSync(handle, line, end);
  fsyncSync(handle);
}

function lengthOf(handle: number): number {
  return fstatSync(handle).size;
}

function checkConfig(file: string, value: unknown, config: EvalConfig): void {
  const found = (value as { config?: Partial<EvalConfig> }).config;
  if (typeof found !== 'object') throw broken(file, 1, 'it does not hold the configuration of a run');
  const differing = (Object.keys(config) as (keyof EvalConfig)[]).filter(
    (key) => JSON.stringify(found[key]) !== JSON.stringify(config[key]),
  );
  if (differing.length === 0) return;
  const said = differing.map((key) => `${key} (${JSON.stringify(found[key])}, now ${JSON.stringify(config[key])})`);
  throw new CribsheetError(
    'usage',
    `The answers in ${file} are of another configuration: ${said.join('; ')}.`,
    'Choose another folder with --out, or give --fresh to begin anew.',
  );
}

function rowOf(file: string, line: string, number: number): Row {
  const value = parseLine(file, line, number);
  const { arm, data, score } = value as Partial<Row>;
  if (typeof arm !== 'string' || typeof data !== 'string' || typeof score !== 'number') {
    throw broken(file, number, 'it is no answer');
  }
  return value as Row;
}

function parseLine(file: string, line: string, number: number): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    throw broken(file, number, 'it is no JSON');
  }
}

function broken(file: string, line: number, why: string): CribsheetError {
  return new CribsheetError(
    'file-unreadable',
    `Line ${line} of ${file} is broken: ${why}.`,
    'Take the line out by hand (its question is then asked again), or give --fresh to begin anew.',
  );
}
