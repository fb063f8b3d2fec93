import { css } from 'lit';

export const answerStyles = css`
  section {
    display: grid;
    gap: 6px;
    grid-template-columns: minmax(0, 1fr);
  }
  .head {
    font-size: 0.92em;
    overflow-wrap: anywhere;
  }
  .mode {
    background: var(--vscode-badge-background);
    border: 1px solid var(--vscode-contrastBorder, transparent);
    border-radius: 3px;
    color: var(--vscode-badge-foreground);
    display: inline-block;
    margin-inline-end: 4px;
    padding-inline: 5px;
  }
  .writing {
    animation: crib-writing 1.6s ease-in-out infinite;
  }
  @keyframes crib-writing {
    50% {
      opacity: 0.5;
    }
  }
  .failure {
    background: var(--vscode-inputValidation-errorBackground);
    border: 1px solid var(--vscode-inputValidation-errorBorder, var(--vscode-contrastBorder, transparent));
    border-radius: 4px;
    color: var(--vscode-inputValidation-errorForeground, var(--vscode-foreground));
    display: flex;
    gap: 8px;
    overflow-wrap: anywhere;
    padding: 6px 8px;
  }
  .failure .icon {
    margin-block-start: 2px;
  }
  .doubt {
    background: var(--vscode-inputValidation-warningBackground);
    border: 1px solid var(--vscode-inputValidation-warningBorder, var(--vscode-contrastBorder, transparent));
    border-radius: 4px;
    color: var(--vscode-inputValidation-warningForeground, var(--vscode-foreground));
    display: flex;
    gap: 8px;
    overflow-wrap: anywhere;
    padding: 6px 8px;
  }
  .doubt > div {
    min-inline-size: 0;
  }
  .doubt .icon {
    margin-block-start: 2px;
  }
  .message {
    font-weight: 600;
  }
  .failure vscode-button,
  .doubt vscode-button {
    margin-block: 6px 2px;
  }
  details {
    font-size: 0.92em;
  }
  details[open] > summary {
    margin-block-end: 4px;
  }
  details > :not(summary) {
    margin-inline-start: 18px;
  }
  dl {
    display: grid;
    gap: 1px 12px;
    grid-template-columns: repeat(auto-fill, minmax(180px, 1fr));
  }
  dl > div {
    display: flex;
    gap: 8px;
    justify-content: space-between;
  }
  dd {
    font-variant-numeric: tabular-nums;
  }
  .actions {
    gap: 0;
    margin-inline-start: -4px;
    min-block-size: 24px;
  }
`;
