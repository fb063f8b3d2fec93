import type { Mode } from '../common/names.ts';
import type { ModelStatus } from '../common/protocol.ts';
import { isReadIn, type SheetSummary } from '../common/sheets.ts';

/** A sheet is read only by the model that made it. As long as none is loaded, nobody knows better: then it is readable. */
export function isReadable({ fingerprint }: SheetSummary, model: ModelStatus): boolean {
  return model.state !== 'ready' || fingerprint === model.fingerprint;
}

/**
 * The sheet that answers for a task: of those that the model can read the newest that is complete, else the newest; the
 * newest one where it can read none.
 */
export function sheetOfTask(
  sheets: readonly SheetSummary[] = [],
  task: string,
  model: ModelStatus,
  mode?: Mode,
): SheetSummary | undefined {
  const own = sheets.filter((sheet) => sheet.task.id === task && isReadIn(sheet, mode));
  const readable = own.filter((sheet) => isReadable(sheet, model));
  return readable.find(({ complete }) => complete) ?? readable[0] ?? own[0];
}
