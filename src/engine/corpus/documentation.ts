/** Longest sentence kept, in characters. */
const maxSentence = 120;

/** Characters of a comment that are read: its first sentence stands at its beginning. */
const maxComment = 2_000;

/** Comment lines that speak to a tool, not to a reader. */
const directive =
  /^(?:eslint|tslint|prettier|biome|ts-|@ts-|istanbul|c8 |v8 |noinspection|noqa|type:|pylint|mypy|pragma|nolint|go:|\+build|rubocop|shellcheck|clang-format|NOLINT|@formatter|#?(?:end)?region\b|vim:|-\*-|!|#!|frozen_string_literal)/i;

/** Where the description of a docblock or docstring ends: a tag, a parameter list, an underlined heading, an example. */
const tag =
  /^(?:[@\\][a-z]|:[a-z]+[ :]|(?:args|arguments|parameters|params|returns?|raises|throws|yields|examples?|usage|note)\s*:?$|[-=~*_#]{3,}$|>>>|```|={2,}|-{2,})/i;

/**
 * The first sentence of a comment or docstring (marks included in `source`): one line, at most about 120 characters, without its full stop.
 * Undefined where the comment says nothing to a reader.
 */
export function firstSentence(source: string): string | undefined {
  const words: string[] = [];
  for (const line of stripMarks(source)) {
    if (line === '' || tag.test(line)) {
      if (words.length > 0) break;
      // A docblock may name its description with a tag.
      const described = /^@(?:description|brief|summary|fileoverview)\s+(.+)$/i.exec(line);
      if (described) words.push(described[1]!);
      else if (/^[@\\:]/.test(line)) break;
      continue;
    }
    if (!directive.test(line)) words.push(line);
  }
  const text = words
    .join(' ')
    .replace(/\{@\w+\s((?:[^{}|]|\{(?!@))*)(?:\|((?:[^{}]|\{(?!@))*))?\}/g, (_, target: string, label?: string) =>
      (label ?? target).trim(),
    )
    .replace(/<see\w*\s+\w+="(?:[A-Z]:)?([^"]*)"\s*\/>/g, '$1')
    .replace(/<\/?(?:summary|para|remarks|c|code|see|p|b|i|em|strong|paramref|typeparamref)\b[^<>]*>/gi, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  const sentence = shorten(cutSentence(text)).replace(/[.:;,]+$/, '');
  return /[\p{L}\p{N}]/u.test(sentence) ? sentence : undefined;
}

/** Lines of a comment without the marks of any language that the chunker knows. */
function stripMarks(source: string): string[] {
  return source
    .slice(0, maxComment)
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .map((line) =>
      withoutEnd(
        line.trim().replace(/^(?:\/\*+!?<?|\/{2,}[!<]?|\*+\/|\*(?!\*)|#+(?!!)|--+(?=\s|$)|<!--)\s?/, ''),
      ).trim(),
    );
}

/** Without the mark that ends a block comment, however many stars it has. */
function withoutEnd(line: string): string {
  if (line.endsWith('-->')) return line.slice(0, -3);
  if (!line.endsWith('*/')) return line;
  let end = line.length - 2;
  while (line[end - 1] === '*') end--;
  return line.slice(0, end);
}

/** Up to the first full stop that ends a sentence; abbreviations and version numbers do not. */
function cutSentence(text: string): string {
  for (const match of text.matchAll(/[.!?](?=\s|$)/g)) {
    const end = match.index + 1;
    if (/(?:^|[\s(])(?:e\.g|i\.e|etc|vs|cf|resp|approx|incl|no|[A-Za-z])\.$/i.test(text.slice(0, end))) continue;
    return text.slice(0, end);
  }
  return text;
}

function shorten(text: string): string {
  if (text.length <= maxSentence) return text;
  const cut = text.lastIndexOf(' ', maxSentence - 1);
  return `${text.slice(0, cut > maxSentence / 2 ? cut : maxSentence - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
