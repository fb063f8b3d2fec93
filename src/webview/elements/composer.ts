import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import type { ChatState } from '../../common/chat.ts';
import type { Mode } from '../../common/names.ts';
import { modeHelp, modeList, modeName } from '../modes.ts';
import { placeLabel } from '../places.ts';
import { Roving } from '../roving.ts';
import { t } from '../strings.ts';
import { base } from '../styles/base.ts';
import { composerStyles } from '../styles/composer.ts';
import { icon } from '../styles/icons.ts';
import { visibleLine } from '../text/clean.ts';
import { send } from '../vscodeApi.ts';
import './menu.ts';

/** Files of one drop; the host takes no more either. */
const MAX_DROPPED = 50;

/**
 * The question box with what belongs to a question: files, mode, task, comparing. Enter sends, Shift and Enter adds a
 * line, Up in an empty box brings earlier questions back. Fires `crib-draft` when the text has changed.
 */
export class CribComposer extends LitElement {
  static override properties = {
    state: { attribute: false },
    draft: { attribute: false },
    asked: { attribute: false },
    running: { attribute: false },
    isDropping: { state: true },
  };
  declare state: ChatState | undefined;
  declare draft: string;
  /** Questions of this chat, oldest first. */
  declare asked: readonly string[];
  /** Id of the turn that is being answered. */
  declare running: string | undefined;
  declare private isDropping: boolean;
  private readonly roving = new Roving(this, '.attachments button', 'horizontal');
  /** Place in `asked` while earlier questions are looked through, and what was typed before. */
  private recalled: { at: number; draft: string } | undefined;

  constructor() {
    super();
    this.draft = '';
    this.asked = [];
    this.isDropping = false;
  }

  static override styles = [
    base,
    composerStyles,
    css`
      :host {
        padding: 4px 12px 8px;
      }
    `,
  ];

  /** Puts the cursor at the end of the box; with a text: of that text. */
  focusBox(text?: string): void {
    if (text !== undefined) this.change(text);
    void this.updateComplete.then(() => {
      this.box.focus();
      this.box.setSelectionRange(this.draft.length, this.draft.length);
    });
  }

  override render(): TemplateResult {
    const { state } = this;
    const folder = state?.roots.find(({ root }) => root === state.root);
    const placeholder = folder ? t('askAbout', visibleLine(folder.name)) : state ? t('noFolderOpen') : t('askAnything');
    const canAsk = state?.root !== undefined;
    return html`<div
      class="box ${this.isDropping ? 'dropping' : ''}"
      @dragover=${this.onDragover}
      @dragleave=${() => {
        this.isDropping = false;
      }}
      @drop=${this.onDrop}
    >
      ${this.attachments()}
      <textarea
        rows="1"
        dir="auto"
        aria-label=${t('question')}
        aria-describedby="help"
        placeholder=${this.isDropping ? t('dropHere') : placeholder}
        .value=${this.draft}
        @input=${() => {
          this.recalled = undefined;
          this.change(this.box.value);
        }}
        @keydown=${this.onKeydown}
      ></textarea>
      <p id="help" class="hidden-visually">${t('questionHelp')}</p>
      <div class="controls">
        <div class="row choices">${state ? this.choices(state) : nothing}</div>
        <div class="row">
          ${
            this.running === undefined
              ? nothing
              : html`<button class="tool stop" aria-label=${t('stop')} title=${t('stop')} @click=${this.stop}>
                  ${icon('debug-stop')}
                </button>`
          }
          <button
            class="tool send"
            aria-label=${t('send')}
            title=${t('send')}
            aria-disabled=${String(!canAsk || this.draft.trim() === '')}
            @click=${this.ask}
          >
            ${icon('send')}
          </button>
        </div>
      </div>
    </div>`;
  }

  private get box(): HTMLTextAreaElement {
    return this.renderRoot.querySelector('textarea')!;
  }

  private attachments(): TemplateResult | typeof nothing {
    const files = this.state?.attachments ?? [];
    if (files.length === 0) return nothing;
    return html`<ul
      class="attachments"
      role="list"
      aria-label=${t('attachments')}
      @keydown=${this.roving.onKeydown}
      @focusin=${this.roving.onFocusin}
    >
      ${files.map((file, i) => {
        const remove = (): void => {
          send(this, { type: 'removeAttachment', index: i });
          if (files.length === 1) this.focusBox();
        };
        return html`<li class="chip">
          ${icon('file')}<bdi class="cut" dir="ltr" title=${placeLabel(file)}>${placeLabel(file)}</bdi>
          <button
            class="remove"
            aria-label=${t('removeAttachment', placeLabel(file))}
            title=${t('removeAttachment', placeLabel(file))}
            @click=${remove}
            @keydown=${(event: KeyboardEvent) => {
              if (event.key !== 'Delete' && event.key !== 'Backspace') return;
              // The focus may move to the box: the key must not delete there.
              event.preventDefault();
              remove();
            }}
          >
            ${icon('close')}
          </button>
        </li>`;
      })}
    </ul>`;
  }

  private choices(state: ChatState): TemplateResult {
    const task = state.tasks.find(({ id }) => id === state.task);
    const sheets = { none: 'sheetNone', partial: 'sheetPartial', complete: 'sheetComplete' } as const;
    const compared = modeList(state.compareModes);
    return html`${
        state.comparing
          ? state.compareModes.map((_, i) => this.comparedMode(state, i))
          : html`<crib-menu
              class="mode"
              .label=${t('mode', modeName(state.mode))}
              .text=${modeName(state.mode)}
              .selected=${state.mode}
              .items=${state.modes.map((mode) => ({ id: mode, label: modeName(mode), help: modeHelp(mode) }))}
              @crib-choose=${(event: CustomEvent<string>) => {
                send(this, { type: 'setMode', mode: event.detail as Mode });
              }}
            ></crib-menu>`
      }
      <crib-menu
        class="task"
        .label=${t('task', visibleLine(task?.title ?? state.task))}
        .text=${visibleLine(task?.title ?? state.task)}
        .selected=${state.task}
        .items=${state.tasks.map(({ id, title, description, sheet }) => ({
          id,
          label: title,
          help: description,
          note: t(sheets[sheet]),
        }))}
        @crib-choose=${(event: CustomEvent<string>) => {
          send(this, { type: 'setTask', task: event.detail });
        }}
      ></crib-menu>
      <button
        class="chip compare"
        aria-pressed=${String(state.comparing)}
        title=${t('compareHelp', compared)}
        @click=${() => {
          send(this, { type: 'setComparing', comparing: !state.comparing });
        }}
      >
        ${icon(state.comparing ? 'check' : 'git-compare')}<span class="cut">${t('compare')}</span>
      </button>
      <button
        class="tool attach"
        aria-label=${t('attach')}
        title=${t('attach')}
        @click=${() => {
          send(this, { type: 'addAttachment' });
        }}
      >
        ${icon('attach')}
      </button>`;
  }

  /** One side of the comparison. A mode that is taken by another side changes places with it. */
  private comparedMode({ compareModes, modes }: ChatState, side: number): TemplateResult {
    const taken = compareModes[side]!;
    const name = modeName(taken);
    const choices = modes.filter((mode) => mode !== 'auto');
    return html`<crib-menu
      class="compared"
      .label=${t('compared', side + 1, name)}
      .text=${name}
      .selected=${taken}
      .items=${choices.map((mode) => ({ id: mode, label: modeName(mode), help: modeHelp(mode) }))}
      @crib-choose=${(event: CustomEvent<string>) => {
        const mode = event.detail as Mode;
        const chosen = compareModes.map((known, i) => (i === side ? mode : known === mode ? taken : known));
        send(this, { type: 'setCompareModes', modes: chosen });
      }}
    ></crib-menu>`;
  }

  private change(draft: string): void {
    this.draft = draft;
    this.dispatchEvent(new CustomEvent('crib-draft'));
  }

  private readonly ask = (): void => {
    const question = this.draft.trim();
    if (question === '' || this.state?.root === undefined) return;
    send(this, { type: 'ask', question });
    this.recalled = undefined;
    this.change('');
    this.box.focus();
  };

  private readonly stop = (): void => {
    if (this.running !== undefined) send(this, { type: 'stop', turn: this.running });
    this.box.focus();
  };

  private readonly onKeydown = (event: KeyboardEvent): void => {
    // Enter and arrows of an input method choose among its suggestions.
    if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      this.ask();
    } else if ((event.key === 'ArrowUp' || event.key === 'ArrowDown') && !event.shiftKey) {
      if (this.recall(event.key === 'ArrowUp' ? -1 : 1)) event.preventDefault();
    }
  };

  /** Steps through earlier questions; only from an empty box, or while that is going on. */
  private recall(step: 1 | -1): boolean {
    const { box, asked } = this;
    const at = this.recalled?.at ?? asked.length;
    if (this.recalled === undefined && (step === 1 || this.draft !== '')) return false;
    const [before, after] = [box.value.slice(0, box.selectionStart), box.value.slice(box.selectionEnd)];
    if ((step === -1 ? before : after).includes('\n')) return false;
    const next = at + step;
    if (next < 0 || next > asked.length) return next < 0;
    const draft = this.recalled?.draft ?? this.draft;
    this.recalled = next === asked.length ? undefined : { at: next, draft };
    this.focusBox(asked[next] ?? draft);
    return true;
  }

  private readonly onDragover = (event: DragEvent): void => {
    if (urisOf(event.dataTransfer, 'types') === undefined) return;
    event.preventDefault();
    this.isDropping = true;
  };

  private readonly onDrop = (event: DragEvent): void => {
    this.isDropping = false;
    const uris = urisOf(event.dataTransfer, 'data');
    if (!uris) return;
    event.preventDefault();
    if (uris.length > 0) send(this, { type: 'attach', uris });
  };

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('asked')) this.recalled = undefined;
  }
}

/** Kinds in which VS Code and the system name dragged files, best first. */
const URI_LISTS = ['application/vnd.code.uri-list', 'text/uri-list'];

/** Dragged files as URIs (while they hover, only their kind can be seen); undefined where something else is dragged. */
function urisOf(data: DataTransfer | null, part: 'types' | 'data'): string[] | undefined {
  const kind = URI_LISTS.find((type) => data?.types.includes(type));
  if (!data || kind === undefined) return undefined;
  if (part === 'types') return [];
  const lines = data.getData(kind).split(/\r?\n/u);
  return lines.filter((line) => line !== '' && !line.startsWith('#')).slice(0, MAX_DROPPED);
}

customElements.define('crib-composer', CribComposer);
