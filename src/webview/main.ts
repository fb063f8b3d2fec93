import { CribChatPage } from './elements/chatPage.ts';
import { CribComparePage } from './elements/comparePage.ts';
import { readStrings } from './strings.ts';
import { pageStyles } from './styles/base.ts';

/** One bundle, two pages: `<body data-page="chat">` is the sidebar, `<body data-page="compare">` the editor tab. */
function start(): void {
  const { body } = document;
  readStrings(body.dataset['l10n']);
  if (pageStyles.styleSheet) document.adoptedStyleSheets = [...document.adoptedStyleSheets, pageStyles.styleSheet];
  const PageElement = (body.dataset['page'] ?? body.dataset['view']) === 'compare' ? CribComparePage : CribChatPage;
  const root = document.getElementById('root') ?? body.appendChild(document.createElement('div'));
  root.id = 'root';
  root.replaceChildren(new PageElement(acquireVsCodeApi()));
}

if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', start);
else start();
