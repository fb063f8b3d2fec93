import { createHash } from 'node:crypto';
import { encodeSafetensors } from '../../src/engine/sheet/safetensors.ts';

/** The key of the block number `index`. */
export function keyOf(index: number): string {
  return createHash('sha256').update(String(index)).digest('hex');
}

/** A block whose content depends on `index`, with `bytes` bytes of data. */
export function block(index: number, bytes = 64): Uint8Array {
  const data = new Uint8Array(bytes).map((_, at) => index + at);
  return encodeSafetensors([{ name: 'keys', dtype: 'U8', shape: [bytes], data }], { index: String(index) });
}
