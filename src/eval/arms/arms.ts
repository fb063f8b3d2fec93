import { strategies } from '../../common/names.ts';
import type { Arm } from './arm.ts';
import { full, none, rag, ragOracle, ragTuned, truncation } from './raw.ts';
import { hybridArm, queryAwareArm, sheetArm, withoutCardsArm } from './sheets.ts';
import { symbols } from './symbols.ts';

/** Every arm that can be named: the controls, then one for each strategy of the product, then what is made of it. */
export const arms: readonly Arm[] = [
  none,
  symbols,
  full,
  truncation,
  rag,
  ragTuned,
  ragOracle,
  ...strategies.map(sheetArm),
  withoutCardsArm('m0-fs'),
  hybridArm('m0-fs'),
  queryAwareArm,
];
