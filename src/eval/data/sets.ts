import type { DataSet } from '../types.ts';
import { code, longAnswers } from './code.ts';
import { completion } from './completion.ts';
import { extraction } from './extraction.ts';
import { memberships, similarNames } from './memberships.ts';
import { needles } from './needles.ts';
import { review } from './review.ts';
import { taskShift, twin } from './twin.ts';

/** Every data set that can be named. To add one: a file beside this one and a row here. */
export const dataSets: readonly DataSet[] = [
  memberships,
  similarNames,
  twin,
  code,
  needles,
  extraction,
  review,
  taskShift,
  completion,
  longAnswers,
];
