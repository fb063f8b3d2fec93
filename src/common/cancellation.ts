import { CancellationTokenSource, type CancellationToken } from 'vscode-jsonrpc';

/**
 * The one place where the two vocabularies of cancellation meet: tokens in RPC and VS Code, signals in the engine.
 * Both functions return how to let go of the other side once the work is over.
 */

/** Aborts `controller` as soon as `token` is cancelled. */
export function abortOnCancel(token: CancellationToken, controller: AbortController): () => void {
  if (token.isCancellationRequested) controller.abort();
  const listener = token.onCancellationRequested(() => {
    controller.abort();
  });
  return () => {
    listener.dispose();
  };
}

/** A token that is cancelled as soon as `signal` is aborted. */
export function cancelOnAbort(signal: AbortSignal): { token: CancellationToken; release: () => void } {
  const source = new CancellationTokenSource();
  const { token } = source;
  const cancel = (): void => {
    source.cancel();
  };
  if (signal.aborted) cancel();
  signal.addEventListener('abort', cancel, { once: true });
  return {
    token,
    release: () => {
      signal.removeEventListener('abort', cancel);
      source.dispose();
    },
  };
}
