import { ConnectionError, ErrorCodes, ResponseError } from 'vscode-jsonrpc';
import { CribsheetError, errorCodes, type ErrorRecord } from './errors.ts';

/** JSON-RPC's number for every expected failure; which one it is stands in the record. */
const EXPECTED_FAILURE = 1;

/** How a thrown value travels: an expected failure with its record, a bug with its message alone. */
export function toResponseError(error: unknown): ResponseError<ErrorRecord> {
  if (error instanceof ResponseError) return error as ResponseError<ErrorRecord>;
  if (CribsheetError.is(error)) return new ResponseError(EXPECTED_FAILURE, error.message, error.toRecord());
  const message = error instanceof Error ? error.message : String(error);
  return new ResponseError(ErrorCodes.InternalError, message);
}

/** What a failed request means to its sender: the CribsheetError that was thrown, a dead worker, or a bug. */
export function fromResponseError(error: unknown): Error {
  if (error instanceof ConnectionError) return workerDead(error);
  if (!(error instanceof ResponseError)) return error instanceof Error ? error : new Error(String(error));
  const lost: number[] = [ErrorCodes.PendingResponseRejected, ErrorCodes.MessageWriteError];
  if (lost.includes(error.code)) return workerDead(error);
  const data: unknown = error.data;
  if (error.code !== EXPECTED_FAILURE || !isRecord(data)) {
    return new Error(`The worker failed: ${error.message}`, { cause: error });
  }
  return new CribsheetError(data.code, data.message, data.action, { cause: error });
}

function workerDead(cause: unknown): CribsheetError {
  return new CribsheetError(
    'worker-dead',
    'The worker process has ended.',
    'Try again: finished work is on disk and is not done twice.',
    { cause },
  );
}

function isRecord(value: unknown): value is ErrorRecord {
  const record = value as Partial<ErrorRecord> | null | undefined;
  return (
    errorCodes.some((code) => code === record?.code) &&
    typeof record?.message === 'string' &&
    typeof record.action === 'string'
  );
}
