import type { ErrorCode } from '../../common/errors.ts';
import type { Translate } from '../translate.ts';

/** A button of a message. */
export interface ErrorAction {
  label: string;
  command: string;
}

/** The buttons that help with a failure; the log is always there. */
export function errorActions(code: ErrorCode, t: Translate): ErrorAction[] {
  return [...helpFor(code, t), { label: t('Show Log'), command: 'cribsheet.showLog' }];
}

function helpFor(code: ErrorCode, t: Translate): ErrorAction[] {
  switch (code) {
    case 'model-missing':
    case 'model-broken':
    case 'model-unsupported':
    case 'tokenizer-mismatch':
      return [{ label: t('Choose Model…'), command: 'cribsheet.chooseModel' }];
    case 'device-unavailable':
    case 'store-unwritable':
    case 'store-full':
      return [{ label: t('Open Settings'), command: 'cribsheet.openSettings' }];
    case 'worker-dead':
      return [{ label: t('Restart Engine'), command: 'cribsheet.restartEngine' }];
    case 'sheet-missing':
      return [{ label: t('Compress…'), command: 'cribsheet.compress' }];
    case 'task-invalid':
    case 'task-missing':
      return [{ label: t('Open Task…'), command: 'cribsheet.openTask' }];
    case 'busy':
      return [{ label: t('Show Status'), command: 'cribsheet.showStatus' }];
    default:
      return [];
  }
}
