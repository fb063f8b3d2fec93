/** Words of a text and the words that two texts do not share: a small word diff. */

/** A word: letters, digits and `_` in one run, or a single other character that is not white space. */
const WORD = /[\p{L}\p{N}\p{M}_]+|[^\s\p{L}\p{N}\p{M}_]/gu;

export interface Word {
  text: string;
  /** Offsets in UTF-16 units. */
  start: number;
  end: number;
}

export function wordsOf(text: string): Word[] {
  return Array.from(text.matchAll(WORD), (m) => ({ text: m[0], start: m.index, end: m.index + m[0].length }));
}

/** Cells of the table of the longest common subsequence that are worth their memory (two bytes each). */
const MAX_CELLS = 4_000_000;

export interface WordDiff {
  /** Indices of words that the other text has not, in its order. */
  first: Set<number>;
  second: Set<number>;
  /** Words that both share, over the words of the longer text: 0–1. */
  alike: number;
}

/**
 * Longest common subsequence of words (Wagner and Fischer 1974); equal beginnings and ends are cut off first. Words are
 * compared without case. Undefined where the rest is too long to be compared.
 */
export function diffWords(a: readonly string[], b: readonly string[]): WordDiff | undefined {
  const [first, second] = [new Set<number>(), new Set<number>()];
  const same = (i: number, j: number): boolean => a[i]!.toLowerCase() === b[j]!.toLowerCase();
  let start = 0;
  while (start < a.length && start < b.length && same(start, start)) start++;
  let [endA, endB] = [a.length, b.length];
  while (endA > start && endB > start && same(endA - 1, endB - 1)) [endA, endB] = [endA - 1, endB - 1];

  const [rows, columns] = [endA - start, endB - start];
  if ((rows + 1) * (columns + 1) > MAX_CELLS) return undefined;
  // length[i * width + j]: longest common subsequence of a[i…] and b[j…]. At most 2 × √MAX_CELLS, so 16 bits hold it.
  const width = columns + 1;
  const length = new Uint16Array((rows + 1) * width);
  for (let i = rows - 1; i >= 0; i--)
    for (let j = columns - 1; j >= 0; j--)
      length[i * width + j] = same(start + i, start + j)
        ? length[(i + 1) * width + j + 1]! + 1
        : Math.max(length[(i + 1) * width + j]!, length[i * width + j + 1]!);

  for (let i = 0, j = 0; i < rows || j < columns;) {
    if (i < rows && j < columns && same(start + i, start + j)) [i, j] = [i + 1, j + 1];
    else if (j >= columns || (i < rows && length[(i + 1) * width + j]! >= length[i * width + j + 1]!))
      first.add(start + i++);
    else second.add(start + j++);
  }
  const longer = Math.max(a.length, b.length);
  return { first, second, alike: longer === 0 ? 1 : (a.length - first.size) / longer };
}
