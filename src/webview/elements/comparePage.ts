import { css, html, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { t } from '../strings.ts';
import { base } from '../styles/base.ts';
import { Page } from './page.ts';
import './turn.ts';

/** The editor tab: one question (or several), its answers side by side with room for long ones. */
export class CribComparePage extends Page {
  protected override readonly takesNewTurns = false;

  static override styles = [
    base,
    css`
      :host {
        margin-inline: auto;
        max-inline-size: 1600px;
        padding: 8px 8px 24px;
      }
      .none {
        padding: 16px 12px;
      }
    `,
  ];

  protected override get draft(): string {
    return '';
  }

  protected override restore(): void {
    // There is no box.
  }

  override render(): TemplateResult {
    const turns = this.conversation.turns.filter(({ answers }) => answers.length > 1);
    return html`<main>
      <h1 class="hidden-visually">${t('compareTitle')}</h1>
      ${
        turns.length === 0
          ? html`<p class="none quiet">${t(this.conversation.chat === undefined ? 'starting' : 'nothingToCompare')}</p>`
          : repeat(
              turns,
              ({ id }) => id,
              (turn) => html`<crib-turn .turn=${turn} .isTab=${true}></crib-turn>`,
            )
      }
    </main>`;
  }
}

customElements.define('crib-compare-page', CribComparePage);
