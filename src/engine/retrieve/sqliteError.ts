import type { DatabaseSync } from 'node:sqlite';
import { CribsheetError } from '../../common/errors.ts';

/** Primary result codes of SQLite (https://sqlite.org/rescode.html); extended codes carry them in the low byte. */
const codes = { error: 1, busy: 5, locked: 6, corrupt: 11, full: 13, constraint: 19, mismatch: 20, notADatabase: 26 };

/** The index holds what was never put in: its file is damaged. */
export class IndexDamaged extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'IndexDamaged';
  }
}

/** Is `error` from SQLite? Then its primary result code. */
function sqliteCode(error: unknown): number | undefined {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
  return typeof code === 'number' ? code & 0xff : undefined;
}

/** The file is not a database, its pages contradict each other, or a row is not what was written. */
export function isDamage(error: unknown): boolean {
  const code = sqliteCode(error);
  return error instanceof IndexDamaged || code === codes.corrupt || code === codes.notADatabase;
}

/**
 * `error`, or IndexDamaged where that is the reason: a damaged table also shows as a statement that suddenly fails or
 * a row that breaks a rule. Looks through the whole file, but only then.
 */
export function explainError(db: DatabaseSync, error: unknown): unknown {
  const code = sqliteCode(error);
  if (code !== codes.error && code !== codes.constraint && code !== codes.mismatch) return error;
  const { message } = error as Error;
  try {
    const found = db.prepare('PRAGMA integrity_check(1)').get()?.['integrity_check'];
    return found === 'ok' ? error : new IndexDamaged(message, { cause: error });
  } catch {
    // Even looking fails.
    return new IndexDamaged(message, { cause: error });
  }
}

/** Another connection holds the lock. */
export function isBusy(error: unknown): boolean {
  const code = sqliteCode(error);
  return code === codes.busy || code === codes.locked;
}

/** An error of SQLite or of the file system as one with a next step; bugs and typed errors stay what they are. */
export function indexError(file: string, error: unknown): unknown {
  const code = sqliteCode(error);
  const system = error instanceof Error && 'syscall' in error;
  if (!(error instanceof Error) || (code === undefined && !system && !isDamage(error))) return error;
  if (code === codes.full || (system && 'code' in error && error.code === 'ENOSPC')) {
    const action = 'Free disk space or choose another store folder, then index again.';
    return new CribsheetError('store-full', `There is no room left for the index ${file}.`, action, { cause: error });
  }
  const [why, action] = isBusy(error)
    ? ['another process is writing to it', 'Wait until the other window or command is done, then try again.']
    : isDamage(error)
      ? [`it is damaged (${error.message})`, 'Index the workspace again: the damaged file is replaced.']
      : [error.message, 'Check the permissions of the store folder or choose another one.'];
  return new CribsheetError('index-unavailable', `The index ${file} cannot be used: ${why}.`, action, { cause: error });
}
