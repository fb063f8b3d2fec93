import { css } from 'lit';

export const composerStyles = css`
  .box {
    background: var(--vscode-input-background);
    border: 1px solid var(--vscode-input-border, var(--vscode-contrastBorder, var(--vscode-widget-border, transparent)));
    border-radius: 6px;
    padding: 4px;
  }
  .box:focus-within {
    border-color: var(--vscode-focusBorder);
  }
  .box.dropping {
    background: var(--vscode-list-dropBackground, var(--vscode-input-background));
    border-style: dashed;
  }
  textarea {
    background: none;
    border: 0;
    color: var(--vscode-input-foreground);
    display: block;
    field-sizing: content;
    inline-size: 100%;
    max-block-size: 40vh;
    min-block-size: 2.2lh;
    overflow-wrap: anywhere;
    padding: 3px 5px;
    resize: none;
  }
  /* The box around it shows the focus. */
  textarea:focus-visible {
    outline: none;
  }
  textarea::placeholder {
    color: var(--vscode-input-placeholderForeground);
    opacity: 1;
  }
  .attachments {
    display: flex;
    flex-wrap: wrap;
    gap: 4px;
    max-block-size: 30vh;
    overflow-y: auto;
    padding: 2px 2px 4px;
  }
  .remove {
    display: inline-flex;
  }
  .remove:hover {
    background: var(--vscode-toolbar-hoverBackground);
    outline: 1px dashed var(--vscode-contrastActiveBorder, transparent);
  }
  .controls {
    align-items: end;
    display: flex;
    gap: 4px;
    justify-content: space-between;
  }
  .choices {
    font-size: 0.92em;
    min-inline-size: 0;
  }
  .choices > * {
    min-inline-size: 0;
  }
  .controls > :last-child {
    flex: none;
    flex-wrap: nowrap;
  }
  .send:not([aria-disabled='true']) {
    background: var(--vscode-button-background);
    border-color: var(--vscode-button-border, var(--vscode-contrastBorder, transparent));
    color: var(--vscode-button-foreground);
  }
  .send:not([aria-disabled='true']):hover {
    background: var(--vscode-button-hoverBackground);
  }
  .send[aria-disabled='true'] {
    color: var(--vscode-disabledForeground);
    cursor: default;
  }
`;
