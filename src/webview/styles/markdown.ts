import { css } from 'lit';

export const markdownStyles = css`
  .markdown {
    overflow-wrap: anywhere;
    unicode-bidi: isolate;
  }
  .markdown > * + * {
    margin-block-start: 8px;
  }
  h3 {
    font-size: 1em;
    font-weight: 600;
  }
  .markdown ul,
  .markdown ol {
    padding-inline-start: 22px;
  }
  li > p + p {
    margin-block-start: 4px;
  }
  blockquote {
    background: var(--vscode-textBlockQuote-background);
    border-inline-start: 3px solid var(--vscode-textBlockQuote-border, currentColor);
    margin: 0;
    padding: 2px 10px;
  }
  hr {
    border: 0;
    border-block-start: 1px solid var(--vscode-textSeparator-foreground, currentColor);
  }
  table {
    border-collapse: collapse;
    display: block;
    max-inline-size: 100%;
    overflow-x: auto;
  }
  th,
  td {
    border: 1px solid var(--vscode-contrastBorder, var(--vscode-widget-border, currentColor));
    padding: 2px 8px;
    text-align: start;
  }
  code,
  pre,
  .plain {
    font-family: var(--vscode-editor-font-family, monospace);
    font-size: var(--vscode-editor-font-size, 1em);
  }
  :not(pre) > code {
    background: var(--vscode-textPreformat-background);
    border-radius: 3px;
    color: var(--vscode-textPreformat-foreground);
    padding: 0 3px;
  }
  .plain {
    white-space: pre-wrap;
  }
  .code {
    background: var(--vscode-textCodeBlock-background);
    border: 1px solid var(--vscode-contrastBorder, var(--vscode-widget-border, transparent));
    border-radius: 4px;
    margin: 0;
  }
  figcaption {
    align-items: center;
    display: flex;
    font-size: 0.92em;
    justify-content: end;
    padding: 1px 3px 0 10px;
  }
  figcaption > :first-child {
    color: var(--vscode-descriptionForeground);
    flex: 1;
  }
  pre {
    margin: 0;
    max-block-size: 60vh;
    overflow: auto;
    padding: 2px 10px 8px;
    tab-size: 4;
  }
  mark {
    background: var(--vscode-diffEditor-insertedTextBackground, transparent);
    border-radius: 2px;
    color: inherit;
    outline: 1px dashed var(--vscode-diffEditor-insertedTextBorder, transparent);
    text-decoration: underline dotted;
    text-underline-offset: 3px;
  }
`;
