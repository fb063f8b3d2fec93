import type { StrategyName } from '../../../common/names.ts';
import type { Strategy } from '../strategy.ts';
import { randomPositions, startAndRecent } from './controls.ts';
import { TaskAttention } from './m0.ts';

/** Every strategy that can be named in a task, a setting or on the command line. */
export function strategyByName(name: StrategyName): Strategy {
  const all: Record<StrategyName, Strategy> = {
    'm0-zs': new TaskAttention('m0-zs'),
    'm0-fs': new TaskAttention('m0-fs'),
    random: randomPositions,
    recent: startAndRecent,
  };
  return all[name];
}
