import { LitElement } from 'lit';
import type { ChatTurn, HostMessage } from '../../common/chat.ts';
import { Announcer } from '../announcer.ts';
import { Conversation } from '../conversation.ts';
import { readSnapshot, takeSnapshot } from '../snapshot.ts';
import { t } from '../strings.ts';
import type { VsCodeApi } from '../vscodeApi.ts';

/** Time between two writes of the snapshot, in ms. */
const SAVE_EVERY = 500;

/**
 * What both pages do: show the last state at once, tell the host that they are there, take its messages (drawn once a
 * frame, however many come), hand theirs on, and say aloud what happens.
 */
export abstract class Page extends LitElement {
  protected readonly conversation = new Conversation();
  protected readonly announcer = new Announcer(document.body);
  protected readonly api: VsCodeApi;
  private frame: number | undefined;
  private saving: ReturnType<typeof setTimeout> | undefined;

  constructor(api: VsCodeApi) {
    super();
    this.api = api;
    this.addEventListener('crib-send', (event) => {
      api.postMessage(event.detail);
      if (event.detail.type === 'copy' || event.detail.type === 'copyText') this.announcer.say(t('copied'));
    });
    this.addEventListener('keydown', this.onEscape);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    const kept = readSnapshot(this.api.getState());
    if (kept) {
      this.conversation.state = kept.state;
      this.conversation.chat = kept.chat;
      this.conversation.turns = kept.turns;
      this.restore(kept.draft);
    }
    window.addEventListener('message', this.onMessage);
    window.addEventListener('pagehide', this.save);
    this.api.postMessage({ type: 'ready' });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener('message', this.onMessage);
    window.removeEventListener('pagehide', this.save);
  }

  /** The question being typed; nothing on a page without a box. */
  protected abstract get draft(): string;
  protected abstract restore(draft: string): void;
  /** May a turn be shown that the page has not heard of? */
  protected abstract readonly takesNewTurns: boolean;
  /** Only where there is a box. */
  protected onFocusMessage?(text: string | undefined): void;
  /** Runs after each message, before the page is drawn. */
  protected onChanged?(message: HostMessage): void;

  protected readonly save = (): void => {
    clearTimeout(this.saving);
    this.saving = undefined;
    this.api.setState(takeSnapshot(this.conversation, this.draft));
  };

  protected saveSoon(): void {
    this.saving ??= setTimeout(this.save, SAVE_EVERY);
  }

  protected override firstUpdated(): void {
    performance.mark('cribsheet-shown');
  }

  private readonly onMessage = (event: MessageEvent<unknown>): void => {
    if (!isHostMessage(event.data)) return;
    const message = event.data;
    if (message.type === 'focus') {
      this.onFocusMessage?.(message.text);
      return;
    }
    if (message.type === 'turn' && !this.takesNewTurns && !this.knows(message.turn)) return;
    const turn = this.conversation.apply(message);
    if (turn) this.announcer.follow(turn);
    this.onChanged?.(message);
    this.saveSoon();
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.requestUpdate();
    });
  };

  private knows(turn: ChatTurn): boolean {
    return this.conversation.turns.some(({ id }) => id === turn.id);
  }

  /** Escape that nothing else took (a menu, a question of its own) stops the answer. */
  private readonly onEscape = (event: KeyboardEvent): void => {
    const running = this.conversation.running;
    if (event.key !== 'Escape' || event.defaultPrevented || event.isComposing || !running) return;
    event.preventDefault();
    this.api.postMessage({ type: 'stop', turn: running.id });
  };
}

/** Anything may be posted to a window; only VS Code posts these. */
function isHostMessage(data: unknown): data is HostMessage {
  if (typeof data !== 'object' || data === null || !('type' in data)) return false;
  return ['state', 'chat', 'turn', 'text', 'focus'].includes(String(data.type));
}
