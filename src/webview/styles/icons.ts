import { css, html, type TemplateResult } from 'lit';

/**
 * The icons in use, by their place in the codicon font (which the page links; see the package's mapping.json). Plain
 * characters instead of `vscode-icon`, which loads the whole style sheet again into each icon.
 */
export const codicons = {
  add: 0xea60,
  'arrow-down': 0xea9a,
  attach: 0xec34,
  check: 0xeab2,
  'chevron-down': 0xeab4,
  'chevron-right': 0xeab6,
  'circle-slash': 0xeabd,
  close: 0xea76,
  copy: 0xebcc,
  'debug-pause': 0xead1,
  'debug-stop': 0xead7,
  error: 0xea87,
  file: 0xea7b,
  folder: 0xea83,
  'git-compare': 0xeafd,
  history: 0xea82,
  info: 0xea74,
  insert: 0xec11,
  link: 0xeb15,
  pass: 0xeba4,
  question: 0xeb32,
  refresh: 0xeb37,
  send: 0xec0f,
  shield: 0xeb53,
  'split-horizontal': 0xeb56,
  sync: 0xea77,
  trash: 0xea81,
  warning: 0xea6c,
} as const;

export type IconName = keyof typeof codicons;

/** An icon beside words, or inside a button that has a name: a screen reader does not read it. */
export function icon(name: IconName, kind = ''): TemplateResult {
  return html`<span class="icon ${kind}" aria-hidden="true">${String.fromCodePoint(codicons[name])}</span>`;
}

export const iconStyles = css`
  .icon {
    font: normal normal normal 16px/1 codicon;
    display: inline-block;
    flex: none;
    inline-size: 16px;
    block-size: 16px;
    text-align: center;
    user-select: none;
    -webkit-font-smoothing: antialiased;
  }
  .icon.warning {
    color: var(--vscode-editorWarning-foreground, currentColor);
  }
  .icon.error {
    color: var(--vscode-errorForeground, currentColor);
  }
  .icon.good {
    color: var(--vscode-testing-iconPassed, currentColor);
  }
  .icon.info {
    color: var(--vscode-editorInfo-foreground, currentColor);
  }
`;
