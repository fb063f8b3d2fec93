import DOMPurify from 'dompurify';
import { Marked, type Token } from 'marked';

/**
 * Markdown of a model as DOM. Three walls, each of which would do alone: the tokenizers for HTML, links and images are
 * off, so their source stays text; DOMPurify lets only the tags below through; and the page's CSP loads nothing.
 */

/** Longer text is not parsed but shown as it is: nobody reads it, and a parser's worst cases grow with it. */
const MAX_MARKDOWN = 50_000;
/** A single block that is longer is shown as it is, too: inline rules are quadratic at their worst. */
const MAX_BLOCK = 20_000;
/** Quotes and lists in each other; marked recurses once a level. */
const MAX_DEPTH = 24;

const no = (): undefined => undefined;
const marked = new Marked({
  gfm: true,
  tokenizer: { html: no, tag: no, link: no, reflink: no, autolink: no, url: no, def: no },
});

const ALLOWED = {
  ALLOWED_TAGS: 'p br hr em strong del code pre ul ol li blockquote h1 h2 h3 h4 h5 h6 table thead tbody tr th td'.split(
    ' ',
  ),
  ALLOWED_ATTR: ['start'],
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  RETURN_DOM_FRAGMENT: true as const,
};

/** One top-level piece of a text: a block of code, or anything else as DOM still to be made. */
export type Block =
  | { kind: 'code'; raw: string; text: string; language: string }
  | { kind: 'prose'; raw: string; token: Token }
  | { kind: 'plain'; raw: string };

/**
 * Top-level blocks of a text, in order; their `raw` join up to it. While a text grows, only its last blocks change.
 * `text` must have gone through `withoutControls`.
 */
export function blocksOf(text: string): Block[] {
  if (text.length > MAX_MARKDOWN)
    return [...blocksOf(text.slice(0, MAX_MARKDOWN)), { kind: 'plain', raw: text.slice(MAX_MARKDOWN) }];
  if (DEEP.test(text)) return [{ kind: 'plain', raw: text }];
  try {
    return marked
      .lexer(text)
      .filter((token) => token.type !== 'space')
      .map(blockOf);
  } catch {
    // A text that the parser cannot take (it should not exist) is still a text.
    return [{ kind: 'plain', raw: text }];
  }
}

function blockOf(token: Token): Block {
  const { type, raw } = token;
  if (type === 'code')
    return { kind: 'code', raw, text: String(token['text']), language: languageOf(String(token['lang'] ?? '')) };
  return raw.length > MAX_BLOCK ? { kind: 'plain', raw } : { kind: 'prose', raw, token };
}

/** The first word after the fence where it looks like a language. */
function languageOf(info: string): string {
  return /^[\w+#.-]{1,24}/u.exec(info)?.[0] ?? '';
}

/** A line with more quote or list marks than anybody nests. */
const DEEP = new RegExp(String.raw`^ *(?:(?:>|[-*+] |\d{1,9}[.)] ) *){${String(MAX_DEPTH)}}`, 'mu');

/** A block of prose as sanitised DOM. Headings of all levels come out as `h3`: the page's own outline ends above. */
export function proseOf({ raw, token }: Extract<Block, { kind: 'prose' }>): DocumentFragment {
  let html: string;
  try {
    html = marked.parser([token]);
  } catch {
    const fragment = document.createDocumentFragment();
    fragment.append(raw);
    return fragment;
  }
  const fragment: DocumentFragment = DOMPurify.sanitize(html, ALLOWED);
  for (const heading of fragment.querySelectorAll('h1, h2, h4, h5, h6')) {
    const same = document.createElement('h3');
    same.append(...heading.childNodes);
    heading.replaceWith(same);
  }
  return fragment;
}
