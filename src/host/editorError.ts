import type { ErrorRecord } from '../common/errors.ts';
import { inDisplayLanguage } from './engineTexts.ts';
import type { Translate } from './translate.ts';

/**
 * A failure as the editor tells it: in its language, and where the engine's advice names flags of the command line, in
 * words of the editor. Told twice it stays the same.
 */
export function editorError(error: ErrorRecord, t: Translate): ErrorRecord {
  const isForTerminal = /(?:^|\s)--[a-z]|"?cribsheet [a-z]/u.test(`${error.message} ${error.action}`);
  // A message that names a flag says the same before it.
  const action = isForTerminal ? adviceFor(error, t) : inDisplayLanguage(error.action, t);
  return { ...error, message: inDisplayLanguage(error.message, t), action };
}

function adviceFor({ code, action }: ErrorRecord, t: Translate): string {
  switch (code) {
    case 'model-missing':
    case 'model-broken':
      return t('Choose another model, or install this one again.');
    case 'device-unavailable':
      return t('Choose the device “cpu” or “auto” in the settings.');
    case 'sheet-missing':
      if (action.includes('--strategy offload'))
        return t(
          'Compress the workspace for this task and choose to keep everything, on disk; or ask by search (RAG).',
        );
      return t('Compress the workspace for this task, or ask by search (RAG).');
    case 'context-too-long':
      return t('Ask from the sheet or by search (RAG), or choose a model with a longer window.');
    case 'workspace-empty':
      return t('Widen the scope, or open a folder with source files.');
    case 'store-unwritable':
      return t('Choose another folder for the store in the settings.');
    case 'store-full':
      return t('Free some space (delete sheets that are not needed), then go on: finished work is kept.');
    default:
      return action.replaceAll(/"?cribsheet [^".]*"?|--[a-z-]+/gu, '…');
  }
}
