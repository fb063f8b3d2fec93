/**
 * The lines of a text as the editor counts them: `\n`, `\r\n` and a lone `\r` end a line.
 * Line numbers are 1-based. A line end at the very end of the text opens no further line here, since that line would hold no character.
 */
export class Lines {
  readonly text: string;
  /** Offset of each line's first character, and the length of the text as the last entry. */
  private readonly starts: number[];
  /** Offset of the first character of a line that is not white space, once asked for. */
  private readonly firstText: number[] = [];

  constructor(text: string) {
    this.text = text;
    this.starts = text === '' ? [] : [0];
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      const ends = code === 10 || (code === 13 && text.charCodeAt(at + 1) !== 10);
      if (ends && at + 1 < text.length) this.starts.push(at + 1);
    }
    this.starts.push(text.length);
  }

  /** Number of lines that hold at least one character. */
  get count(): number {
    return this.starts.length - 1;
  }

  /** Offset of the first character of `line`; of `count + 1`: the length of the text. */
  start(line: number): number {
    return this.starts[line - 1] ?? this.text.length;
  }

  /** Characters from the start of `first` to the end of `last`, line ends included. */
  size(first: number, last: number): number {
    return this.start(last + 1) - this.start(first);
  }

  /** The text of lines `first` to `last`, line ends included. */
  slice(first: number, last: number): string {
    return this.text.slice(this.start(first), this.start(last + 1));
  }

  /** One line without its line end. */
  content(line: number): string {
    return this.slice(line, line).replace(/[\r\n]+$/, '');
  }

  isBlank(line: number): boolean {
    return this.slice(line, line).trim() === '';
  }

  /** The line that holds the character at `offset`. */
  at(offset: number): number {
    let low = 0;
    let high = this.count - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  }

  /** Is the character at `offset` the first of its line that is not white space? */
  opensLine(offset: number): boolean {
    const line = this.at(offset);
    let first = this.firstText[line];
    if (first === undefined) {
      const text = this.slice(line, line);
      first = this.start(line) + text.length - text.trimStart().length;
      this.firstText[line] = first;
    }
    return offset <= first;
  }
}
