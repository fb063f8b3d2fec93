import type { Draw } from './draw.ts';

/** Sentences that say nothing that is asked. */
export const neutral = [
  'Nothing in this paragraph bears on the facts above.',
  'The wording follows the usual pattern and may be passed over.',
  'Paragraphs such as this one only give the page its length.',
  'Whoever skims the page can leave this sentence out.',
  'The weather on the day of writing was mild and a little cloudy.',
  'Spelling and punctuation were looked through twice.',
  'There is a wide margin on both sides for remarks by hand.',
  'The typeface is the same on every page of the collection.',
  'A blank line parts this paragraph from what comes after it.',
  'This part was written last and adds nothing new.',
  'Readers in a hurry tend to stop before they come this far.',
  'The order of these sentences has no meaning at all.',
  'Some pages are longer than others for no particular reason.',
  'It was printed on both sides of the sheet to save paper.',
  'The margin notes of earlier readers were not taken over.',
  'The same remark could stand on any other page as well.',
];

/** Short words that most tokenizers have as one token; they close the last gap. */
const closing = ['so', 'on', 'and', 'then', 'as', 'it', 'is'];

/**
 * Neutral sentences after `text`, up to `tokens` tokens of all of it: the seed paper pads every entity to exactly 256
 * tokens (arXiv 2503.04973, section 6). Never more; a few less where no word fits the last gap.
 */
export function padded(text: string, tokens: number, count: (text: string) => number, draw: Draw): string {
  let result = text;
  let pool: string[] = [];
  for (;;) {
    if (pool.length === 0) pool = draw.shuffled(neutral);
    const longer = `${result} ${pool.pop()!}`;
    if (count(longer) > tokens) break;
    result = longer;
  }
  for (let i = 0; i < closing.length * 3; i++) {
    const longer = `${result} ${closing[i % closing.length]!}`;
    if (count(longer) > tokens) break;
    result = longer;
  }
  return result;
}
