import { CribsheetError } from '../../common/errors.ts';
import type { Run } from '../command.ts';

// A slot: the demonstration itself stands in ../demo/.
export const run: Run = () =>
  Promise.reject(new CribsheetError('usage', 'There is no demo yet.', 'Use "cribsheet ask".'));
