import { css } from 'lit';

export const chatPageStyles = css`
  main {
    block-size: 100%;
    display: flex;
    flex-direction: column;
  }
  .bar {
    flex-wrap: nowrap;
    padding: 2px 8px 2px 12px;
  }
  .bar .title {
    flex: 1;
  }
  .conversation {
    flex: 1;
    min-block-size: 60px;
    overflow-y: auto;
    overscroll-behavior: contain;
  }
  .conversation:focus-visible {
    outline-offset: -1px;
  }
  .greeting {
    display: grid;
    gap: 8px;
    padding: 16px 12px;
  }
  crib-turn {
    contain-intrinsic-block-size: auto 240px;
    content-visibility: auto;
  }
  .foot {
    position: relative;
  }
  .latest {
    background: var(--vscode-editorWidget-background);
    border-color: var(--vscode-contrastBorder, var(--vscode-widget-border, transparent));
    inset-block-start: -30px;
    inset-inline-end: 18px;
    position: absolute;
    z-index: 1;
  }
  .model {
    font-size: 0.85em;
    padding: 0 14px 6px;
  }
`;
