import { droppingStrategies, storages } from '../../common/names.ts';
import type { Arm } from './arm.ts';
import { auto } from './auto.ts';
import { offloadArms, offloadShare } from './offload.ts';
import { llmLingua, selectiveContext } from './promptCompression.ts';
import { full, none, rag, ragOracle, ragTuned, truncation } from './raw.ts';
import { hybridArm, queryAwareArm, sheetArm, weightedArm, withoutCardsArm } from './sheets.ts';
import { symbols } from './symbols.ts';

/** Every arm that can be named: the controls, then one for each strategy of the product, then what is made of it. */
export const arms: readonly Arm[] = [
  none,
  symbols,
  full,
  truncation,
  llmLingua,
  selectiveContext,
  rag,
  ragTuned,
  ragOracle,
  ...droppingStrategies.map((name) => sheetArm(name)),
  ...storages.filter((storage) => storage !== 'f16').map((storage) => sheetArm('m0-fs', storage)),
  withoutCardsArm('m0-fs'),
  weightedArm('m0-fs'),
  hybridArm('m0-fs'),
  ...offloadArms,
  auto,
  queryAwareArm,
];

/**
 * An arm by its name: one of the above, or any strategy with any storage as `STRATEGY@STORAGE` (`m2@int2`), or an
 * offload arm with another share as `ARM/N` (`offload-exact/8`).
 * @returns undefined where there is none of this name
 */
export function armNamed(name: string): Arm | undefined {
  const known = arms.find((arm) => arm.name === name) ?? offloadShare(name);
  if (known) return known;
  const [own, stored] = name.split('@');
  const strategy = droppingStrategies.find((s) => s === own);
  const storage = storages.find((s) => s === stored && s !== 'f16');
  return strategy && storage && name === `${strategy}@${storage}` ? sheetArm(strategy, storage) : undefined;
}
