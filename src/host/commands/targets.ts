import type { ModelInfo } from '../../common/protocol.ts';
import type { SheetTarget } from '../trees/sheetEntries.ts';

/** A row of the sheets view that stands for a sheet, or for a file in one. */
export function isTarget(arg: unknown): arg is { target: SheetTarget; file?: { root: string; path: string } } {
  const target = (arg as { target?: Partial<SheetTarget> } | null | undefined)?.target;
  return typeof target?.root === 'string' && typeof target.sheet?.id === 'string';
}

/** A row of the models view. */
export function isModelRow(arg: unknown): arg is { model: ModelInfo } {
  return typeof (arg as { model?: Partial<ModelInfo> } | null | undefined)?.model?.name === 'string';
}
