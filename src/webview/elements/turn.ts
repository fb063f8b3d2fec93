import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import type { ChatTurn } from '../../common/chat.ts';
import { modes, type Mode } from '../../common/names.ts';
import { placeLabel } from '../places.ts';
import { t } from '../strings.ts';
import { base } from '../styles/base.ts';
import { icon } from '../styles/icons.ts';
import { visible } from '../text/clean.ts';
import { send } from '../vscodeApi.ts';
import './answer.ts';
import './comparison.ts';

/** A question with its answer, or with several next to each other. Shows anew only when it is given another object. */
export class CribTurn extends LitElement {
  static override properties = {
    turn: { attribute: false },
    modes: { attribute: false },
    isTab: { attribute: false },
  };
  declare turn: ChatTurn;
  declare modes: readonly Mode[];
  /** In the comparison tab: there is room, and no further tab to open. */
  declare isTab: boolean;

  constructor() {
    super();
    this.modes = modes;
    this.isTab = false;
  }

  static override styles = [
    base,
    css`
      article {
        display: grid;
        gap: 8px;
        grid-template-columns: minmax(0, 1fr);
        padding: 10px 12px;
      }
      .asked {
        background: var(--vscode-chat-requestBackground, var(--vscode-textBlockQuote-background));
        border: 1px solid var(--vscode-chat-requestBorder, var(--vscode-contrastBorder, transparent));
        border-radius: 6px;
        display: grid;
        gap: 4px;
        padding: 6px 10px;
      }
      h2 {
        font-size: 1em;
        font-weight: 600;
        max-block-size: 12em;
        overflow: auto;
        overflow-wrap: anywhere;
        unicode-bidi: plaintext;
        white-space: pre-wrap;
      }
      ul {
        display: flex;
        flex-wrap: wrap;
        gap: 4px;
      }
      li {
        max-inline-size: 100%;
      }
      .chip {
        font-size: 0.92em;
      }
    `,
  ];

  override render(): TemplateResult {
    const { turn } = this;
    const asked = visible(turn.question).trim();
    return html`<article>
      <div class="asked">
        <h2>${asked}</h2>
        ${
          turn.attachments.length > 0
            ? html`<ul role="list" aria-label=${t('attachments')}>
                ${turn.attachments.map(
                  (file, index) =>
                    html`<li>
                      <button
                        class="chip"
                        title=${t('openHint')}
                        @click=${(event: MouseEvent) => {
                          const beside = event.ctrlKey || event.metaKey || event.altKey;
                          send(this, { type: 'open', turn: turn.id, answer: 0, of: 'attachment', index, beside });
                        }}
                      >
                        ${icon('file')}<bdi class="cut" dir="ltr">${placeLabel(file)}</bdi>
                      </button>
                    </li>`,
                )}
              </ul>`
            : nothing
        }
      </div>
      ${
        turn.answers.length > 1
          ? html`<crib-comparison .turn=${turn} .isTab=${this.isTab}></crib-comparison>`
          : turn.answers.map(
              (answer, i) =>
                html`<crib-answer .turn=${turn.id} .index=${i} .value=${answer} .modes=${this.modes}></crib-answer>`,
            )
      }
    </article>`;
  }
}

customElements.define('crib-turn', CribTurn);
