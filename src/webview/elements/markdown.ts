import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { count } from '../format.ts';
import { t } from '../strings.ts';
import { base } from '../styles/base.ts';
import { codicons } from '../styles/icons.ts';
import { plain, showInvisible, withoutControls } from '../text/clean.ts';
import { blocksOf, proseOf, type Block } from '../text/markdown.ts';
import { wordsOf } from '../text/words.ts';
import { send } from '../vscodeApi.ts';
import { markdownStyles } from '../styles/markdown.ts';

/** Characters that are shown at first, and how many more come with each press of the button. */
const FIRST_CHARACTERS = 100_000;
const MORE_CHARACTERS = 400_000;

/**
 * Text of a model as sanitised markdown. It may grow: blocks that did not change keep their elements, so selections,
 * scroll positions and the focus on a copy button survive, and a long answer does not get slower.
 */
export class CribMarkdown extends LitElement {
  static override properties = {
    text: { attribute: false },
    marks: { attribute: false },
    shownCharacters: { state: true },
  };
  declare text: string;
  /** Words (counted over the whole text) that are marked. */
  declare marks: ReadonlySet<number> | undefined;
  declare private shownCharacters: number;
  /** Code as it came, for the clipboard. */
  private readonly sources = new WeakMap<HTMLElement, string>();
  private blocks: { block: Block; element: HTMLElement }[] = [];

  constructor() {
    super();
    this.text = '';
    this.shownCharacters = FIRST_CHARACTERS;
  }

  static override styles = [
    base,
    markdownStyles,
    css`
      .rest {
        margin-block-start: 6px;
      }
    `,
  ];

  override render(): TemplateResult {
    const rest = this.text.length - this.shownCharacters;
    return html`<div class="markdown" dir="auto"></div>
      ${
        rest > 0
          ? html`<button
              class="chip rest"
              @click=${() => {
                this.shownCharacters += MORE_CHARACTERS;
              }}
            >
              ${t('showRest', count(rest))}
            </button>`
          : nothing
      }`;
  }

  /** Words that are seen, in order. The element has to be up to date. */
  words(): string[] {
    return textNodes(this.renderRoot.querySelector('.markdown')!).flatMap((node) =>
      wordsOf(node.data).map((word) => word.text),
    );
  }

  protected override updated(changed: PropertyValues): void {
    // Marks cut text nodes: what was marked is made anew.
    if (changed.has('marks') && changed.get('marks') !== undefined) this.clear();
    if (this.shownCharacters > FIRST_CHARACTERS || changed.has('text') || changed.has('marks')) this.sync();
    if (changed.has('marks') && this.marks) this.mark(this.marks);
  }

  private clear(): void {
    for (const { element } of this.blocks) element.remove();
    this.blocks = [];
  }

  /** Makes the elements fit the text; keeps those whose source is the same. */
  private sync(): void {
    const container = this.renderRoot.querySelector('.markdown')!;
    const next = blocksOf(withoutControls(this.text.slice(0, this.shownCharacters)));
    for (const [i, block] of next.entries()) {
      const old = this.blocks[i];
      if (old?.block.raw === block.raw && old.block.kind === block.kind) continue;
      if (old?.block.kind === 'code' && block.kind === 'code' && old.block.language === block.language) {
        this.setCode(old.element, block.text);
        this.blocks[i] = { block, element: old.element };
        continue;
      }
      const element = this.make(block);
      if (old) old.element.replaceWith(element);
      else container.append(element);
      this.blocks[i] = { block, element };
    }
    for (const { element } of this.blocks.splice(next.length)) element.remove();
  }

  private make(block: Block): HTMLElement {
    if (block.kind === 'code') return this.codeBlock(block.text, block.language);
    const element = document.createElement('div');
    if (block.kind === 'plain') {
      element.className = 'plain';
      element.textContent = showInvisible(block.raw);
      return element;
    }
    element.append(proseOf(block));
    // Code inside of lists and quotes gets the same buttons.
    for (const pre of element.querySelectorAll('pre'))
      pre.replaceWith(this.codeBlock(pre.textContent.replace(/\n$/u, ''), ''));
    for (const node of textNodes(element)) {
      const shown = showInvisible(node.data);
      if (shown !== node.data) node.data = shown;
    }
    return element;
  }

  private codeBlock(text: string, language: string): HTMLElement {
    const figure = document.createElement('figure');
    figure.className = 'code';
    const head = document.createElement('figcaption');
    const name = document.createElement('span');
    name.textContent = language;
    const pre = document.createElement('pre');
    pre.tabIndex = 0;
    pre.dir = 'ltr';
    pre.setAttribute('role', 'group');
    pre.setAttribute('aria-label', language === '' ? t('code') : t('codeIn', language));
    pre.append(document.createElement('code'));
    const current = (): string => plain(this.sources.get(figure) ?? '');
    head.append(
      name,
      toolButton('copy', t('copyCode'), () => {
        send(this, { type: 'copyText', text: current() });
      }),
      toolButton('insert', t('insertCode'), () => {
        send(this, { type: 'insert', text: current() });
      }),
    );
    figure.append(head, pre);
    this.setCode(figure, text);
    return figure;
  }

  private setCode(figure: HTMLElement, text: string): void {
    this.sources.set(figure, text);
    figure.querySelector('code')!.textContent = showInvisible(text);
  }

  /** Wraps the words; neighbours come into one mark. */
  private mark(marks: ReadonlySet<number>): void {
    let at = 0;
    for (const node of textNodes(this.renderRoot.querySelector('.markdown')!)) {
      const text = node.data;
      const runs: { start: number; end: number }[] = [];
      let isOpen = false;
      for (const { start, end } of wordsOf(text)) {
        const isMarked = marks.has(at++);
        const last = runs.at(-1);
        if (isMarked && isOpen && last) last.end = end;
        else if (isMarked) runs.push({ start, end });
        isOpen = isMarked;
      }
      if (runs.length === 0) continue;
      const pieces: (string | Node)[] = [];
      let from = 0;
      for (const { start, end } of runs) {
        const mark = document.createElement('mark');
        mark.textContent = text.slice(start, end);
        pieces.push(text.slice(from, start), mark);
        from = end;
      }
      node.replaceWith(...pieces, text.slice(from));
    }
  }
}

/** Text nodes below an element, but not the names of blocks of code. */
function textNodes(element: Element): Text[] {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT, (node) =>
    node.parentElement?.closest('figcaption') ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT,
  );
  const nodes: Text[] = [];
  while (walker.nextNode()) nodes.push(walker.currentNode as Text);
  return nodes;
}

function toolButton(name: keyof typeof codicons, label: string, run: () => void): HTMLButtonElement {
  const button = document.createElement('button');
  button.className = 'tool';
  button.title = label;
  button.setAttribute('aria-label', label);
  const picture = document.createElement('span');
  picture.className = 'icon';
  picture.setAttribute('aria-hidden', 'true');
  picture.textContent = String.fromCodePoint(codicons[name]);
  button.append(picture);
  button.addEventListener('click', run);
  return button;
}

customElements.define('crib-markdown', CribMarkdown);
