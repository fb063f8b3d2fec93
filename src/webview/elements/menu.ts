import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { icon, type IconName } from '../styles/icons.ts';
import { base } from '../styles/base.ts';
import { visibleLine } from '../text/clean.ts';

export interface MenuItem {
  id: string;
  label: string;
  help?: string;
  /** Stands at the end of the line. */
  note?: string;
}

declare global {
  interface HTMLElementEventMap {
    'crib-choose': CustomEvent<string>;
  }
}

/** Room between the menu and the edges of the page, in px. */
const MARGIN = 4;

/**
 * A button that opens a menu: of choices, one of which is taken (`selected`), or of things to do. Keyboard after the
 * WAI-ARIA pattern "menu button": arrows, Home, End, the first letters of a label, Escape, Tab. The menu stands in the
 * top layer, so a narrow sidebar does not cut it. Fires `crib-choose` with the id.
 */
export class CribMenu extends LitElement {
  static override shadowRootOptions: ShadowRootInit = { ...LitElement.shadowRootOptions, delegatesFocus: true };
  static override properties = {
    items: { attribute: false },
    selected: { attribute: false },
    label: { attribute: false },
    text: { attribute: false },
    icon: { attribute: false },
  };
  declare items: readonly MenuItem[];
  declare selected: string | undefined;
  /** Accessible name of the button and the menu. */
  declare label: string;
  /** What the button shows; only an icon where it is empty. */
  declare text: string;
  declare icon: IconName | undefined;
  private typed = '';
  private typedAt = 0;

  constructor() {
    super();
    this.items = [];
    this.label = '';
    this.text = '';
  }

  static override styles = [
    base,
    css`
      :host {
        display: inline-flex;
        max-inline-size: 100%;
        min-inline-size: 0;
      }
      [popover] {
        background: var(--vscode-menu-background);
        border: 1px solid var(--vscode-menu-border, var(--vscode-contrastBorder, transparent));
        border-radius: 5px;
        box-shadow: 0 2px 8px var(--vscode-widget-shadow, transparent);
        color: var(--vscode-menu-foreground);
        inset: auto;
        margin: 0;
        max-block-size: 60vh;
        max-inline-size: min(360px, calc(100vw - 8px));
        min-inline-size: 160px;
        overflow-y: auto;
        padding: 4px;
        position: fixed;
      }
      [role^='menuitem'] {
        align-items: start;
        display: grid;
        gap: 0 4px;
        grid-template-columns: 16px 1fr auto;
        inline-size: 100%;
        padding: 3px 6px 3px 4px;
      }
      [role^='menuitem']:is(:hover, :focus) {
        background: var(--vscode-menu-selectionBackground);
        border-color: var(--vscode-menu-selectionBorder, transparent);
        color: var(--vscode-menu-selectionForeground);
        outline: none;
      }
      .help {
        font-size: 0.92em;
        grid-column: 2 / -1;
      }
      .note {
        font-size: 0.92em;
        white-space: nowrap;
      }
    `,
  ];

  override render(): TemplateResult {
    return html`<button
        class=${this.text === '' ? 'tool' : 'chip'}
        aria-haspopup="menu"
        aria-expanded="false"
        aria-controls="menu"
        aria-label=${this.label}
        title=${this.label}
        popovertarget="menu"
        @keydown=${this.onButtonKey}
      >
        ${this.icon ? icon(this.icon) : nothing}
        ${this.text === '' ? nothing : html`<span class="cut">${visibleLine(this.text)}</span>`} ${icon('chevron-down')}
      </button>
      <div
        id="menu"
        popover="auto"
        role="menu"
        aria-label=${this.label}
        @toggle=${this.onToggle}
        @keydown=${this.onMenuKey}
        @focusout=${this.onFocusout}
      >
        ${this.items.map((item) => this.item(item))}
      </div>`;
  }

  private item({ id, label, help, note }: MenuItem): TemplateResult {
    const isChoice = this.selected !== undefined;
    const isTaken = id === this.selected;
    return html`<button
      role=${isChoice ? 'menuitemradio' : 'menuitem'}
      aria-checked=${isChoice ? String(isTaken) : nothing}
      tabindex="-1"
      @click=${() => {
        this.choose(id);
      }}
    >
      ${isTaken ? icon('check') : html`<span></span>`}
      <span>${visibleLine(label)}</span>
      <span class="note">${note ?? ''}</span>
      ${help ? html`<span class="help">${visibleLine(help)}</span>` : nothing}
    </button>`;
  }

  private get button(): HTMLElement {
    return this.renderRoot.querySelector<HTMLElement>('[popovertarget]')!;
  }

  private get menu(): HTMLElement {
    return this.renderRoot.querySelector<HTMLElement>('#menu')!;
  }

  private choices(): HTMLElement[] {
    return [...this.renderRoot.querySelectorAll<HTMLElement>('[role^=menuitem]')];
  }

  private choose(id: string): void {
    this.menu.hidePopover();
    this.button.focus();
    this.dispatchEvent(new CustomEvent('crib-choose', { detail: id }));
  }

  private onToggle(event: ToggleEvent): void {
    const isOpen = event.newState === 'open';
    this.button.setAttribute('aria-expanded', String(isOpen));
    if (isOpen) this.enter();
  }

  /** The menu stands: puts it in its place and the focus into it, if it is not there already. */
  private enter(): void {
    if (this.menu.matches(':focus-within')) return;
    this.place();
    const taken = this.items.findIndex(({ id }) => id === this.selected);
    this.choices()[Math.max(0, taken)]?.focus();
  }

  /** Below the button where there is room, above it otherwise; never out of the page. */
  private place(): void {
    const [button, menu] = [this.button.getBoundingClientRect(), this.menu];
    const { width, height } = menu.getBoundingClientRect();
    const left = Math.min(button.left, window.innerWidth - width - MARGIN);
    const below = button.bottom + 2;
    const top = below + height + MARGIN <= window.innerHeight ? below : button.top - height - 2;
    menu.style.left = `${String(Math.max(MARGIN, left))}px`;
    menu.style.top = `${String(Math.max(MARGIN, top))}px`;
  }

  private onButtonKey(event: KeyboardEvent): void {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    event.preventDefault();
    event.stopPropagation();
    this.menu.showPopover();
    // Now, not with the event that follows: the next key may come before it.
    this.enter();
  }

  private onMenuKey(event: KeyboardEvent): void {
    event.stopPropagation();
    const choices = this.choices();
    const at = choices.indexOf(event.target as HTMLElement);
    const to = (index: number): void => {
      event.preventDefault();
      choices[(index + choices.length) % choices.length]?.focus();
    };
    if (event.key === 'ArrowDown') to(at + 1);
    else if (event.key === 'ArrowUp') to(at - 1);
    else if (event.key === 'Home') to(0);
    else if (event.key === 'End') to(choices.length - 1);
    else if (event.key === 'Escape' || event.key === 'Tab') {
      if (event.key === 'Escape') event.preventDefault();
      this.menu.hidePopover();
      this.button.focus();
    } else if (event.key.length === 1 && event.key !== ' ' && !event.ctrlKey && !event.metaKey) {
      this.findTyped(event.key, at, to);
    }
  }

  /** Letters typed soon after each other look for a label that starts with them. */
  private findTyped(key: string, at: number, to: (index: number) => void): void {
    const now = performance.now();
    this.typed = (now - this.typedAt < 700 ? this.typed : '') + key.toLowerCase();
    this.typedAt = now;
    const { items, typed } = this;
    const from = typed.length === 1 ? at + 1 : at;
    const order = items.map((_, i) => (from + i) % items.length);
    const found = order.find((i) => items[i]!.label.toLowerCase().startsWith(typed));
    if (found !== undefined) to(found);
  }

  /** The focus has left by other means than a choice. */
  private onFocusout(event: FocusEvent): void {
    if (event.relatedTarget && !this.renderRoot.contains(event.relatedTarget as Node)) this.menu.hidePopover();
  }
}

customElements.define('crib-menu', CribMenu);
