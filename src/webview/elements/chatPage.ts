import { css, html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { HostMessage } from '../../common/chat.ts';
import { modes } from '../../common/names.ts';
import { t } from '../strings.ts';
import { base } from '../styles/base.ts';
import { chatPageStyles } from '../styles/chatPage.ts';
import { icon } from '../styles/icons.ts';
import { visibleLine } from '../text/clean.ts';
import { send } from '../vscodeApi.ts';
import type { CribComposer } from './composer.ts';
import './composer.ts';
import type { CribHistory } from './history.ts';
import './history.ts';
import { Page } from './page.ts';
import './status.ts';
import './turn.ts';

/** Turns that are drawn at once; of a long chat, as many more follow at a time, from the end upwards. */
const BATCH = 20;

/** Nearer to the end than this (px), the conversation follows what is written. */
const NEAR = 48;

/** The sidebar: where things stand, the conversation, the question box. */
export class CribChatPage extends Page {
  static override properties = { isHistoryOpen: { state: true }, isAtEnd: { state: true }, drawn: { state: true } };
  declare private isHistoryOpen: boolean;
  /** Does the conversation follow its end? */
  declare private isAtEnd: boolean;
  /** Turns that may be drawn so far. */
  declare private drawn: number;
  private typed = '';
  /** Chat and last turn that were shown last. */
  private end = '';
  private shownChat: string | undefined;
  private asked: readonly string[] = [];
  private resized: ResizeObserver | undefined;

  static override styles = [
    base,
    chatPageStyles,
    css`
      :host {
        block-size: 100%;
      }
    `,
  ];

  protected override restore(draft: string): void {
    this.typed = draft;
    this.learnAsked();
  }

  protected override get draft(): string {
    return this.composer?.draft ?? this.typed;
  }

  protected override readonly takesNewTurns = true;

  protected override onFocusMessage(text: string | undefined): void {
    this.composer?.focusBox(text);
  }

  protected override onChanged(message: HostMessage): void {
    // Another chat or another question is read from its end.
    const { chat, turns } = this.conversation;
    const end = `${chat ?? ''} ${turns.at(-1)?.id ?? ''}`;
    if (end !== this.end) this.isAtEnd = true;
    if (chat !== this.shownChat) this.drawn = turns.length > BATCH ? BATCH : Infinity;
    this.shownChat = chat;
    this.end = end;
    if (message.type === 'chat' || message.type === 'turn') this.learnAsked();
  }

  override render(): TemplateResult {
    const { state, turns, running } = this.conversation;
    return html`<main>
      <h1 class="hidden-visually">${t('chatTitle')}</h1>
      ${this.bar()}
      ${
        this.isHistoryOpen
          ? html`<crib-history
              id="history"
              .chats=${state?.chats ?? []}
              .shown=${state?.chat}
              @crib-close=${() => {
                this.closeHistory();
              }}
              @keydown=${(event: KeyboardEvent) => {
                if (event.key !== 'Escape' || event.defaultPrevented) return;
                event.preventDefault();
                this.closeHistory();
              }}
            ></crib-history>`
          : nothing
      }
      ${state ? html`<crib-status .status=${state.status}></crib-status>` : nothing}
      <section
        class="conversation"
        tabindex="0"
        aria-label=${t('conversation')}
        aria-busy=${String(running !== undefined)}
        @scroll=${this.onScroll}
      >
        <div class="turns">
          ${
            turns.length === 0
              ? html`<div class="greeting">
                  <p>${state ? t('greeting') : t('starting')}</p>
                  ${state ? html`<p class="quiet">${t('greetingMore')}</p>` : nothing}
                </div>`
              : repeat(
                  turns.slice(Math.max(0, turns.length - this.drawn)),
                  ({ id }) => id,
                  (turn) => html`<crib-turn .turn=${turn} .modes=${state?.modes ?? modes}></crib-turn>`,
                )
          }
        </div>
      </section>
      <div class="foot">
        ${
          this.isAtEnd
            ? nothing
            : html`<button class="tool latest" aria-label=${t('toLatest')} title=${t('toLatest')} @click=${this.toEnd}>
                ${icon('arrow-down')}
              </button>`
        }
        <crib-composer
          .state=${state}
          .draft=${this.typed}
          .asked=${this.asked}
          .running=${running?.id}
          @crib-draft=${() => {
            this.typed = this.draft;
            this.saveSoon();
          }}
        ></crib-composer>
        ${
          state?.model
            ? html`<p class="model quiet cut" title=${t('model', visibleLine(state.model))}>
                ${t('model', visibleLine(state.model))}
              </p>`
            : nothing
        }
      </div>
    </main>`;
  }

  private bar(): TemplateResult {
    const { state } = this.conversation;
    const folder = state?.roots.find(({ root }) => root === state.root);
    const title = state?.chats.find(({ id }) => id === state.chat)?.title ?? '';
    return html`<div class="bar row">
      ${
        state && state.roots.length > 1
          ? html`<crib-menu
              class="folder"
              .icon=${'folder' as const}
              .label=${t('folder', visibleLine(folder?.name ?? ''))}
              .text=${visibleLine(folder?.name ?? '–')}
              .selected=${state.root ?? ''}
              .items=${state.roots.map(({ root, name }) => ({ id: root, label: name }))}
              @crib-choose=${(event: CustomEvent<string>) => {
                send(this, { type: 'setRoot', root: event.detail });
              }}
            ></crib-menu>`
          : nothing
      }
      <bdi class="title cut quiet">${visibleLine(title)}</bdi>
      <button
        class="tool history"
        aria-label=${t('history')}
        title=${t('history')}
        aria-expanded=${String(this.isHistoryOpen)}
        aria-controls=${this.isHistoryOpen ? 'history' : nothing}
        @click=${this.toggleHistory}
      >
        ${icon('history')}
      </button>
      <button
        class="tool new"
        aria-label=${t('newChat')}
        title=${t('newChat')}
        @click=${() => {
          this.isHistoryOpen = false;
          send(this, { type: 'newChat' });
          this.composer?.focusBox();
        }}
      >
        ${icon('add')}
      </button>
    </div>`;
  }

  constructor(...args: ConstructorParameters<typeof Page>) {
    super(...args);
    this.isHistoryOpen = false;
    this.isAtEnd = true;
    this.drawn = Infinity;
  }

  private get composer(): CribComposer | null {
    return this.renderRoot instanceof ShadowRoot ? this.renderRoot.querySelector('crib-composer') : null;
  }

  private get scroller(): HTMLElement {
    return this.renderRoot.querySelector<HTMLElement>('.conversation')!;
  }

  /** Questions to bring back with Up, without repetitions; the same list while there is no new one. */
  private learnAsked(): void {
    const asked = [...new Set(this.conversation.turns.map(({ question }) => question))];
    if (asked.length !== this.asked.length || asked.some((q, i) => q !== this.asked[i])) this.asked = asked;
  }

  private readonly toggleHistory = (): void => {
    this.isHistoryOpen = !this.isHistoryOpen;
    if (this.isHistoryOpen)
      void this.updateComplete.then(async () => {
        const list = this.renderRoot.querySelector<CribHistory>('crib-history');
        await list?.updateComplete;
        list?.focusFirst();
      });
  };

  private closeHistory(): void {
    this.isHistoryOpen = false;
    this.renderRoot.querySelector<HTMLElement>('button.history')?.focus();
  }

  private readonly onScroll = (): void => {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    this.isAtEnd = scrollHeight - scrollTop - clientHeight < NEAR;
  };

  private readonly toEnd = (): void => {
    this.isAtEnd = true;
    this.scroller.scrollTop = this.scroller.scrollHeight;
  };

  /** The rest of a long chat is drawn in pieces, so that the page answers in between. */
  protected override updated(): void {
    if (this.drawn === Infinity) return;
    setTimeout(() => {
      const next = this.drawn + BATCH;
      this.drawn = next < this.conversation.turns.length ? next : Infinity;
    });
  }

  protected override firstUpdated(): void {
    super.firstUpdated();
    // Elements draw themselves after the page: the end moves whenever the content grows.
    this.resized = new ResizeObserver(() => {
      if (this.isAtEnd) this.scroller.scrollTop = this.scroller.scrollHeight;
    });
    this.resized.observe(this.renderRoot.querySelector('.turns')!);
    this.resized.observe(this.scroller);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.resized?.disconnect();
  }
}

customElements.define('crib-chat-page', CribChatPage);
