import type { ModelStatus } from '../common/protocol.ts';
import type { SheetSummary } from '../common/sheets.ts';

/** A sheet is read only by the model that made it. As long as none is loaded, nobody knows better: then it is readable. */
export function isReadable({ fingerprint }: SheetSummary, model: ModelStatus): boolean {
  return model.state !== 'ready' || fingerprint === model.fingerprint;
}

/** The sheet that answers for a task: the newest one that the model can read; the newest one where it can read none. */
export function sheetOfTask(
  sheets: readonly SheetSummary[] = [],
  task: string,
  model: ModelStatus,
): SheetSummary | undefined {
  const own = sheets.filter((sheet) => sheet.task.id === task);
  return own.find((sheet) => isReadable(sheet, model)) ?? own[0];
}
