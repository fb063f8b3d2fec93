/** A process of its own for store.test.ts: `node writeBlocks.ts FOLDER COUNT BYTES` writes blocks and prints a line for each. */
import { CribsheetError } from '../../src/common/errors.ts';
import { BlockStore } from '../../src/engine/sheet/store.ts';
import { block, keyOf } from './blocks.ts';

const [folder = '', count = '', bytes = ''] = process.argv.slice(2);
const store = new BlockStore({ folder, quotaBytes: Infinity });
try {
  for (let index = 0; index < Number(count); index++) {
    await store.write(keyOf(index), block(index, Number(bytes)));
    process.stdout.write(`${keyOf(index)}\n`);
  }
} catch (error) {
  if (!CribsheetError.is(error)) throw error;
  process.stdout.write(`${error.code}\n`);
}
