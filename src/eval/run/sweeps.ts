import { arms } from '../arms/arms.ts';
import { variants } from '../arms/variants.ts';
import { dataSets } from '../data/sets.ts';
import type { DataSet } from '../types.ts';
import type { Plan } from './plan.ts';

/** An open question of the papers as a grid: what it compares, on what. */
interface Sweep {
  name: string;
  /** The question, one line for `--list`. */
  about: string;
  arms: readonly string[];
  data: readonly string[];
  /** Sizes of the corpora, as multiples of the run's; each is a data set of its own in the report. */
  sizes?: readonly number[];
}

/** To add one: a row here, and its arms in `arms/variants.ts`. */
export const sweeps: readonly Sweep[] = [
  {
    name: 'hybrid',
    about: 'sheet and raw chunks in the same bytes against either alone, and the router',
    arms: ['none', 'symbols', 'm0-fs', 'rag', 'hybrid', 'auto'],
    data: ['memberships', 'twin', 'code'],
  },
  {
    name: 'budgets',
    about: 'budgets of layers and heads; needs "cribsheet models measure"',
    arms: ['none', 'symbols', 'm2/equal', 'm2/competing', 'm2/layers', 'm2/heads'],
    data: ['memberships', 'twin', 'code'],
  },
  {
    name: 'growth',
    about: 'corpora that grow from the size of the run to eight times of it',
    arms: ['none', 'm0-fs', 'rag', 'hybrid'],
    data: ['memberships', 'twin'],
    sizes: [1, 2, 4, 8],
  },
  {
    name: 'task-shift',
    about: 'questions that leave the task: compressed for it, and for another one',
    arms: ['none', 'm0-zs', 'm0-fs', 'm2', 'keydiff', 'rag'],
    data: ['twin', 'task-shift'],
  },
  {
    name: 'wording',
    about: 'the wording of the task prompt',
    arms: ['none', 'm0-zs', ...['title', 'general', 'keywords', 'unrelated'].map((w) => `m0-zs/${w}`), 'random'],
    data: ['memberships', 'twin'],
  },
  {
    name: 'prefill',
    about: 'compression during prefill (carried cache) against after it, and against segments apart',
    arms: ['none', 'm0-zs', 'm0-zs/carried-1', 'm0-zs/carried-2', 'm0-zs/carried-8'],
    data: ['memberships', 'twin'],
  },
  {
    name: 'retrieval-heads',
    about: 'retrieval heads that were found on facts of one kind, for questions of another',
    arms: ['none', 'compresskv', 'compresskv/types', 'compresskv/people', 'random'],
    data: ['memberships', 'twin', 'needles'],
  },
];

/** Tokens of a corpus where neither the run nor the profile says how many: the smallest of a growing one. */
const BASE_TOKENS = 2_000;

/** Arms and data of a sweep. @param size of the run, in tokens */
export function planOfSweep(sweep: Sweep, size: number | undefined): Pick<Plan, 'arms' | 'data'> {
  const known = [...arms, ...variants];
  const data = sweep.data.map((name) => dataSets.find((d) => d.name === name)!);
  return {
    arms: sweep.arms.map((name) => known.find((a) => a.name === name)!),
    data: sweep.sizes
      ? data.flatMap((set) => sweep.sizes!.map((factor) => sized(set, factor * (size ?? BASE_TOKENS))))
      : data,
  };
}

/** A data set with corpora of one size. */
function sized(set: DataSet, tokens: number): DataSet {
  const about = `${set.about}; ${tokens} tokens`;
  return { ...set, name: `${set.name}@${tokens}`, about, make: (request) => set.make({ ...request, tokens }) };
}
