import { staysOnDisk, type SheetChanges, type SheetSummary } from '../../common/sheets.ts';
import type { Figures } from '../figures.ts';
import type { Translate } from '../translate.ts';

/** How a sheet stands: what is wrong with it comes before what is merely unfinished. */
export type SheetStanding = 'ready' | 'partial' | 'stale' | 'damaged';

export function standingOf(sheet: SheetSummary, changes: SheetChanges | undefined): SheetStanding {
  if ((sheet.missingBlocks ?? 0) > 0) return 'damaged';
  if (changedFiles(changes) > 0) return 'stale';
  return sheet.complete ? 'ready' : 'partial';
}

export const changedFiles = (changes: SheetChanges | undefined): number =>
  changes ? changes.changed.length + changes.added.length + changes.removed.length : 0;

/** The grey text behind a sheet's title: `starter · 1 of 16 · 2,048 positions · 5.9 MB · 2 hours ago`. */
export function sheetDescription(sheet: SheetSummary, figures: Figures, t: Translate): string {
  const parts = [
    sheet.model,
    staysOnDisk(sheet) ? t('all, on disk') : t('1 of {0}', figures.number(sheet.ratio)),
    t('{0} positions', figures.count(sheet.positions)),
    ...(sheet.bytes === undefined ? [] : [figures.bytes(sheet.bytes)]),
    figures.age(sheet.createdAt),
  ];
  return parts.filter((part) => part !== '').join(' · ');
}

/** One line for each thing worth knowing of a sheet. */
export function sheetTooltip(
  sheet: SheetSummary,
  changes: SheetChanges | undefined,
  figures: Figures,
  t: Translate,
): string {
  const { coverage } = sheet;
  return [
    sheet.task.title,
    standingText(sheet, changes, figures, t),
    t(
      'Covers {0} of {1} files, {2} of {3} tokens.',
      figures.count(coverage.files),
      figures.count(coverage.filesTotal),
      figures.count(coverage.tokens),
      figures.count(coverage.tokensTotal),
    ),
    t('Strategy {0}, {1} segments.', sheet.strategy, figures.count(sheet.segments)),
    ...(sheet.scope.length === 0 ? [] : [t('Scope: {0}', sheet.scope.join(', '))]),
  ].join('\n');
}

function standingText(sheet: SheetSummary, changes: SheetChanges | undefined, figures: Figures, t: Translate): string {
  switch (standingOf(sheet, changes)) {
    case 'damaged':
      return t('Blocks are missing ({0}): rebuild it.', figures.count(sheet.missingBlocks ?? 0));
    case 'stale':
      return t(
        'Stale: {0} changed, {1} new, {2} deleted since.',
        figures.files(changes?.changed.length ?? 0),
        figures.count(changes?.added.length ?? 0),
        figures.count(changes?.removed.length ?? 0),
      );
    case 'partial':
      return t('Partly built: what is there answers already.');
    case 'ready':
      return t('Up to date.');
  }
}
