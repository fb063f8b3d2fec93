import { visible } from './clean.ts';

/** Nobody listens to a longer paragraph; the text itself is there to be read. */
const MAX_SPOKEN = 2_000;

/**
 * What a screen reader is told of an answer while it grows: whole paragraphs, each once. A paragraph is finished when
 * a blank line stands after it (or the answer is); a block of code is named, not read out.
 */
export class SpokenText {
  private spoken = 0;

  /** Paragraphs of `text` that are finished and were not given out before. */
  take(text: string, isDone: boolean, nameCode: (lines: number) => string): string[] {
    const said: string[] = [];
    for (;;) {
      this.spoken += /^\s*/u.exec(text.slice(this.spoken))![0].length;
      const rest = text.slice(this.spoken);
      const end = endOfParagraph(rest, isDone);
      if (end === undefined) return said;
      const paragraph = rest.slice(0, end);
      this.spoken += end;
      const code = /^(?:```|~~~)/u.exec(paragraph);
      const words = code ? nameCode(Math.max(0, paragraph.trim().split('\n').length - 2)) : readable(paragraph);
      if (words !== '') said.push(words);
    }
  }
}

/** Length of the first finished paragraph of `text` (which starts with no white space); undefined where there is none. */
function endOfParagraph(text: string, isDone: boolean): number | undefined {
  const fence = /^(```|~~~)/u.exec(text)?.[1];
  const stop = fence ? new RegExp(`^[^]*?\\n *${fence} *(?:\\n|$)`, 'u') : /^\S[^]*?(?=\n\s*\n|\n *(?:```|~~~))/u;
  const finished = stop.exec(text)?.[0].length;
  if (finished !== undefined) return finished;
  return isDone && text !== '' ? text.length : undefined;
}

/** Markdown without its marks. */
function readable(markdown: string): string {
  return visible(markdown)
    .replace(/^ *(?:#{1,6}|>|[-*+]|\d+[.)]) +/gmu, '')
    .replace(/[*`~]+/gu, '')
    .replace(/\s+/gu, ' ')
    .trim()
    .slice(0, MAX_SPOKEN);
}
