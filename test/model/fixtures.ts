import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Decoder, type DecoderOptions } from '../../src/engine/model/decoder.ts';

/** Folder of a tiny model (test/fixtures/README.md). */
export const modelFolder = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/models/${name}`, import.meta.url));
export const starterFolder = fileURLToPath(new URL('../../models/starter', import.meta.url));

/** Opens a tiny model with fixed steps, so that runs can be compared bit for bit. */
export function openTiny(name: string, options: Partial<DecoderOptions> = {}): Promise<Decoder> {
  return Decoder.open({ folder: modelFolder(name), threads: 1, stepTokens: 256, ...options });
}

export function reference<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../fixtures/references/${name}.json`, import.meta.url), 'utf8')) as T;
}

/** Largest absolute difference. */
export function maxDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let worst = Math.abs(a.length - b.length) * Infinity || 0;
  for (let i = 0; i < a.length; i++) worst = Math.max(worst, Math.abs(a[i]! - b[i]!));
  return worst;
}
