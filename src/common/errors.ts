/** Every way in which Cribsheet can fail in front of a person. Closed: a new failure gets a code here first. */
export const errorCodes = [
  'usage',
  'cancelled',
  'busy',
  'workspace-missing',
  'workspace-empty',
  'workspace-untrusted',
  'file-unreadable',
  'task-invalid',
  'task-missing',
  'model-missing',
  'model-broken',
  'model-unsupported',
  'tokenizer-mismatch',
  'device-unavailable',
  'question-too-long',
  'context-too-long',
  'sheet-missing',
  'store-unwritable',
  'store-full',
  'index-unavailable',
  'worker-dead',
  'internal',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** The shape in which an error travels: over RPC, in JSON answers, in a state of the user interface. */
export interface ErrorRecord {
  code: ErrorCode;
  /** What happened, one sentence. */
  message: string;
  /** What the user can do next, one sentence. */
  action: string;
}

/** An expected failure: it has a code, says what happened and what to do next. Anything else that is thrown is a bug. */
export class CribsheetError extends Error {
  readonly code: ErrorCode;
  readonly action: string;

  constructor(code: ErrorCode, message: string, action: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CribsheetError';
    this.code = code;
    this.action = action;
  }

  /** Is `error` a CribsheetError, and (where given) one with this code? */
  static is(error: unknown, code?: ErrorCode): error is CribsheetError {
    return error instanceof CribsheetError && (code === undefined || error.code === code);
  }

  toRecord(): ErrorRecord {
    return { code: this.code, message: this.message, action: this.action };
  }
}

/** Any thrown value as a record; what is no CribsheetError is reported as a bug. */
export function errorRecord(error: unknown): ErrorRecord {
  if (CribsheetError.is(error)) return error.toRecord();
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: 'internal',
    message,
    action: 'This is a bug in Cribsheet: please report it with the steps that led here.',
  };
}

/** Throws the typed `cancelled` error once `signal` is aborted. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw cancelledError();
}

export function cancelledError(): CribsheetError {
  return new CribsheetError('cancelled', 'Cancelled.', 'Run it again: what was finished is kept.');
}
