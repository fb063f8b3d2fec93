import type { Answer, Unsure } from '../common/answers.ts';
import type { ChatActionId, ChatAnswer } from '../common/chat.ts';
import type { ErrorCode } from '../common/errors.ts';
import type { Mode } from '../common/names.ts';
import { visibleLine } from './text/clean.ts';
import { t, type StringKey } from './strings.ts';

const names: Record<Mode, [name: StringKey, help: StringKey]> = {
  auto: ['modeAuto', 'modeAutoHelp'],
  cache: ['modeCache', 'modeCacheHelp'],
  rag: ['modeRag', 'modeRagHelp'],
  hybrid: ['modeHybrid', 'modeHybridHelp'],
  offload: ['modeOffload', 'modeOffloadHelp'],
  full: ['modeFull', 'modeFullHelp'],
  none: ['modeNone', 'modeNoneHelp'],
};

/** A mode that this page does not know yet is shown by its id. */
export function modeName(mode: Mode): string {
  const known = names[mode] as (typeof names)[Mode] | undefined;
  return known ? t(known[0]) : visibleLine(mode);
}

export function modeHelp(mode: Mode): string {
  const known = names[mode] as (typeof names)[Mode] | undefined;
  return known ? t(known[1]) : '';
}

/** The mode that made an answer, once that is known; the one asked for before. */
export function modeOf({ asked, answer }: ChatAnswer): Mode {
  return answer?.mode ?? asked;
}

/** Names of several modes in one line: `Cache, RAG`. */
export function modeList(modes: readonly Mode[]): string {
  return new Intl.ListFormat(document.documentElement.lang || undefined, { type: 'conjunction' }).format(
    modes.map(modeName),
  );
}

/** The button that helps with a failure. */
export function actionOf(code: ErrorCode): { id: ChatActionId; label: StringKey } | undefined {
  switch (code) {
    case 'sheet-missing':
      return { id: 'compress', label: 'actCompress' };
    case 'model-missing':
    case 'model-broken':
    case 'model-unsupported':
    case 'tokenizer-mismatch':
      return { id: 'chooseModel', label: 'actChooseModel' };
    case 'task-missing':
    case 'task-invalid':
      return { id: 'chooseTask', label: 'actChooseTask' };
    case 'workspace-missing':
    case 'workspace-empty':
      return { id: 'openFolder', label: 'actOpenFolder' };
    case 'workspace-untrusted':
      return { id: 'manageTrust', label: 'actManageTrust' };
    case 'worker-dead':
    case 'index-unavailable':
      return { id: 'restartWorker', label: 'actRestartWorker' };
    case 'store-full':
    case 'store-unwritable':
    case 'device-unavailable':
      return { id: 'openSettings', label: 'actOpenSettings' };
    case 'internal':
    case 'file-unreadable':
      return { id: 'showLog', label: 'actShowLog' };
    default:
      return undefined;
  }
}

const doubts: Record<Unsure, StringKey> = {
  beyond: 'unsureBeyond',
  'low-confidence': 'unsureLow',
  contradicted: 'unsureContradicted',
};

/** Why an answer should not be relied on; undefined where nothing (that this page knows of) speaks against it. */
export function doubtText(unsure: Unsure | undefined): string | undefined {
  const known = unsure && (doubts[unsure] as StringKey | undefined);
  return known && t(known);
}

/** Did retrieval answer without a model? Then its chunks are the answer. */
export function isSearchOnly(answer: Answer): boolean {
  return answer.answer === '' && answer.chunks !== undefined && !answer.error;
}
