import type { LineRange } from '../../common/answers.ts';
import { takeMode, untrainedRouter, type Routed, type RoutedMode, type Router } from '../model/router.ts';
import type { TextIndex } from '../retrieve/textIndex.ts';
import type { SheetFile } from '../sheet/sheetFile.ts';
import { namedIn, questionFeatures, type Named } from './features.ts';

export interface Route {
  mode: RoutedMode;
  reason: string;
  /** How likely each mode was thought best, and by what; only where a router was fitted. */
  routing?: Pick<Routed, 'probabilities' | 'because'>;
}

/** Not even a part of the sheet can be read. */
export const unreadableSheet: Route = { mode: 'rag', reason: 'the sheet for this task cannot be read' };

/**
 * `auto`: by a router that was fitted for the model, where there is one; else the cache where it covers what the
 * question names, RAG otherwise.
 */
export function route(
  question: string,
  index: TextIndex,
  sheet: SheetFile | undefined,
  focus: readonly LineRange[] = [],
  router?: Router,
): Route {
  if (focus.length > 0) return { mode: 'rag', reason: 'the question comes with source of its own' };
  if (!sheet) return { mode: 'rag', reason: 'there is no sheet for this task yet' };
  if (sheet.segments.length === 0) return unreadableSheet;
  const named = namedIn(question, index, sheet);
  const features = questionFeatures(question, index, sheet, named);
  const { mode, probabilities, because } = takeMode(router ?? untrainedRouter, features);
  if (!router) return ruleReason(mode, named);
  const percent = Math.round(100 * (probabilities[mode] ?? 0));
  return { ...fittedReason(mode, percent), routing: { probabilities, because } };
}

type Reasoned = Pick<Route, 'mode' | 'reason'>;

/** Reasons stand in the source word for word: a test compares them with their translations. */
function ruleReason(mode: RoutedMode, { count, uncovered }: Named): Reasoned {
  if (uncovered?.name !== undefined) {
    const { name, path } = uncovered;
    return { mode, reason: `the sheet does not cover ${name} (${path})` };
  }
  if (uncovered) return { mode, reason: `the sheet does not cover ${uncovered.path}` };
  if (count > 0) return { mode, reason: 'the sheet covers what the question names' };
  // What is meant by a question that names nothing may stand anywhere.
  if (mode === 'cache') return { mode, reason: 'the sheet covers the whole folder' };
  return { mode, reason: 'the question names nothing that the sheet is known to cover' };
}

function fittedReason(mode: RoutedMode, percent: number): Reasoned {
  switch (mode) {
    case 'cache':
      return { mode, reason: `questions like this one are answered best from the sheet (${percent} %)` };
    case 'hybrid':
      return {
        mode,
        reason: `questions like this one are answered best from sheet and source together (${percent} %)`,
      };
    default:
      return { mode, reason: `questions like this one are answered best by retrieval (${percent} %)` };
  }
}
