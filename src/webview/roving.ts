import type { ReactiveController, ReactiveControllerHost } from 'lit';

type Host = ReactiveControllerHost & { readonly renderRoot: HTMLElement | DocumentFragment };

/**
 * Roving focus: a list or toolbar is one stop of the Tab key, the arrow keys move inside it, Home and End to its ends
 * (WAI-ARIA authoring practices, "Managing focus within components using a roving tabindex"). Bind `onKeydown` and
 * `onFocusin` to the container.
 */
export class Roving implements ReactiveController {
  private readonly host: Host;
  private readonly items: string;
  private readonly keys: Readonly<Record<string, 1 | -1>>;
  private active = 0;

  /** `items`: selector of what can have the focus, within the element's shadow tree. */
  constructor(host: Host, items: string, direction: 'vertical' | 'horizontal') {
    this.host = host;
    this.items = items;
    this.keys = direction === 'vertical' ? { ArrowDown: 1, ArrowUp: -1 } : { ArrowRight: 1, ArrowLeft: -1 };
    host.addController(this);
  }

  hostUpdated(): void {
    const items = this.all();
    this.active = Math.max(0, Math.min(this.active, items.length - 1));
    for (const [i, item] of items.entries()) item.tabIndex = i === this.active ? 0 : -1;
  }

  /** Moves the focus to an item; to the nearest one where the list has become shorter. */
  focus(index: number): void {
    const items = this.all();
    this.active = Math.max(0, Math.min(index, items.length - 1));
    this.hostUpdated();
    items[this.active]?.focus();
  }

  readonly onFocusin = (event: FocusEvent): void => {
    const at = this.indexOf(event);
    if (at < 0) return;
    this.active = at;
    this.hostUpdated();
  };

  readonly onKeydown = (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey || this.indexOf(event) < 0) return;
    const step = this.keys[event.key];
    const last = this.all().length - 1;
    const next =
      step !== undefined ? this.active + step : event.key === 'Home' ? 0 : event.key === 'End' ? last : undefined;
    if (next === undefined) return;
    event.preventDefault();
    this.focus(next);
  };

  private all(): HTMLElement[] {
    return [...this.host.renderRoot.querySelectorAll<HTMLElement>(this.items)];
  }

  private indexOf(event: Event): number {
    const path = event.composedPath();
    return this.all().findIndex((item) => path.includes(item));
  }
}
