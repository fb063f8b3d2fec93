import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import type { ChatTurn, Preference } from '../../common/chat.ts';
import { isRunning } from '../conversation.ts';
import { figuresOf, type Figure } from '../figures.ts';
import { count } from '../format.ts';
import { modeList, modeName, modeOf } from '../modes.ts';
import { isCommon } from '../places.ts';
import { Roving } from '../roving.ts';
import { t, type StringKey } from '../strings.ts';
import { base } from '../styles/base.ts';
import { comparisonStyles } from '../styles/comparison.ts';
import { icon } from '../styles/icons.ts';
import { diffWords } from '../text/words.ts';
import { send } from '../vscodeApi.ts';
import type { CribAnswer } from './answer.ts';
import './answer.ts';

type Marks = readonly (ReadonlySet<number> | undefined)[];

/** Less shared wording than this, and marks would cover nearly everything. */
const LEAST_ALIKE = 0.2;

/**
 * Answers to one question next to each other (below each other where it is narrow), the words marked in which they
 * differ, what they cite in common, their figures in one table, and which was better.
 */
export class CribComparison extends LitElement {
  static override properties = {
    turn: { attribute: false },
    isTab: { attribute: false },
    marks: { state: true },
    wording: { state: true },
  };
  declare turn: ChatTurn;
  declare isTab: boolean;
  declare private marks: Marks;
  /** What is to be said about the words. */
  declare private wording: StringKey | undefined;
  private readonly roving = new Roving(this, '.better [role=radio]', 'horizontal');
  private compared = '';

  constructor() {
    super();
    this.isTab = false;
    this.marks = [];
  }

  static override styles = [
    base,
    comparisonStyles,
    css`
      :host {
        container-type: inline-size;
      }
    `,
  ];

  override render(): TemplateResult {
    const { turn } = this;
    const citations = turn.answers.map(({ answer }) => answer?.citations ?? []);
    const others = turn.answers.map((_, i) => citations.filter((__, j) => j !== i));
    return html`<div role="group" aria-label=${t('comparison', modeList(turn.answers.map(modeOf)))}>
      <div class="answers">
        ${turn.answers.map(
          (answer, i) =>
            html`<crib-answer
              .turn=${turn.id}
              .index=${i}
              .value=${answer}
              .others=${others[i]!}
              .marks=${this.marks[i]}
              .isCompared=${true}
              .isWaited=${isRunning(turn)}
            ></crib-answer>`,
        )}
      </div>
      ${isRunning(turn) ? nothing : this.below()}
    </div>`;
  }

  private below(): TemplateResult {
    const { turn } = this;
    return html`${this.notes()} ${this.table()}
      ${turn.answers.length === 2 && turn.answers.every(({ state }) => state !== 'failed') ? this.better() : nothing}
      <div class="row">
        <button
          class="chip"
          @click=${() => {
            send(this, { type: 'retry', turn: turn.id });
          }}
        >
          ${icon('refresh')}<span class="cut">${t('retryAll')}</span>
        </button>
        ${
          this.isTab
            ? nothing
            : html`<button
                class="chip open"
                @click=${() => {
                  send(this, { type: 'openComparison', turn: turn.id });
                }}
              >
                ${icon('split-horizontal')}<span class="cut">${t('sideBySide')}</span>
              </button>`
        }
      </div>`;
  }

  private notes(): TemplateResult {
    const [first, ...others] = this.turn.answers.map(({ answer }) => answer?.citations ?? []);
    const shared = (first ?? []).filter((citation) => isCommon(citation, others)).length;
    const citations = shared === 0 ? t('noneInCommon') : shared === 1 ? t('oneInCommon') : t('inCommon', count(shared));
    return html`<p class="quiet notes">${[...(this.wording ? [t(this.wording)] : []), `${citations}.`].join(' ')}</p>`;
  }

  private table(): TemplateResult {
    const { answers } = this.turn;
    const columns = answers.map(({ answer, kvBytes }) => (answer && !answer.error ? figuresOf(answer, kvBytes) : []));
    const filled = columns.flat().filter(({ isZero }) => !isZero);
    const labels = new Set(filled.map(({ label }) => label));
    // The order of a whole column, whichever of the answers has one.
    const rows = (columns.find((column) => column.length > 0) ?? []).filter(({ label }) => labels.has(label));
    if (rows.length === 0) return html``;
    const name = t('comparison', modeList(answers.map(modeOf)));
    return html`<div class="table" tabindex="0" role="group" aria-label=${name}>
      <table>
        <thead>
          <tr>
            <th scope="col">${t('figure')}</th>
            ${answers.map((answer) => html`<th scope="col">${modeName(modeOf(answer))}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            ({ label }) =>
              html`<tr>
                <th scope="row">${label}</th>
                ${columns.map((column) => html`<td>${valueIn(column, label)}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
  }

  private better(): TemplateResult {
    const { turn } = this;
    const [first, second] = turn.answers.map((answer) => modeName(modeOf(answer)));
    const choices: [Preference, string][] = [
      ['first', first!],
      ['same', t('same')],
      ['second', second!],
    ];
    return html`<div class="better row" role="radiogroup" aria-label=${t('whichBetter')}>
      <span>${t('whichBetter')}</span>
      <div class="row" @keydown=${this.roving.onKeydown} @focusin=${this.roving.onFocusin}>
        ${choices.map(
          ([better, label]) =>
            html`<button
              class="chip"
              role="radio"
              aria-checked=${String(turn.better === better)}
              @click=${() => {
                send(this, { type: 'better', turn: turn.id, better });
              }}
            >
              ${turn.better === better ? icon('check') : nothing}<span class="cut">${label}</span>
            </button>`,
        )}
      </div>
    </div>`;
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has('turn')) void this.compare();
  }

  /** Once all answers stand: compares their words as they are seen, each answer with the first one. */
  private async compare(): Promise<void> {
    const { turn } = this;
    const texts = isRunning(turn) ? '' : JSON.stringify(turn.answers.map(({ text }) => text));
    if (texts === this.compared) return;
    this.compared = texts;
    [this.marks, this.wording] = [[], undefined];
    if (texts === '' || turn.answers.some(({ text }) => text === '')) return;
    await this.updateComplete;
    const elements = [...this.renderRoot.querySelectorAll<CribAnswer>('crib-answer')];
    const words = await Promise.all(elements.map((element) => element.words()));
    if (texts !== this.compared) return;
    const diffs = words.slice(1).map((other) => diffWords(words[0]!, other));
    const alike = Math.min(...diffs.map((diff) => diff?.alike ?? 0));
    if (diffs.includes(undefined)) this.wording = 'wordsTooLong';
    else if (alike === 1) this.wording = 'wordsAlike';
    else if (alike < LEAST_ALIKE) this.wording = 'wordsUnlike';
    else {
      this.wording = 'wordsDiffer';
      // In the first answer: what is in none of the others.
      const [alone, ...rest] = diffs.map((diff) => diff!.first);
      const inNone = [...alone!].filter((word) => rest.every((other) => other.has(word)));
      this.marks = [new Set(inNone), ...diffs.map((diff) => diff!.second)];
    }
  }
}

function valueIn(column: readonly Figure[], label: string): string {
  return column.find((figure) => figure.label === label)?.value ?? '–';
}

customElements.define('crib-comparison', CribComparison);
