import { css } from 'lit';

export const comparisonStyles = css`
  [role='group'] {
    display: grid;
    gap: 10px;
    grid-template-columns: minmax(0, 1fr);
  }
  .answers {
    display: grid;
    gap: 10px;
  }
  crib-answer {
    border: 1px solid var(--vscode-contrastBorder, var(--vscode-widget-border, currentColor));
    border-radius: 6px;
    padding: 8px 10px;
  }
  /* Side by side as soon as a line of each still holds about 40 characters. */
  @container (min-width: 560px) {
    .answers {
      grid-auto-columns: minmax(0, 1fr);
      grid-auto-flow: column;
    }
  }
  .notes {
    font-size: 0.92em;
  }
  .table {
    overflow-x: auto;
  }
  table {
    border-collapse: collapse;
    font-size: 0.92em;
    font-variant-numeric: tabular-nums;
    inline-size: 100%;
  }
  th,
  td {
    border-block-end: 1px solid var(--vscode-contrastBorder, var(--vscode-widget-border, currentColor));
    padding: 2px 8px 2px 0;
    text-align: start;
    vertical-align: top;
  }
  th[scope='row'] {
    color: var(--vscode-descriptionForeground);
    font-weight: normal;
  }
  td {
    white-space: nowrap;
  }
  .better {
    gap: 4px 8px;
  }
  .chip[aria-checked='true'] {
    background: var(--vscode-inputOption-activeBackground);
    border-color: var(--vscode-contrastActiveBorder, var(--vscode-inputOption-activeBorder, transparent));
    color: var(--vscode-inputOption-activeForeground);
  }
`;
