import type { WebviewMessage } from '../common/chat.ts';

/** What VS Code gives a webview. It can be asked for once a page. */
export interface VsCodeApi {
  postMessage(message: WebviewMessage): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare global {
  function acquireVsCodeApi(): VsCodeApi;
  interface HTMLElementEventMap {
    'crib-send': CustomEvent<WebviewMessage>;
  }
}

/** Hands a message up to the page, which alone talks to the host. */
export function send(from: HTMLElement, message: WebviewMessage): void {
  from.dispatchEvent(new CustomEvent('crib-send', { detail: message, bubbles: true, composed: true }));
}
