import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pageHtml } from '../../src/host/view/html.ts';

const parts = {
  name: 'chat',
  language: 'en',
  source: 'https://*.vscode-cdn.net',
  nonce: 'bm9uY2U=',
  script: 'https://file.example/dist/webview.js',
  style: 'https://file.example/dist/codicon.css',
  texts: {},
} as const;

const policyOf = (html: string): Map<string, string> => {
  const [, content] = /http-equiv="Content-Security-Policy" content="([^"]*)"/u.exec(html)!;
  return new Map(content!.split('; ').map((rule) => [rule.split(' ')[0]!, rule.slice(rule.indexOf(' ') + 1)]));
};

test('nothing may be loaded but our script, our styles and the icon font', () => {
  expect(Object.fromEntries(policyOf(pageHtml(parts)))).toEqual({
    'default-src': "'none'",
    'style-src': parts.source,
    'font-src': parts.source,
    'script-src': "'nonce-bm9uY2U='",
    'base-uri': "'none'",
    'form-action': "'none'",
  });
  // There is no way to the network: connect-src falls back to default-src.
  expect(pageHtml(parts)).not.toMatch(/connect-src|unsafe-|\*(?!\.vscode-cdn)/u);
});

test('no text breaks out of its attribute', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.string()), fc.string(), (texts, language) => {
      const html = pageHtml({ ...parts, texts, language });
      const [, written] = /data-l10n="([^"]*)"/u.exec(html)!;
      const plain = written!
        .replaceAll('&lt;', '<')
        .replaceAll('&gt;', '>')
        .replaceAll('&quot;', '"')
        .replaceAll('&amp;', '&');
      expect(JSON.parse(plain)).toEqual(JSON.parse(JSON.stringify(texts)));
      expect(html.match(/<script/gu)).toHaveLength(1);
    }),
  );
});
