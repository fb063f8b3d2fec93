/** Narrower columns than this are not worth it: the texts then stand below each other. */
const MIN_COLUMN = 28;
const GAP = 3;

/**
 * Sets clean texts side by side within `width` terminal columns, each wrapped to its share; undefined where there is
 * no room for that.
 */
export function sideBySide(texts: readonly string[], width: number): string[] | undefined {
  const column = Math.floor((width - GAP * (texts.length - 1)) / texts.length);
  if (texts.length < 2 || column < MIN_COLUMN) return undefined;
  const wrapped = texts.map((text) => wrap(text, column));
  const height = Math.max(...wrapped.map((lines) => lines.length));
  return Array.from({ length: height }, (_, row) =>
    wrapped
      .map((lines) => padTo(lines[row] ?? '', column))
      .join(' '.repeat(GAP))
      .trimEnd(),
  );
}

/** Breaks a text at white space so that no line is wider than `width`; longer words are cut. */
export function wrap(text: string, width: number): string[] {
  return text.split('\n').flatMap((paragraph) => {
    const indent = /^ */u.exec(paragraph)![0].slice(0, Math.floor(width / 2));
    const lines: string[] = [];
    let line = indent;
    for (const word of paragraph.split(/\s+/u).filter((w) => w !== '')) {
      const start = line.trim() === '' ? line : `${line} `;
      if (displayWidth(start + word) <= width) {
        line = start + word;
        continue;
      }
      if (line.trim() !== '') lines.push(line);
      const parts = cut(word, width - indent.length);
      lines.push(...parts.slice(0, -1).map((part) => indent + part));
      line = indent + (parts.at(-1) ?? '');
    }
    return [...lines, line];
  });
}

/** Columns that a text takes: none for combining marks and joiners, two for wide characters (Unicode Annex 11, roughly). */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    if (/[\p{M}\u200C\u200D]/u.test(character)) continue;
    width +=
      /\p{Emoji_Presentation}|\p{Script=Han}|\p{Script=Hangul}|\p{Script=Hiragana}|\p{Script=Katakana}|[\uFF01-\uFF60]/u.test(
        character,
      )
        ? 2
        : 1;
  }
  return width;
}

function cut(word: string, width: number): string[] {
  const parts = [''];
  for (const character of word) {
    const last = parts.at(-1)!;
    if (last !== '' && displayWidth(last + character) > width) parts.push(character);
    else parts[parts.length - 1] = last + character;
  }
  return parts;
}

const padTo = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - displayWidth(text)));
