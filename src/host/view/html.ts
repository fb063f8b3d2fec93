export type PageName = 'chat' | 'compare';

interface PageParts {
  name: PageName;
  language: string;
  /** `webview.cspSource` */
  source: string;
  nonce: string;
  script: string;
  style: string;
  texts: Readonly<Record<string, string>>;
}

/**
 * The whole page. Nothing may be loaded but one script with this page's nonce, and styles and the icon font from the
 * extension's own folder; there is no way out to the network. Elements adopt their styles as sheets, which needs no
 * permission.
 */
export function pageHtml({ name, language, source, nonce, script, style, texts }: PageParts): string {
  const policy = [
    "default-src 'none'",
    `style-src ${source}`,
    `font-src ${source}`,
    `script-src 'nonce-${nonce}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="${attribute(language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${attribute(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" id="vscode-codicon-stylesheet" href="${attribute(style)}">
<title>Cribsheet</title>
</head>
<body data-page="${name}" data-l10n="${attribute(JSON.stringify(texts))}">
<script nonce="${nonce}" src="${attribute(script)}"></script>
</body>
</html>`;
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function attribute(text: string): string {
  return text.replaceAll(/[&<>"]/gu, (character) => entities[character]!);
}
