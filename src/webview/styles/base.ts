import { css } from 'lit';
import { iconStyles } from './icons.ts';

/** Shared by all elements. Colours, fonts and sizes come from VS Code's variables only. */
export const base = [
  iconStyles,
  css`
    :host {
      display: block;
      color: var(--vscode-foreground);
      font-family: var(--vscode-font-family);
      font-size: var(--vscode-font-size);
      font-weight: var(--vscode-font-weight);
      line-height: 1.45;
    }
    :host([hidden]),
    [hidden] {
      display: none !important;
    }
    *,
    ::before,
    ::after {
      box-sizing: border-box;
    }
    h1,
    h2,
    h3,
    p,
    ul,
    ol,
    dl,
    dd {
      margin: 0;
      padding: 0;
    }
    ul[role='list'] {
      list-style: none;
    }
    button,
    textarea {
      color: inherit;
      font: inherit;
    }
    button {
      background: none;
      border: 1px solid transparent;
      border-radius: 4px;
      cursor: pointer;
      margin: 0;
      padding: 0;
      text-align: start;
    }
    :focus-visible {
      outline: 1px solid var(--vscode-focusBorder);
      outline-offset: 1px;
    }
    .hidden-visually {
      block-size: 1px;
      clip-path: inset(50%);
      inline-size: 1px;
      overflow: hidden;
      position: absolute;
      white-space: nowrap;
    }
    .quiet {
      color: var(--vscode-descriptionForeground);
    }
    .row {
      align-items: center;
      display: flex;
      flex-wrap: wrap;
      gap: 4px;
    }
    .tool {
      align-items: center;
      block-size: 24px;
      color: var(--vscode-icon-foreground);
      display: inline-flex;
      gap: 4px;
      justify-content: center;
      min-inline-size: 24px;
      padding-inline: 3px;
    }
    .tool:hover,
    .chip:is(button):hover {
      background: var(--vscode-toolbar-hoverBackground);
      outline: 1px dashed var(--vscode-contrastActiveBorder, transparent);
    }
    .tool:focus-visible,
    .chip:is(button):focus-visible {
      outline: 1px solid var(--vscode-focusBorder);
    }
    .chip {
      align-items: center;
      border: 1px solid var(--vscode-contrastBorder, var(--vscode-widget-border, transparent));
      border-radius: 4px;
      color: var(--vscode-foreground);
      display: inline-flex;
      gap: 3px;
      line-height: 18px;
      max-inline-size: 100%;
      min-block-size: 22px;
      padding: 1px 5px;
    }
    .chip .icon {
      font-size: 14px;
    }
    vscode-button {
      max-inline-size: 100%;
    }
    vscode-button::part(base) {
      text-align: center;
      white-space: normal;
    }
    .cut {
      min-inline-size: 0;
      overflow: hidden;
      text-overflow: ellipsis;
      white-space: nowrap;
    }
    .chip[aria-pressed='true'] {
      background: var(--vscode-inputOption-activeBackground);
      border-color: var(--vscode-contrastActiveBorder, var(--vscode-inputOption-activeBorder, transparent));
      color: var(--vscode-inputOption-activeForeground);
    }
    bdi {
      overflow-wrap: anywhere;
      unicode-bidi: isolate;
    }
    details > summary {
      align-items: start;
      border-radius: 4px;
      cursor: pointer;
      display: flex;
      gap: 2px;
      inline-size: fit-content;
      list-style: none;
      max-inline-size: 100%;
      padding-inline-end: 4px;
    }
    details > summary > .icon {
      margin-block-start: 1px;
      transition: transform 100ms;
    }
    details[open] > summary > .icon {
      transform: rotate(90deg);
    }
    @media (prefers-reduced-motion: reduce) {
      * {
        animation: none !important;
        transition: none !important;
      }
    }
    :host-context(.vscode-reduce-motion) * {
      animation: none !important;
      transition: none !important;
    }
  `,
];

/** Of the page itself: VS Code's own style for webviews gives the body a margin that a full-height view has no use for. */
export const pageStyles = css`
  html,
  body {
    block-size: 100%;
    margin: 0;
    overflow: hidden;
    padding: 0;
  }
  body[data-page='compare'],
  body[data-view='compare'] {
    overflow: auto;
  }
  #root {
    block-size: 100%;
  }
  .crib-spoken {
    block-size: 1px;
    clip-path: inset(50%);
    inline-size: 1px;
    inset-block-end: 0;
    overflow: hidden;
    position: fixed;
  }
`;
