import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import type { Citation, Evidence, FoundPlace, LineRange } from '../../common/answers.ts';
import { percent } from '../format.ts';
import { isCommon, placeLabel } from '../places.ts';
import { Roving } from '../roving.ts';
import { t } from '../strings.ts';
import { base } from '../styles/base.ts';
import { icon, type IconName } from '../styles/icons.ts';
import { showInvisible, visibleLine, withoutControls } from '../text/clean.ts';
import { send } from '../vscodeApi.ts';

interface Chunk extends FoundPlace {
  text: string;
}

/** Lines of a chunk that are shown; the rest is a click away, in the editor. */
const MAX_LINES = 30;

/** What kind of places a list holds; the host finds the place by kind and number, never by a path from here. */
export type Places =
  | { of: 'citation'; list: readonly Citation[]; others: readonly (readonly Citation[])[] }
  | { of: 'evidence'; list: readonly Evidence[] }
  | { of: 'chunk'; list: readonly Chunk[] }
  | { of: 'found'; list: readonly FoundPlace[] };

/** Places in the source, each a button that opens it: citations, evidence with its weight, retrieved chunks with text, places found. */
export class CribPlaces extends LitElement {
  static override properties = {
    places: { attribute: false },
    label: { attribute: false },
    turn: { attribute: false },
    answer: { attribute: false },
  };
  declare places: Places;
  declare label: string;
  declare turn: string;
  declare answer: number;
  private readonly roving = new Roving(this, '.place', 'vertical');

  static override styles = [
    base,
    css`
      ul {
        display: grid;
        gap: 2px;
        grid-template-columns: minmax(0, 1fr);
      }
      ul.citation {
        display: flex;
        flex-wrap: wrap;
        gap: 4px;
      }
      li {
        max-inline-size: 100%;
      }
      .place {
        align-items: center;
        color: var(--vscode-textLink-foreground);
        display: inline-flex;
        gap: 4px;
        max-inline-size: 100%;
        padding: 1px 4px;
      }
      .citation .place {
        border-color: var(--vscode-contrastBorder, var(--vscode-widget-border, transparent));
      }
      .place:hover {
        background: var(--vscode-toolbar-hoverBackground);
        outline: 1px dashed var(--vscode-contrastActiveBorder, transparent);
        text-decoration: underline;
      }
      .place:focus-visible {
        outline: 1px solid var(--vscode-focusBorder);
      }
      .place .icon {
        font-size: 14px;
      }
      .mark {
        color: var(--vscode-descriptionForeground);
        font-size: 0.92em;
      }
      .weighed {
        align-items: center;
        display: grid;
        gap: 0 8px;
        grid-template-columns: minmax(0, 1fr) 18% 3.6em;
      }
      .weighed > :last-child {
        font-variant-numeric: tabular-nums;
        text-align: end;
      }
      svg {
        block-size: 6px;
        display: block;
        inline-size: 100%;
      }
      rect {
        fill: var(--vscode-progressBar-background);
      }
      .frame {
        fill: none;
        stroke: var(--vscode-contrastBorder, transparent);
      }
      pre {
        background: var(--vscode-textCodeBlock-background);
        border: 1px solid var(--vscode-contrastBorder, transparent);
        border-radius: 4px;
        font-family: var(--vscode-editor-font-family, monospace);
        font-size: var(--vscode-editor-font-size, 1em);
        margin: 2px 0 6px;
        max-block-size: 40vh;
        overflow: auto;
        padding: 4px 8px;
        tab-size: 4;
      }
    `,
  ];

  override render(): TemplateResult {
    const { of } = this.places;
    return html`<ul
      role="list"
      class=${of}
      aria-label=${this.label}
      @keydown=${this.roving.onKeydown}
      @focusin=${this.roving.onFocusin}
    >
      ${this.lines()}
    </ul>`;
  }

  private lines(): TemplateResult[] {
    const { places } = this;
    if (places.of === 'citation') return places.list.map((c, i) => this.citation(c, i, isCommon(c, places.others)));
    if (places.of === 'chunk') return places.list.map((chunk, i) => this.chunk(chunk, i));
    if (places.of === 'found') return places.list.map((place, i) => this.found(place, i));
    const most = Math.max(...places.list.map(({ weight }) => weight), Number.EPSILON);
    return places.list.map((evidence, i) => this.evidence(evidence, i, most));
  }

  private citation(citation: Citation, index: number, isShared: boolean): TemplateResult {
    const { verified, stale, from } = citation;
    const [name, tone]: [IconName, string] = !verified
      ? ['question', 'warning']
      : stale
        ? ['warning', 'warning']
        : ['check', 'good'];
    const marks = [
      ...(isShared ? [t('markCommon')] : []),
      ...(verified ? [] : [t('markUnverified')]),
      ...(stale ? [t('markStale')] : []),
      ...(from === 'question' ? [t('markQuestion')] : []),
    ];
    const titles = [
      verified && !stale ? t('verified') : undefined,
      verified ? undefined : t('unverified'),
      stale ? t('stale') : undefined,
      from === 'question' ? t('fromQuestion') : undefined,
      isShared ? t('citedByAll') : undefined,
    ].filter((title) => title !== undefined);
    return html`<li>
      ${this.button(
        citation,
        index,
        titles.join(' '),
        html`${isShared ? icon('link', 'info') : nothing}${icon(name, tone)}`,
        marks.join(', '),
      )}
    </li>`;
  }

  private evidence(evidence: Evidence, index: number, most: number): TemplateResult {
    const share = percent(evidence.weight);
    const width = `${String(Math.round((100 * Math.max(0, evidence.weight)) / most))}%`;
    return html`<li class="weighed">
      ${this.button(evidence, index, titled(t('weight', share), evidence), undefined, marked('', evidence))}
      <svg aria-hidden="true" preserveAspectRatio="none">
        <rect class="bar" x="0" y="0" height="100%" width=${width} rx="2"></rect>
        <rect class="frame" x="0" y="0" height="100%" width="100%" rx="2"></rect>
      </svg>
      <span class="quiet">${share}</span>
    </li>`;
  }

  private chunk(chunk: Chunk, index: number): TemplateResult {
    const lines = withoutControls(chunk.text).split('\n');
    const text = showInvisible(lines.slice(0, MAX_LINES).join('\n')) + (lines.length > MAX_LINES ? '\n…' : '');
    return html`<li>
      ${this.named(chunk, index)}
      ${
        // The engine keeps the text of pieces only where they are the answer.
        text.trim() === ''
          ? nothing
          : html`<pre tabindex="0" role="group" dir="ltr" aria-label=${t('codeIn', placeLabel(chunk))}>${text}</pre>`
      }
    </li>`;
  }

  private found(place: FoundPlace, index: number): TemplateResult {
    return html`<li>${this.named(place, index)}</li>`;
  }

  private named(place: FoundPlace, index: number): TemplateResult {
    return this.button(place, index, titled('', place), undefined, marked(visibleLine(place.name), place));
  }

  /** `marks` is part of the button's name (what is shown is said), `title` describes it. */
  private button(place: LineRange, index: number, title: string, before?: TemplateResult, marks = ''): TemplateResult {
    const open = (event: MouseEvent): void => {
      const beside = event.ctrlKey || event.metaKey || event.altKey;
      send(this, { type: 'open', turn: this.turn, answer: this.answer, of: this.places.of, index, beside });
    };
    return html`<button
      class="place"
      title=${[title, t('openHint')].filter((text) => text !== '').join('\n')}
      @click=${open}
    >
      ${before ?? nothing}<span
        ><bdi dir="ltr">${breakable(placeLabel(place))}</bdi>
        ${marks === '' ? nothing : html`<span class="mark">${marks}</span>`}</span
      >
    </button>`;
  }
}

/** What says of a place, shown and in its description, that its lines may hold something else now. */
const marked = (text: string, { stale }: Pick<FoundPlace, 'stale'>): string =>
  joined(', ', text, stale && t('markStale'));
const titled = (text: string, { stale }: Pick<FoundPlace, 'stale'>): string => joined(' ', text, stale && t('stale'));
const joined = (by: string, ...parts: (string | undefined)[]): string => parts.filter(Boolean).join(by);

/** A path may be broken after its slashes first. */
function breakable(path: string): (string | TemplateResult)[] {
  return path.split('/').flatMap((part, i, parts) => (i < parts.length - 1 ? [`${part}/`, html`<wbr />`] : [part]));
}

customElements.define('crib-places', CribPlaces);
