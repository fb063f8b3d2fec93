import type { VscodeButton } from '@vscode-elements/elements/dist/vscode-button/index.js';
import '@vscode-elements/elements/dist/vscode-button/index.js';
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { ChatSummary } from '../../common/chat.ts';
import { ago, count } from '../format.ts';
import { Roving } from '../roving.ts';
import { t } from '../strings.ts';
import { base } from '../styles/base.ts';
import { icon } from '../styles/icons.ts';
import { visibleLine } from '../text/clean.ts';
import { send } from '../vscodeApi.ts';

/**
 * Earlier chats of the workspace. Up and down walk through them, Enter shows one, Delete asks whether it may go; the
 * question stands in the chat's own line, because webviews have no dialogs.
 */
export class CribHistory extends LitElement {
  static override properties = {
    chats: { attribute: false },
    shown: { attribute: false },
    deleting: { state: true },
  };
  declare chats: readonly ChatSummary[];
  /** Id of the chat that is shown. */
  declare shown: string | undefined;
  declare private deleting: string | undefined;
  private readonly roving = new Roving(this, '.chat', 'vertical');

  constructor() {
    super();
    this.chats = [];
  }

  static override styles = [
    base,
    css`
      :host {
        background: var(--vscode-sideBar-background);
        border-block-end: 1px solid var(--vscode-widget-border, var(--vscode-contrastBorder, transparent));
        max-block-size: 45vh;
        overflow-y: auto;
        padding: 4px;
      }
      p.none {
        padding: 4px 8px;
      }
      li {
        align-items: center;
        border-radius: 4px;
        display: flex;
      }
      li:hover {
        background: var(--vscode-list-hoverBackground);
        outline: 1px dashed var(--vscode-contrastActiveBorder, transparent);
      }
      li[aria-current='true'] {
        background: var(--vscode-list-inactiveSelectionBackground);
        outline: 1px dotted var(--vscode-contrastActiveBorder, transparent);
      }
      .chat {
        display: grid;
        flex: 1;
        min-inline-size: 0;
        padding: 3px 8px;
      }
      .more {
        font-size: 0.92em;
      }
      li[aria-current='true'] .more {
        color: inherit;
      }
      .confirm {
        flex: 1;
        gap: 6px;
        padding: 4px 8px;
      }
    `,
  ];

  /** Puts the focus onto the first chat. */
  focusFirst(): void {
    this.roving.focus(0);
  }

  override render(): TemplateResult {
    if (this.chats.length === 0) return html`<p class="none quiet">${t('noChats')}</p>`;
    return html`<ul
      role="list"
      aria-label=${t('history')}
      @keydown=${this.roving.onKeydown}
      @focusin=${this.roving.onFocusin}
    >
      ${repeat(
        this.chats,
        ({ id }) => id,
        (chat) =>
          html`<li aria-current=${chat.id === this.shown ? 'true' : nothing}>
            ${chat.id === this.deleting ? this.confirm(chat) : this.line(chat)}
          </li>`,
      )}
    </ul>`;
  }

  private line(chat: ChatSummary): TemplateResult {
    const title = visibleLine(chat.title) || t('untitled');
    const turns = chat.turns === 1 ? t('oneTurn') : t('turns', count(chat.turns));
    const more = [ago(chat.changedAt), turns, ...(chat.id === this.shown ? [t('shown')] : [])];
    return html`<button
        class="chat"
        @click=${() => {
          send(this, { type: 'showChat', id: chat.id });
          this.dispatchEvent(new CustomEvent('crib-close'));
        }}
        @keydown=${(event: KeyboardEvent) => {
          if (event.key !== 'Delete') return;
          event.preventDefault();
          this.deleting = chat.id;
        }}
      >
        <bdi class="cut">${title}</bdi>
        <span class="more quiet cut">${more.filter((text) => text !== '').join(' · ')}</span>
      </button>
      <button
        class="tool"
        aria-label=${t('deleteChat', title)}
        title=${t('deleteChat', title)}
        @click=${() => {
          this.deleting = chat.id;
        }}
      >
        ${icon('trash')}
      </button>`;
  }

  private confirm(chat: ChatSummary): TemplateResult {
    return html`<div
      class="confirm row"
      role="group"
      aria-label=${t('deleteChat', visibleLine(chat.title))}
      @keydown=${(event: KeyboardEvent) => {
        // The buttons act on Enter going down and the focus moves on: it must not press the next button as well.
        if (event.key === 'Enter') event.preventDefault();
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        this.keep(chat);
      }}
    >
      <span>${t('confirmDelete')}</span>
      <vscode-button
        @click=${() => {
          const at = this.chats.indexOf(chat);
          this.deleting = undefined;
          send(this, { type: 'deleteChat', id: chat.id });
          void this.updateComplete.then(() => {
            this.roving.focus(at);
          });
        }}
        >${t('delete')}</vscode-button
      >
      <vscode-button
        class="keep"
        secondary
        @click=${() => {
          this.keep(chat);
        }}
        >${t('keep')}</vscode-button
      >
    </div>`;
  }

  private keep(chat: ChatSummary): void {
    this.deleting = undefined;
    void this.updateComplete.then(() => {
      this.roving.focus(this.chats.indexOf(chat));
    });
  }

  protected override updated(changed: PropertyValues): void {
    // The harmless one of the two buttons gets the focus.
    const keep = this.renderRoot.querySelector<VscodeButton>('.keep');
    // It can take the focus once it has drawn itself.
    if (changed.has('deleting'))
      void keep?.updateComplete.then(() => {
        keep.focus();
      });
  }
}

customElements.define('crib-history', CribHistory);
