import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { CribsheetError, throwIfCancelled } from '../common/errors.ts';
import type { ImportedModel } from '../common/protocol.ts';
import { decodeModel, externalFiles } from './model/graph/onnx.ts';
import { readModelFolder, type ModelFolder } from './model/layout.ts';
import { STALE_MS } from './replaceFile.ts';
import type { StoreLocation } from './storeLocation.ts';

/** Files beside graph and weights that a model may have. `tokenizer.json` is what makes a folder a model. */
const companions = [
  'tokenizer.json',
  'tokenizer_config.json',
  'chat_template.jinja',
  'config.json',
  'genai_config.json',
  'generation_config.json',
  'cribsheet.json',
  'LICENSE',
  'LICENSE.txt',
  'README.md',
];

/** Where a model is copied to until it is whole, in the folder of the store. */
const TEMPORARY = '.import-';

/** A name that is one folder on every system. */
export const modelNameForm = /^\w(?:[\w.-]{0,98}[\w-])?$/u;

export interface ImportOptions {
  /** See `modelNameForm`. */
  name: string;
  signal?: AbortSignal | undefined;
  onProgress?: ((bytes: number, bytesTotal: number) => void) | undefined;
}

/**
 * Copies a model into the store as `models/<name>/<revision>/<variant>`: revision is the start of its fingerprint,
 * variant its graph file. It appears whole or not at all. Nothing is copied where it is there already. What imports that
 * were killed have left is swept.
 * @throws CribsheetError `model-broken`, `store-unwritable`, `store-full`, `cancelled`
 */
export async function importModel(
  folder: string,
  store: StoreLocation,
  options: ImportOptions,
): Promise<ImportedModel> {
  const model = await readModelFolder(folder);
  const graph = path.relative(folder, model.graphFile);
  const variant = path.basename(graph, '.onnx');
  const name = [options.name, model.fingerprint.slice(0, 12), variant].join('/');
  const target = path.join(store.models, ...name.split('/'));
  const files = await filesOf(model, graph);
  const bytes = files.reduce((sum, f) => sum + f.bytes, 0);
  if (await isThere(path.join(target, 'tokenizer.json'))) return { name, folder: target, copied: false, bytes };
  await sweepImports(store);
  const temporary = path.join(store.folder, `${TEMPORARY}${process.pid}-${randomUUID()}`);
  try {
    await copyAll(folder, temporary, files, bytes, options);
    await mkdir(path.dirname(target), { recursive: true });
    await rename(temporary, target);
  } catch (cause) {
    throwIfCancelled(options.signal);
    // Another import of the same model was quicker.
    if (await isThere(path.join(target, 'tokenizer.json'))) return { name, folder: target, copied: false, bytes };
    throw writeError(store.folder, cause);
  } finally {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
  }
  return { name, folder: target, copied: true, bytes };
}

/**
 * Removes what imports of processes that died have left: models in part, in which nothing was written for an hour. Never
 * fails: who cannot delete it meets the reason when writing.
 */
export async function sweepImports(store: StoreLocation): Promise<void> {
  const names = (await readdir(store.folder).catch(() => [])).filter((name) => name.startsWith(TEMPORARY));
  for (const name of names) {
    const folder = path.join(store.folder, name);
    if (Date.now() - (await lastWritten(folder)) > STALE_MS) {
      await rm(folder, { recursive: true, force: true }).catch(() => undefined);
    }
  }
}

/** Of a folder and everything in it, in milliseconds. */
async function lastWritten(folder: string): Promise<number> {
  const inside = await readdir(folder, { recursive: true }).catch(() => []);
  const times = [folder, ...inside.map((name) => path.join(folder, name))].map((file) =>
    stat(file).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0,
    ),
  );
  return Math.max(...(await Promise.all(times)));
}

async function filesOf(model: ModelFolder, graph: string): Promise<{ path: string; bytes: number }[]> {
  const weights = externalFiles(decodeModel(model.graphBytes)).map((file) => path.join(path.dirname(graph), file));
  const found = await Promise.all(
    [...new Set([graph, ...weights, ...companions])].map(async (file) => {
      const stats = await stat(path.join(model.folder, file)).catch(() => undefined);
      return stats?.isFile() ? { path: file, bytes: stats.size } : undefined;
    }),
  );
  const files = found.filter((file) => file !== undefined);
  const outside = files.find((file) => file.path.startsWith('..') || path.isAbsolute(file.path));
  if (!outside) return files;
  throw new CribsheetError(
    'model-broken',
    `The weights ${outside.path} lie outside of the model's folder.`,
    'Put graph and weights into one folder.',
  );
}

async function copyAll(
  from: string,
  to: string,
  files: readonly { path: string; bytes: number }[],
  total: number,
  { signal, onProgress }: ImportOptions,
): Promise<void> {
  let done = 0;
  for (const file of files) {
    const target = path.join(to, file.path);
    await mkdir(path.dirname(target), { recursive: true });
    const counted = async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
      for await (const chunk of source) {
        done += chunk.length;
        onProgress?.(done, total);
        yield chunk;
      }
    };
    await pipeline(createReadStream(path.join(from, file.path)), counted, createWriteStream(target, { flush: true }), {
      ...(signal ? { signal } : {}),
    });
  }
}

const isThere = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );

function writeError(folder: string, cause: unknown): unknown {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === undefined) return cause;
  const isFull = ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(code);
  return new CribsheetError(
    isFull ? 'store-full' : 'store-unwritable',
    `The model cannot be written to the store ${folder}: ${message}.`,
    isFull ? 'Free some space, or choose another place with --store.' : 'Choose another place with --store.',
    { cause },
  );
}
