import { fileURLToPath } from 'node:url';
import type { ProductFolders } from '../engine/engine.ts';

/** The product's folder, as seen from the bundle `dist/cli.js`. */
const home = new URL('../', import.meta.url);
const folder = (path: string): string => fileURLToPath(new URL(path, home));

/** Where the things lie that come with the product. The only place of the command line that knows. */
export const product: ProductFolders = {
  grammars: folder('dist/grammars'),
  tasks: folder('media/tasks'),
  models: folder('models'),
};
