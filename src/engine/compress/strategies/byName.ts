import type { StrategyName } from '../../../common/names.ts';
import type { Strategy } from '../strategy.ts';
import { CompressKv } from './compressKv.ts';
import { randomPositions, startAndRecent } from './controls.ts';
import { expectedAttention } from './expectedAttention.ts';
import { h2o } from './h2o.ts';
import { keyDiff } from './keyDiff.ts';
import { kvzip } from './kvzip.ts';
import { TaskAttention } from './m0.ts';
import { m1 } from './m1.ts';
import { TaskValues } from './m2.ts';
import { RefittedValues } from './m3.ts';
import { MatchedMass } from './m4.ts';
import { offload } from './offload.ts';
import { SnapKv } from './snapKv.ts';
import { tova } from './tova.ts';

type NamedStrategy = Strategy & { readonly name: StrategyName };

/** Every strategy that can be named in a task, a setting or on the command line. */
export function strategyByName(name: StrategyName): NamedStrategy {
  const all: Record<StrategyName, Strategy> = {
    'm0-zs': new TaskAttention('m0-zs'),
    'm0-fs': new TaskAttention('m0-fs'),
    m1,
    m2: new TaskValues(),
    m3: new RefittedValues(),
    m4: new MatchedMass(),
    kvzip,
    'expected-attention': expectedAttention,
    keydiff: keyDiff,
    snapkv: new SnapKv('snapkv'),
    pyramidkv: new SnapKv('pyramidkv'),
    compresskv: new CompressKv(),
    tova,
    h2o,
    'streaming-llm': startAndRecent('streaming-llm'),
    random: randomPositions,
    recent: startAndRecent('recent'),
    offload,
  };
  return all[name] as NamedStrategy;
}
