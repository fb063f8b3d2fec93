import '@vscode-elements/elements/dist/vscode-button/index.js';
import '@vscode-elements/elements/dist/vscode-progress-bar/index.js';
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { ifDefined } from 'lit/directives/if-defined.js';
import type { ChatStatus } from '../../common/chat.ts';
import { base } from '../styles/base.ts';
import { icon, type IconName } from '../styles/icons.ts';
import { visibleLine } from '../text/clean.ts';
import { send } from '../vscodeApi.ts';

const looks: Record<ChatStatus['kind'], [icon: IconName, tone: string]> = {
  'no-folder': ['folder', 'info'],
  untrusted: ['shield', 'warning'],
  virtual: ['info', 'info'],
  starting: ['sync', ''],
  indexing: ['sync', ''],
  'no-model': ['circle-slash', 'warning'],
  'worker-dead': ['error', 'error'],
  compressing: ['sync', ''],
  paused: ['debug-pause', 'info'],
  'no-sheet': ['info', 'info'],
  stale: ['warning', 'warning'],
  partial: ['info', 'info'],
  ready: ['pass', 'good'],
  failed: ['error', 'error'],
};

/** Where the workspace stands: a sentence, counts and a bar while something runs, and what can be done about it. */
export class CribStatus extends LitElement {
  static override properties = { status: { attribute: false } };
  declare status: ChatStatus | undefined;

  static override styles = [
    base,
    css`
      :host {
        border-block-end: 1px solid var(--vscode-sideBarSectionHeader-border, var(--vscode-contrastBorder, transparent));
        padding: 4px 12px 6px;
      }
      .sentence {
        align-items: start;
        display: flex;
        gap: 6px;
      }
      .sentence .icon {
        margin-block-start: 2px;
      }
      .sentence p {
        min-inline-size: 0;
        overflow-wrap: anywhere;
      }
      .detail {
        font-size: 0.92em;
        font-variant-numeric: tabular-nums;
        padding-inline-start: 22px;
      }
      vscode-progress-bar {
        margin-block: 5px 3px;
      }
      .buttons {
        gap: 6px;
        margin-block-start: 6px;
        padding-inline-start: 22px;
      }
    `,
  ];

  override render(): TemplateResult | typeof nothing {
    if (!this.status) return nothing;
    const { kind, message, actions, progress, detail } = this.status;
    const [name, tone] = (looks[kind] as (typeof looks)[ChatStatus['kind']] | undefined) ?? looks.failed;
    const runs = kind === 'starting' || kind === 'indexing' || kind === 'compressing';
    return html`<div class="sentence" role="status">
        ${icon(name, tone)}
        <p class=${kind === 'ready' ? 'quiet' : ''}>${visibleLine(message)}</p>
      </div>
      ${
        runs || progress !== undefined
          ? html`<vscode-progress-bar
              aria-label=${visibleLine(message)}
              .value=${progress === undefined ? undefined : progress * 100}
              .longRunningThreshold=${0}
            ></vscode-progress-bar>`
          : nothing
      }
      ${detail ? html`<p class="detail quiet">${visibleLine(detail)}</p>` : nothing}
      ${
        actions.length > 0
          ? html`<div class="row buttons">
              ${actions.map(
                ({ id, label }, i) =>
                  html`<vscode-button
                    data-action=${id}
                    secondary=${ifDefined(i > 0 || kind === 'ready' ? '' : undefined)}
                    @click=${() => {
                      send(this, { type: 'action', id });
                    }}
                    >${visibleLine(label)}</vscode-button
                  >`,
              )}
            </div>`
          : nothing
      }`;
  }
}

customElements.define('crib-status', CribStatus);
