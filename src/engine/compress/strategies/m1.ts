import type { Task } from '../../../common/task.ts';
import { uniform } from '../budgets.ts';
import { notesRequest } from '../notes.ts';
import { everyHead, keepBest, ofHead, withSinks } from '../scores.ts';
import type { Probe, ProbeView, Scores, Strategy } from '../strategy.ts';

const SINKS = 4;

/** The task's instruction with the notes that the model wrote for it; without notes, the task's examples stand in. */
export function notesProbe(task: Task, notes: string | undefined): Probe {
  const examples = notes === undefined ? task.examples : [{ question: notesRequest, answer: notes }];
  return { rows: 'task', instruction: task.instruction, examples };
}

/** Attention summed over rows and query heads of a group, times ‖V‖; four sinks. */
export function valueWeighted(view: ProbeView, keep: number): Scores {
  const scores = everyHead(view, (layer, head) => {
    const norms = view.kv!.valueNorms(layer, head);
    return norms.map((norm, i) => norm * ofHead(view.sums, view, layer, head)[i]!);
  });
  return withSinks(scores, SINKS, keep);
}

/**
 * M1, after CacheNotes (EACL 2026, aclanthology.org/2026.eacl-long.309): the probe is a cheat sheet that the model
 * writes for the task, and attention counts by the length of the value it fetches. CacheNotes also multiplies each row
 * by its absolute position; rows of one probe stand within a few per cent of each other, so that is left out.
 */
export const m1: Strategy = {
  name: 'm1',
  source: 'CacheNotes, EACL 2026, sections 3–4',
  needs: ['kv'],
  writesNotes: true,
  probe: notesProbe,
  select: (view, keep) => keepBest(valueWeighted(view, keep), uniform(view.layers, keep)),
};
