import type { Unsure } from '../../common/answers.ts';
import { definedNames } from '../corpus/naming.ts';
import type { Confidence } from '../model/confidence.ts';
import type { Doubt } from '../model/profile.ts';
import type { ChunkRow, TextIndex } from '../retrieve/textIndex.ts';
import { mentionsIn } from './mentions.ts';

/**
 * Should an answer be relied on? The model's own words and probabilities say so, read as its profile says; and what it
 * claims to be missing can be looked up.
 * @param asked definitions of what the question names; see `definitionsAsked`
 */
export function unsureOf(
  said: { answer: string; confidence?: Pick<Confidence, 'mean'> | undefined },
  doubt: Doubt | undefined,
  asked: () => readonly ChunkRow[],
): Unsure | undefined {
  if (!doubt) return undefined;
  const { answer, confidence } = said;
  if (isSaid(answer, doubt.beyond)) return 'beyond';
  if (isSaid(answer, doubt.absent) && asked().length > 0) return 'contradicted';
  const isLow = doubt.confidence !== undefined && confidence !== undefined && confidence.mean < doubt.confidence;
  return isLow ? 'low-confidence' : undefined;
}

/**
 * Definitions of the names in a question that are written like code, to the letter and in code; none where one of them
 * has none. Plain words do not count: that there is a class `Ledger` does not contradict that nobody leads a project of
 * that name.
 */
export function definitionsAsked(question: string, index: TextIndex): ChunkRow[] {
  const names = mentionsIn(question).filter(({ isCode }) => isCode);
  const rows = names.map(({ name }) => {
    const own = name.split(/\.|::|#|->/u).at(-1)!;
    return index.definitions(name).filter((row) => row.kind !== 'section' && definedNames(row).includes(own));
  });
  return rows.every((list) => list.length > 0) ? rows.flat() : [];
}

/**
 * Passes text on as it comes, but not the beginnings of the phrases that are shown in other words: whoever reads along
 * would see them come and go.
 */
export class HeldBack {
  private readonly phrases: readonly string[];
  private readonly onText: (text: string) => void;
  private held: string | undefined = '';

  constructor(phrases: readonly string[] = [], onText: (text: string) => void) {
    this.phrases = phrases.map(plain);
    this.onText = onText;
  }

  push(text: string): void {
    if (this.held === undefined) {
      this.onText(text);
      return;
    }
    this.held += text;
    const begun = plain(this.held);
    if (!this.phrases.some((phrase) => phrase.startsWith(begun))) this.release();
  }

  /** No more text: what is still held is handed out unless it is such a phrase. */
  end(): void {
    if (this.held !== undefined && this.held !== '' && !this.phrases.includes(plain(this.held))) this.release();
  }

  private release(): void {
    const { held } = this;
    this.held = undefined;
    if (held) this.onText(held);
  }
}

/** Is `answer` one of these phrases, apart from case, space around it and a full stop? */
export function isSaid(answer: string, phrases: readonly string[] | undefined): boolean {
  const said = plain(answer);
  return phrases?.some((phrase) => plain(phrase) === said) ?? false;
}

/** A phrase without what varies: case, space around it, a full stop at its end. */
function plain(text: string): string {
  return text.trim().replace(/\.$/u, '').toLowerCase();
}
