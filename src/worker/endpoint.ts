import type {
  CancellationToken,
  HandlerResult,
  MessageConnection,
  ProgressToken,
  ProgressType,
  RequestParam,
  RequestType,
  RequestType0,
} from 'vscode-jsonrpc';
import { CribsheetError, type ErrorRecord } from '../common/errors.ts';
import { logNotification, modelNotification, type LogParams, type ModelStatus } from '../common/protocol.ts';
import { toResponseError } from '../common/rpcErrors.ts';

/** The worker's end of the connection: typed handlers, typed errors, the log. */
export class Endpoint {
  private readonly connection: MessageConnection;

  constructor(connection: MessageConnection) {
    this.connection = connection;
  }

  handle<P, R>(
    type: RequestType<P, R, ErrorRecord>,
    handler: (params: P, token: CancellationToken) => Promise<R> | R,
  ): void {
    this.connection.onRequest(
      type,
      (params, token) => this.answer(type.method, () => handler(params, token)) as HandlerResult<R, ErrorRecord>,
    );
  }

  handle0<R>(type: RequestType0<R, ErrorRecord>, handler: () => Promise<R> | R): void {
    this.connection.onRequest(type, () => this.answer(type.method, handler) as HandlerResult<R, ErrorRecord>);
  }

  /** Without a token nobody listens. */
  progress<T>(type: ProgressType<T>, token: ProgressToken | undefined, value: T): void {
    if (token !== undefined) this.unlessGone(this.connection.sendProgress(type, token, value as RequestParam<T>));
  }

  model(status: ModelStatus): void {
    this.unlessGone(this.connection.sendNotification(modelNotification, status));
  }

  log(level: LogParams['level'], message: string): void {
    this.unlessGone(this.connection.sendNotification(logNotification, { level, message }));
  }

  private async answer<R>(method: string, work: () => Promise<R> | R): Promise<R> {
    try {
      return await work();
    } catch (error) {
      // What the sender is told is for a person; a bug's stack is for whoever mends it.
      if (!CribsheetError.is(error)) this.log('error', `${method}: ${stackOf(error)}`);
      throw toResponseError(error);
    }
  }

  /** A parent that is gone needs no news: the end of the channel ends this process (lifecycle.ts). */
  private unlessGone(sent: Promise<void>): void {
    sent.catch(() => undefined);
  }
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
