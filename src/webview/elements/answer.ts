import '@vscode-elements/elements/dist/vscode-button/index.js';
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import type { Answer, Citation } from '../../common/answers.ts';
import type { ChatAnswer } from '../../common/chat.ts';
import type { ErrorRecord } from '../../common/errors.ts';
import { modes, type Mode } from '../../common/names.ts';
import { figuresOf, summaryOf } from '../figures.ts';
import { count } from '../format.ts';
import { actionOf, doubtText, isSearchOnly, modeHelp, modeName, modeOf } from '../modes.ts';
import { Roving } from '../roving.ts';
import { t } from '../strings.ts';
import { base } from '../styles/base.ts';
import { answerStyles } from '../styles/answer.ts';
import { icon } from '../styles/icons.ts';
import { visibleLine } from '../text/clean.ts';
import { send } from '../vscodeApi.ts';
import type { CribMarkdown } from './markdown.ts';
import './markdown.ts';
import './menu.ts';
import './places.ts';

/** One answer: how it was made, what it says, what it rests on, what it cost, and what can be done with it. */
export class CribAnswer extends LitElement {
  static override properties = {
    turn: { attribute: false },
    index: { attribute: false },
    value: { attribute: false },
    modes: { attribute: false },
    others: { attribute: false },
    marks: { attribute: false },
    isCompared: { attribute: false },
    isWaited: { attribute: false },
  };
  /** Id of the turn. */
  declare turn: string;
  declare index: number;
  declare value: ChatAnswer;
  /** Modes in which the question could be asked again. */
  declare modes: readonly Mode[];
  /** Citations of the other answers to the same question. */
  declare others: readonly (readonly Citation[])[];
  declare marks: ReadonlySet<number> | undefined;
  /** Next to other answers: its figures stand in the table there. */
  declare isCompared: boolean;
  /** Another answer of the turn is on its way: nothing of it can be asked again. */
  declare isWaited: boolean;
  private readonly roving = new Roving(this, '.actions > *', 'horizontal');

  static override styles = [
    base,
    answerStyles,
    css`
      :host {
        min-inline-size: 0;
      }
    `,
  ];

  constructor() {
    super();
    this.modes = modes;
    this.others = [];
    this.isCompared = false;
    this.isWaited = false;
  }

  /** Words of the answer as they are seen, once it is up to date. */
  async words(): Promise<string[]> {
    await this.updateComplete;
    const markdown = this.renderRoot.querySelector<CribMarkdown>('crib-markdown');
    await markdown?.updateComplete;
    return markdown?.words() ?? [];
  }

  override render(): TemplateResult {
    const { value } = this;
    const failure = value.error ?? value.answer?.error;
    return html`<section role="group" aria-label=${t('answerIn', modeName(modeOf(value)))}>
      ${this.head()} ${value.answer?.withoutModel ? this.failure(value.answer.withoutModel, 'doubt') : nothing}
      ${this.body()} ${failure ? this.failure(failure) : nothing} ${this.ending()}
      ${value.answer ? this.doubt(value.answer) : nothing} ${value.answer ? this.below(value.answer) : nothing}
      ${this.actions()}
    </section>`;
  }

  private get isRunning(): boolean {
    return this.value.state === 'waiting' || this.value.state === 'streaming';
  }

  private head(): TemplateResult {
    const { value } = this;
    const mode = modeOf(value);
    const reason = value.answer?.reason;
    return html`<p class="head">
      <span class="mode" title=${modeHelp(mode)}
        >${
          value.asked === 'auto' && mode !== 'auto' ? t('took', modeName('auto'), modeName(mode)) : modeName(mode)
        }</span
      >
      ${reason ? html`<span class="quiet">${visibleLine(reason)}</span>` : nothing}
    </p>`;
  }

  private body(): TemplateResult | typeof nothing {
    const { value } = this;
    if (value.text !== '')
      return html`<crib-markdown .text=${value.text} .marks=${this.marks}></crib-markdown>
        ${value.state === 'streaming' ? html`<span class="writing quiet">${t('writing')}</span>` : nothing}`;
    if (this.isRunning) return html`<p class="writing quiet">${t('waiting')}</p>`;
    if (!value.answer || value.answer.error || value.error) return nothing;
    if (value.answer.unsure === 'beyond') return nothing;
    if (!isSearchOnly(value.answer))
      return value.state === 'done' ? html`<p class="quiet">${t('emptyAnswer')}</p>` : nothing;
    const found = value.answer.chunks!.length > 0;
    return html`<p>${found ? t('chunksOnly') : t('chunksNone')}</p>`;
  }

  /** `doubt`: there is something to show all the same. */
  private failure({ code, message, action }: ErrorRecord, kind: 'failure' | 'doubt' = 'failure'): TemplateResult {
    const help = actionOf(code);
    return html`<div class=${kind}>
      ${kind === 'failure' ? icon('error', 'error') : icon('warning', 'warning')}
      <div>
        <p class="message">${visibleLine(message)}</p>
        <p>${visibleLine(action)}</p>
        ${
          help
            ? html`<vscode-button
                data-action=${help.id}
                @click=${() => {
                  send(this, { type: 'action', id: help.id });
                }}
                >${t(help.label)}</vscode-button
              >`
            : nothing
        }
      </div>
    </div>`;
  }

  /** Why the answer ends where it does, where that is not its own end. */
  private ending(): TemplateResult | typeof nothing {
    if (this.value.state === 'stopped') return html`<p class="quiet">${t('stoppedByYou')}</p>`;
    const stopped = this.value.answer?.stopped;
    if (stopped === 'length') return html`<p class="quiet">${t('cutOff')}</p>`;
    return stopped === 'loop' ? html`<p class="quiet">${t('repeated')}</p>` : nothing;
  }

  /** Why the answer should not be relied on, where to look instead, and what can be done about it. */
  private doubt({ unsure, found = [] }: Answer): TemplateResult | typeof nothing {
    const doubt = doubtText(unsure);
    if (doubt === undefined) return nothing;
    const label = t(found.length > 0 ? 'found' : 'foundNone');
    return html`<div class="doubt" role="note">
      ${icon('question', 'warning')}
      <div>
        <p class="message">${doubt}</p>
        <p>${label}</p>
        ${
          found.length > 0
            ? html`<crib-places
                .turn=${this.turn}
                .answer=${this.index}
                .label=${label}
                .places=${{ of: 'found', list: found }}
              ></crib-places>`
            : nothing
        }
        <vscode-button
          secondary
          data-action="chooseModel"
          @click=${() => {
            send(this, { type: 'action', id: 'chooseModel' });
          }}
          >${t('actLargerModel')}</vscode-button
        >
      </div>
    </div>`;
  }

  private below(answer: Answer): TemplateResult {
    const { citations, evidence } = answer;
    const chunks = answer.chunks ?? [];
    const places = (label: string, value: unknown): TemplateResult =>
      html`<crib-places .turn=${this.turn} .answer=${this.index} .label=${label} .places=${value}></crib-places>`;
    return html`
      ${
        isSearchOnly(answer) && chunks.length > 0
          ? places(t('chunks', count(chunks.length)), { of: 'chunk', list: chunks })
          : nothing
      }
      ${citations.length > 0 ? places(t('citations'), { of: 'citation', list: citations, others: this.others }) : nothing}
      ${
        evidence.length > 0
          ? folded(
              'evidence',
              t('evidence', count(evidence.length)),
              places(t('evidence', count(evidence.length)), { of: 'evidence', list: evidence }),
            )
          : nothing
      }
      ${
        !isSearchOnly(answer) && chunks.length > 0
          ? folded(
              'chunks',
              t('chunks', count(chunks.length)),
              places(t('chunks', count(chunks.length)), { of: 'chunk', list: chunks }),
            )
          : nothing
      }
      ${
        this.isCompared || answer.error
          ? nothing
          : folded(
              'figures',
              summaryOf(answer),
              html`<dl>
                ${figuresOf(answer, this.value.kvBytes)
                  .filter(({ isZero }) => !isZero)
                  .map(
                    ({ label, value }) =>
                      html`<div>
                        <dt class="quiet">${label}</dt>
                        <dd>${value}</dd>
                      </div>`,
                  )}
              </dl>`,
            )
      }
    `;
  }

  /** Of several answers only this one is asked for again. */
  private get only(): { answer?: number } {
    return this.isCompared ? { answer: this.index } : {};
  }

  private actions(): TemplateResult {
    const { turn } = this;
    const others = this.modes.filter((mode) => mode !== this.value.asked);
    return html`<div
      class="actions row"
      role="toolbar"
      aria-label=${t('answerActions')}
      @keydown=${this.roving.onKeydown}
      @focusin=${this.roving.onFocusin}
    >
      ${
        this.isRunning
          ? tool('stop', 'debug-stop', t('stop'), () => {
              send(this, { type: 'stop', turn });
            })
          : nothing
      }
      ${
        this.value.text === ''
          ? nothing
          : tool('copy', 'copy', t('copyAnswer'), () => {
              send(this, { type: 'copy', turn, answer: this.index });
            })
      }
      ${
        this.isRunning || (this.isCompared && this.isWaited)
          ? nothing
          : html`${tool('retry', 'refresh', t(this.isCompared ? 'retryOne' : 'retry'), () => {
              send(this, { type: 'retry', turn, ...this.only });
            })}${
              others.length > 0 && !this.isCompared
                ? html`<crib-menu
                    .label=${t('retryIn')}
                    .items=${others.map((mode) => ({ id: mode, label: modeName(mode), help: modeHelp(mode) }))}
                    @crib-choose=${(event: CustomEvent<string>) => {
                      send(this, { type: 'retry', turn, mode: event.detail as Mode });
                    }}
                  ></crib-menu>`
                : nothing
            }`
      }
    </div>`;
  }
}

function folded(kind: string, summary: string, content: TemplateResult): TemplateResult {
  return html`<details class=${kind}>
    <summary class="quiet">${icon('chevron-right')}<span>${summary}</span></summary>
    ${content}
  </details>`;
}

function tool(kind: string, name: Parameters<typeof icon>[0], label: string, run: () => void): TemplateResult {
  return html`<button class="tool ${kind}" aria-label=${label} title=${label} @click=${run}>${icon(name)}</button>`;
}

customElements.define('crib-answer', CribAnswer);
