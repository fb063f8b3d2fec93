import type { Translate } from '../translate.ts';

export interface PathWithReason {
  path: string;
  reason: string;
}

export interface ReasonGroup {
  reason: string;
  paths: string[];
}

/** Files by the reason why they are out, the commonest first; paths in order. */
export function groupByReason(files: readonly PathWithReason[]): ReasonGroup[] {
  const groups = new Map<string, string[]>();
  for (const { path, reason } of files) {
    const paths = groups.get(reason);
    if (paths) paths.push(path);
    else groups.set(reason, [path]);
  }
  return [...groups]
    .map(([reason, paths]) => ({ reason, paths: paths.sort() }))
    .sort((a, b) => b.paths.length - a.paths.length || (a.reason < b.reason ? -1 : 1));
}

/** A reason in words. One that is not known here (from a newer engine) is shown as it is. */
export function reasonText(reason: string, t: Translate): string {
  switch (reason) {
    case 'sheet-full':
      return t('No room in the sheet');
    case 'not-built':
      return t('Not built yet');
    case 'ignored':
      return t('Ignored');
    case 'binary':
      return t('Binary');
    case 'minified':
      return t('Minified');
    case 'generated':
      return t('Generated');
    case 'lock-file':
      return t('Lock file');
    case 'secret':
      return t('May hold a secret');
    case 'too-large':
      return t('Too large');
    case 'not-utf8':
      return t('Not UTF-8');
    case 'unreadable':
      return t('Unreadable');
    case 'symlink':
      return t('Symbolic link');
    case 'too-many-files':
      return t('Beyond the limit of files');
    default:
      return reason;
  }
}

/** What can be done about it; undefined where nothing needs to be. */
export function reasonHint(reason: string, t: Translate): string | undefined {
  switch (reason) {
    case 'sheet-full':
      return t(
        'Choose a larger sheet, a higher ratio, or compress a folder. Until then questions about these files are answered by search (RAG).',
      );
    case 'not-built':
      return t('Rebuild the sheet: what is done already is kept.');
    case 'ignored':
      return t('An ignore file says so: .gitignore, .cribsheetignore or the like.');
    case 'secret':
      return t('Files whose names are usual for keys and passwords are never read.');
    case 'too-large':
    case 'minified':
    case 'generated':
      return t('Text that nobody wrote by hand says little and takes much room.');
    case 'not-utf8':
      return t('Save the file in UTF-8 to have it read.');
    case 'symlink':
      return t('Its target is read where it lies, if that is in the folder.');
    default:
      return undefined;
  }
}
