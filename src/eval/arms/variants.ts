import type { Task } from '../../common/task.ts';
import { CompressKv } from '../../engine/compress/strategies/compressKv.ts';
import { TaskValues, type M2Options } from '../../engine/compress/strategies/m2.ts';
import type { Strategy } from '../../engine/compress/strategy.ts';
import type { RetrievalKind } from '../../engine/model/measured.ts';
import type { Arm } from './arm.ts';
import { carriedArm } from './carried.ts';
import { sheetArm, strategyArm } from './sheets.ts';

/** M2 with budgets of one kind, whatever has been measured of the model. */
const budgets = (kind: Exclude<M2Options['budgets'], 'auto'>, about: string): Arm =>
  variantArm(new TaskValues(`m2/${kind}`, { budgets: kind }), about);

const retrievalKind = (kind: RetrievalKind): Arm =>
  variantArm(new CompressKv(kind), `CompressKV with the retrieval heads found on ${kind}`);

/** The prompt's task in other words. None of them says what the questions are about. */
const wordings = {
  title: { about: 'by its title alone', instruction: ({ title }: Task) => title },
  general: {
    about: 'in general words',
    instruction: () => 'Read this carefully. You will be asked about it, and have to answer exactly.',
  },
  keywords: {
    about: 'by the words of its description',
    instruction: ({ description }: Task) => description.replace(/[.,;:]/gu, ''),
  },
  unrelated: {
    about: 'as another task',
    instruction: () => 'Poetry: write a poem about the sea, with rhymes, in four verses.',
  },
} as const;

function wordingArm(name: keyof typeof wordings): Arm {
  const { about, instruction } = wordings[name];
  const plain = sheetArm('m0-zs');
  return {
    ...plain,
    name: `m0-zs/${name}`,
    about: `M0-ZS with the task put ${about}`,
    read: (request) => plain.read({ ...request, task: { ...request.task, instruction: instruction(request.task) } }),
  };
}

function variantArm(strategy: Strategy, about: string): Arm {
  return { ...strategyArm(strategy), name: strategy.name, about };
}

/** Arms that answer one question of a sweep each (`sweeps.ts`). Only where they are named. */
export const variants: readonly Arm[] = [
  budgets('equal', 'M2 with the same budget for every head of every layer'),
  budgets('competing', 'M2 with layers that compete by the scores of each segment'),
  budgets('layers', 'M2 with budgets of layers by what was measured of the model'),
  budgets('heads', 'M2 with budgets of heads and layers by what was measured of the model'),
  ...(Object.keys(wordings) as (keyof typeof wordings)[]).map(wordingArm),
  carriedArm(1),
  carriedArm(2),
  carriedArm(8),
  retrievalKind('types'),
  retrievalKind('people'),
];
